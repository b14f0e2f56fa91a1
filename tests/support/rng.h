#pragma once
// Random cases with a seed that is printed and can be set: EPSILOND_TEST_SEED=123 repeats a failing run.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numbers>

namespace epsilond::tests {

inline std::uint64_t test_seed() {
  std::uint64_t seed = 20240607;
  if (const char* text = std::getenv("EPSILOND_TEST_SEED")) std::from_chars(text, text + std::strlen(text), seed);
  std::printf("EPSILOND_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers with every compiler and library. Trivially destructible.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // Box and Muller, one of the pair.
  double normal() { return std::sqrt(-2.0 * std::log(1.0 - uniform())) * std::cos(2.0 * std::numbers::pi * uniform()); }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }

 private:
  std::uint64_t state_;
};

}  // namespace epsilond::tests
