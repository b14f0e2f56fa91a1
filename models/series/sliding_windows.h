#pragma once
// Means over several windows of the latest values, and the standard deviation of one, from one ring; each can be asked
// what it will be with one value more.
//
// Formula: a running sum per window, what leaves it subtracted before what enters is added; the deviation by Welford
// with removal (baseline/running_moments.h). All are rebuilt from the ring once per full turn, the deviation also when
// it has shrunk a lot, so rounding neither piles up nor outlasts a spike. Cost: four operations per window, two
// divisions for the deviation. Bytes: 220, plus 8 per value of the longest window. Hazards: windows count values, not
// time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/baseline/running_moments.h"
#include "models/ring_buffer.h"

namespace epsilond::models {

class SlidingWindows {
 public:
  static constexpr std::size_t kMostWindows = 4;

  struct Window {
    std::size_t newest_age = 0;  // 0 = reaches up to the newest value
    std::size_t length = 1;      // values, >= 1
  };

  // `deviation_length`: values in the standard deviation; 0 = none is kept. At most kMostWindows windows.
  explicit SlidingWindows(std::span<const Window> windows, std::size_t deviation_length = 0);

  SlidingWindows(SlidingWindows&&) = default;
  SlidingWindows& operator=(SlidingWindows&&) = default;

  // True where window `w` is full already, and where one value more fills it.
  bool full(std::size_t w) const { return ring_.size() >= reach(w); }
  bool full_with_next(std::size_t w) const { return ring_.size() + 1 >= reach(w); }
  // The mean of window `w` once `value` is pushed; meaningful where full_with_next(w).
  double mean_with(std::size_t w, double value) const;
  // The standard deviation (divisor n) of the last deviation_length values, fewer while there are fewer, with `value`.
  double deviation_with(double value) const;
  void push(double value);
  std::uint64_t pushed() const { return pushed_; }
  void reset();

  std::size_t memory_bytes() const { return storage_.capacity() * sizeof(double); }  // beyond sizeof(*this)
  std::size_t state_bytes() const;
  void save(std::span<std::byte>& out) const;
  // `in` holds state_bytes() bytes. Returns false if it is no such state; this object is then to be thrown away.
  bool load(std::span<const std::byte>& in);

 private:
  std::size_t reach(std::size_t w) const { return windows_[w].newest_age + windows_[w].length; }
  double sum_with(std::size_t w, double value) const;
  RunningMoments moments_with(double value) const;
  void rebuild();

  std::array<Window, kMostWindows> windows_{};
  std::size_t window_count_;
  std::size_t deviation_length_;
  std::vector<double> storage_;
  RingBuffer<double> ring_;
  std::array<double, kMostWindows> sums_{};
  RunningMoments moments_;
  double largest_variance_ = 0.0;  // since moments_ was rebuilt
  std::uint64_t pushed_ = 0;
  std::uint64_t since_rebuild_ = 0;
};

}  // namespace epsilond::models
