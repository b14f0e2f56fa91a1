#pragma once
// The training rows of a batch model: all of them up to a bound, above it a seeded uniform sample of that many.
//
// Source: J. S. Vitter, Random sampling with a reservoir, ACM Transactions on Mathematical Software 11(1), 1985,
// algorithm R. Cost: a copy of the row. Bytes: 8 per value held; grows up to kMaxValues. Address space for all of them
// is set aside at once, which costs nothing until it is used and saves copying while it grows.

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/random.h"

namespace epsilond::models {

class TrainingSample {
 public:
  static constexpr std::size_t kMaxValues = std::size_t{1} << 23U;  // 64 MiB

  // `width`: values per row, >= 1. `max_values` bounds width * rows, at least one row.
  TrainingSample(std::size_t width, std::uint64_t seed, std::size_t max_values = kMaxValues)
      : width_(width), max_rows_(std::max<std::size_t>(1, max_values / width)), random_(seed) {}

  // `row` has `width` values, which are only copied: what is absent may be NaN.
  void add(std::span<const double> row) {
    assert(row.size() == width_);
    if (seen_ == 0) values_.reserve(static_cast<std::size_t>(max_rows_) * width_);
    if (seen_++ < max_rows_) {
      values_.insert(values_.end(), row.begin(), row.end());
      return;
    }
    const std::uint64_t place = random_.next() % seen_;
    if (place < max_rows_)
      std::copy(row.begin(), row.end(), values_.begin() + static_cast<std::ptrdiff_t>(place * width_));
  }

  std::size_t width() const { return width_; }
  std::size_t rows() const { return values_.size() / width_; }
  std::uint64_t seen() const { return seen_; }
  std::span<const double> row(std::size_t i) const { return std::span(values_).subspan(i * width_, width_); }
  // Row by row.
  std::span<double> values() { return values_; }
  std::span<const double> values() const { return values_; }

 private:
  std::size_t width_;
  std::uint64_t max_rows_;
  Random random_;
  std::uint64_t seen_ = 0;
  std::vector<double> values_;
};

}  // namespace epsilond::models
