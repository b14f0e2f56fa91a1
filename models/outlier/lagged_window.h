#pragma once
// Turns a row of features into a vector that also knows its recent past: each feature is smoothed, differenced, lagged.
//
// Formula: s(t) = mean of x(t - n + 1) .. x(t); d(t) = s(t) - s(t - difference), or s(t) if difference is 0; the
// feature's entries are d(t), d(t - 1), .. d(t - lag). The vector is the entries of feature 0, then those of feature 1,
// and so on. Source: the detector of Netdata, src/ml, and the notebook that preceded it. Netdata takes the difference
// before the mean; both are linear filters with constant coefficients, so the values are the same in exact arithmetic
// wherever the window is full. Golden data: NumPy, tests/golden/make_outlier_golden.py. Cost: about smooth + lag + 5
// operations per feature. Bytes: 8 (smooth + difference + lag) per feature. Hazards: the mean is summed anew every
// time, because a running sum drifts near 1e12.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/observation.h"

namespace epsilond::models {

struct LagSettings {
  std::size_t feature_count = 1;  // 1 .. kMaxFeatures
  std::size_t smooth = 3;         // rows in the mean, >= 1; 1 = none
  std::size_t difference = 1;     // rows between the values that are subtracted; 0 = none
  std::size_t lag = 5;            // previous values beside the present one
};

// Never allocates after construction. An absent or non-finite value empties the window of its own feature, which is
// then absent from the vectors until its window is full again; the other features go on.
class LaggedWindow {
 public:
  explicit LaggedWindow(const LagSettings& settings);
  LaggedWindow(const LaggedWindow& other);
  LaggedWindow& operator=(const LaggedWindow&) = delete;
  ~LaggedWindow();

  std::size_t entries_per_feature() const { return settings_.lag + 1; }
  // Of a vector: feature count x entries per feature.
  std::size_t length() const { return settings_.feature_count * entries_per_feature(); }
  // Rows that a feature's window needs, the present one included.
  std::size_t rows_needed() const { return settings_.smooth + settings_.difference + settings_.lag; }

  // The vector that `row` makes with the rows pushed before it; NaN in every entry of a feature that is absent. `out`
  // has length(). Returns how many features are present in it.
  std::size_t vector_of(const Observation& row, std::span<double> out) const;
  void push(const Observation& row);
  void clear();

  std::size_t memory_bytes() const;

 private:
  // The last `capacity` rows of something.
  struct Ring {
    Ring(std::size_t rows, std::size_t width) : capacity(rows), values(rows * width, 0.0) {}
    // Where the row pushed `age` rows ago begins; 0 = the latest, age < capacity.
    std::size_t begin(std::size_t age, std::size_t width) const {
      return (next > age ? next - 1 - age : next + capacity - 1 - age) * width;
    }
    void step() { next = next + 1 >= capacity ? 0 : next + 1; }

    std::size_t capacity;
    std::size_t next = 0;  // row that is written next
    std::vector<double> values;
  };

  bool usable(const Observation& row, std::size_t feature) const;
  double smoothed(double value, std::size_t feature) const;
  double differenced(double value, std::size_t feature) const;

  LagSettings settings_;
  std::vector<std::uint32_t> run_;  // consecutive usable rows pushed per feature, up to rows_needed()
  Ring raw_;                        // smooth - 1 rows of values
  Ring smooth_;                     // `difference` rows of means
  Ring change_;                     // `lag` rows of differences
};

}  // namespace epsilond::models
