#pragma once
// Values that one instruction works on together: 16 bytes, which every 64-bit machine has and the compilers build from
// single operations elsewhere (vector extensions of GCC and clang).

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace epsilond::models {

using DoubleLanes = double __attribute__((vector_size(16)));
using FloatLanes = float __attribute__((vector_size(16)));
using IntLanes = std::int32_t __attribute__((vector_size(16)));

// `at` need not be aligned.
template <typename Lanes, typename T>
Lanes load_lanes(const T* at) {
  Lanes out;
  std::memcpy(&out, at, sizeof(out));
  return out;
}
template <typename Lanes, typename T>
void store_lanes(T* at, const Lanes& lanes) {
  std::memcpy(at, &lanes, sizeof(lanes));
}

// Where `mask` is all ones, `yes`, elsewhere `no`.
inline IntLanes choose(const IntLanes& mask, const IntLanes& yes, const IntLanes& no) {
  return (mask & yes) | (~mask & no);
}
inline FloatLanes choose(const IntLanes& mask, const FloatLanes& yes, const FloatLanes& no) {
  return reinterpret_cast<FloatLanes>(choose(mask, reinterpret_cast<IntLanes>(yes), reinterpret_cast<IntLanes>(no)));
}
// True unless every lane is 0.
inline bool any(const IntLanes& lanes) {
  std::uint64_t halves[2];
  std::memcpy(halves, &lanes, sizeof(halves));
  return (halves[0] | halves[1]) != 0;
}

}  // namespace epsilond::models
