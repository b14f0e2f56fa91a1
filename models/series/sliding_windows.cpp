#include "models/series/sliding_windows.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/learned_bounds.h"
#include "models/observation.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

// A value is a reading's distance from its level, or of that from another's.
constexpr double kLargestValue = 10.0 * kLargestReading;
constexpr double kShrunk = 1e-3;  // of the largest variance since the moments were rebuilt: the digits that may be lost

std::size_t longest(std::span<const SlidingWindows::Window> windows, std::size_t deviation_length) {
  std::size_t most = std::max<std::size_t>(1, deviation_length);
  for (const SlidingWindows::Window& window : windows) most = std::max(most, window.newest_age + window.length);
  return most;
}

}  // namespace

SlidingWindows::SlidingWindows(std::span<const Window> windows, std::size_t deviation_length)
    : window_count_(windows.size()),
      deviation_length_(deviation_length),
      storage_(longest(windows, deviation_length)),
      ring_(storage_) {
  assert(windows.size() <= kMostWindows);
  std::copy(windows.begin(), windows.end(), windows_.begin());
}

double SlidingWindows::sum_with(std::size_t w, double value) const {
  const std::size_t newest_age = windows_[w].newest_age;
  double sum = sums_[w];
  if (ring_.size() >= reach(w)) sum -= ring_.at_age(reach(w) - 1);
  if (newest_age == 0)
    sum += value;
  else if (ring_.size() >= newest_age)
    sum += ring_.at_age(newest_age - 1);
  return sum;
}

double SlidingWindows::mean_with(std::size_t w, double value) const {
  return sum_with(w, value) / static_cast<double>(windows_[w].length);
}

RunningMoments SlidingWindows::moments_with(double value) const {
  RunningMoments moments = moments_;
  if (ring_.size() >= deviation_length_) moments.remove(ring_.at_age(deviation_length_ - 1));
  moments.add(value);
  if (moments.variance() >= kShrunk * largest_variance_) return moments;
  // A spike has left and its rounding stayed behind.
  moments.reset();
  for (std::size_t age = std::min(deviation_length_ - 1, ring_.size()); age-- > 0;) moments.add(ring_.at_age(age));
  moments.add(value);
  return moments;
}

double SlidingWindows::deviation_with(double value) const { return std::sqrt(moments_with(value).variance()); }

void SlidingWindows::push(double value) {
  for (std::size_t w = 0; w < window_count_; ++w) sums_[w] = sum_with(w, value);
  if (deviation_length_ > 0) {
    moments_ = moments_with(value);
    const bool shrunk = moments_.variance() < kShrunk * largest_variance_;
    largest_variance_ = shrunk ? moments_.variance() : std::max(largest_variance_, moments_.variance());
  }
  ring_.push(value);
  ++pushed_;
  if (++since_rebuild_ >= ring_.capacity()) rebuild();
}

void SlidingWindows::rebuild() {
  since_rebuild_ = 0;
  for (std::size_t w = 0; w < window_count_; ++w) {
    sums_[w] = 0.0;
    for (std::size_t age = std::min(reach(w), ring_.size()); age-- > windows_[w].newest_age;)
      sums_[w] += ring_.at_age(age);
  }
  moments_.reset();
  for (std::size_t age = std::min(deviation_length_, ring_.size()); age-- > 0;) moments_.add(ring_.at_age(age));
  largest_variance_ = moments_.variance();
}

void SlidingWindows::reset() {
  ring_.clear();
  sums_.fill(0.0);
  moments_.reset();
  largest_variance_ = 0.0;
  pushed_ = since_rebuild_ = 0;
}

std::size_t SlidingWindows::state_bytes() const {
  return (storage_.size() + kMostWindows) * sizeof(double) + sizeof moments_ + sizeof largest_variance_ +
         2 * sizeof(std::uint64_t);
}

void SlidingWindows::save(std::span<std::byte>& out) const {
  put_bytes(out, &pushed_, 1);
  put_bytes(out, &since_rebuild_, 1);
  put_bytes(out, sums_.data(), sums_.size());
  put_bytes(out, &moments_, 1);
  put_bytes(out, &largest_variance_, 1);
  for (std::size_t age = ring_.capacity(); age-- > 0;) {
    const double value = age < ring_.size() ? ring_.at_age(age) : 0.0;
    put_bytes(out, &value, 1);
  }
}

bool SlidingWindows::load(std::span<const std::byte>& in) {
  reset();
  take_bytes(in, &pushed_, 1);
  take_bytes(in, &since_rebuild_, 1);
  take_bytes(in, sums_.data(), sums_.size());
  take_bytes(in, &moments_, 1);
  take_bytes(in, &largest_variance_, 1);
  bool fine = true;
  for (std::size_t age = ring_.capacity(); age-- > 0;) {
    double value = 0.0;
    take_bytes(in, &value, 1);
    fine = fine && std::fabs(value) <= kLargestValue;
    if (age < pushed_) ring_.push(value);
  }
  for (const double sum : sums_) fine = fine && is_level(sum);
  const bool whole = moments_.count() == std::min<std::uint64_t>(pushed_, deviation_length_);
  return fine && whole && since_rebuild_ < ring_.capacity() && since_rebuild_ <= pushed_ && is_level(moments_.mean()) &&
         is_square(moments_.variance()) && is_square(largest_variance_);
}

}  // namespace epsilond::models
