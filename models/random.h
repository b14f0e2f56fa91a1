#pragma once
// A small seeded generator of pseudo-random numbers, the same on every machine.
//
// Formula: SplitMix64. Source: G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom number generators,
// OOPSLA 2014; constants of the reference implementation by S. Vigna. Cost: five operations. Bytes: 8. Hazards: not for
// secrets; below() is biased by at most n / 2^32, which no model here can see.

#include <cstddef>
#include <cstdint>

namespace epsilond::models {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  // In [0, 1).
  double uniform() { return static_cast<double>(next() >> 11U) * 0x1p-53; }
  // In [0, n), for 1 <= n < 2^32.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(((next() >> 32U) * n) >> 32U); }

 private:
  std::uint64_t state_;
};

}  // namespace epsilond::models
