#pragma once
// A table of floats laid out so that eight rows are worked on at once: blocks of eight rows, each entry by entry.
//
// Bytes: 4 per entry, rows rounded up to eight. What was never set is 0.

#include <cstddef>
#include <vector>

namespace epsilond::models {

class RowBlocks {
 public:
  static constexpr std::size_t kRows = 8;

  RowBlocks(std::size_t width, std::size_t capacity)
      : width_(width), values_((capacity + kRows - 1) / kRows * kRows * width, 0.0f) {}

  std::size_t width() const { return width_; }
  float& at(std::size_t row, std::size_t entry) { return values_[place(row, entry)]; }
  float at(std::size_t row, std::size_t entry) const { return values_[place(row, entry)]; }
  const float* block(std::size_t number) const { return &values_[number * kRows * width_]; }
  std::vector<float>& values() { return values_; }
  const std::vector<float>& values() const { return values_; }

 private:
  std::size_t place(std::size_t row, std::size_t entry) const {
    return (row / kRows * width_ + entry) * kRows + row % kRows;
  }

  std::size_t width_;
  std::vector<float> values_;
};

}  // namespace epsilond::models
