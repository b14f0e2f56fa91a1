#pragma once
// Median and robust scale of each feature over about the last day, in fixed memory and a bounded piece at a time.
//
// Formula: robust_moments() over a ring of rows in single precision, each value as its distance from the feature's
// first one. A young ring takes every row; when it is full it drops every second row and takes every second one from
// then on, until rows are at least row_every_s apart: so a machine that has run for a minute has a minute's median, and
// one that has run for a day a day's. Source: robust_moments.h. Cost: a copy per row taken; refresh_one() two
// selections over one feature, about 20 us for 1,440 rows. Bytes: 4 per value held (1,440 rows of 25 features: 144 KB),
// 4 per row, 40 per feature. Hazards: single precision keeps seven digits of the distance from the first value; a row
// that is half a step or more late counts as any other.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/observation.h"
#include "models/outlier/robust_moments.h"

namespace epsilond::models {

struct RobustWindowSettings {
  std::size_t feature_count = 0;  // 1 .. kMaxFeatures
  std::size_t rows = 1440;        // 2 ..
  double interval_s = 1.0;        // nominal, > 0
  double row_every_s = 60.0;      // reached by doubling the interval
};

class RobustWindow {
 public:
  // What is known of one feature, as of its last refresh.
  struct Feature {
    double origin = 0.0;  // the first value
    double median = 0.0;
    double scale = 0.0;        // >= 0
    std::uint32_t values = 0;  // that it was made of; 0 before the first refresh
    std::uint32_t seen = 0;    // 1: origin was set
  };

  explicit RobustWindow(const RobustWindowSettings& settings);

  // Takes the row if one is due. Absent and non-finite values are left out.
  void add(const Observation& row, double elapsed_s);
  // Refreshes the next feature whose numbers are behind the ring, if there is any.
  void refresh_one();
  const Feature& feature(std::size_t i) const { return features_[i]; }
  std::size_t rows() const { return size_; }
  double row_every_s() const { return spacing_s_; }
  void reset();

  std::size_t memory_bytes() const;  // beyond sizeof(*this)
  std::size_t state_bytes() const;
  void save(std::span<std::byte> out) const;
  // `in` has state_bytes() bytes. Returns false and changes nothing if it is no such state.
  bool load(std::span<const std::byte> in);

 private:
  struct Header {
    std::uint64_t rows = 0;
    std::uint64_t size = 0;
    std::uint64_t next = 0;
    std::uint64_t stale = 0;
    std::uint64_t turn = 0;
    double spacing_s = 0.0;
    double since_row_s = 0.0;
  };

  Header header() const;
  void thin_out();
  bool plausible(const Header& header) const;

  RobustWindowSettings settings_;
  std::vector<Feature> features_;
  std::vector<float> values_;   // feature by feature; NaN where absent
  std::vector<float> scratch_;  // one feature
  std::size_t size_ = 0;
  std::size_t next_ = 0;   // where the next row goes
  std::size_t stale_ = 0;  // features that are behind the ring
  std::size_t turn_ = 0;   // the one to refresh next
  double spacing_s_;
  double since_row_s_;
};

}  // namespace epsilond::models
