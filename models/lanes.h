#pragma once
// Values that one instruction works on together: 16 bytes, which every 64-bit machine has and the compilers build from
// single operations elsewhere (vector extensions of GCC and clang).
//
// What is done lane by lane has the bits that the same operation on a single value has, on every processor. There is no
// sum over the lanes: whoever wants one writes its order down.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace epsilond::models {

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

// Doubles, with the operators of one. A double stands for itself in every lane.
class DoubleLanes {
  using Vector = double __attribute__((vector_size(16)));

 public:
  static constexpr std::size_t kLanes = 2;
  // What a comparison says: all ones in the lanes where it holds, else zeros; & | ~ are those of every lane.
  using Mask = decltype(Vector{} < Vector{});
  // As many in single precision.
  using Singles = float __attribute__((vector_size(8)));

  DoubleLanes() = default;  // any numbers
  DoubleLanes(double every) : lanes_{every, every} {}

  // The kLanes values that begin at `first`, which need not be aligned.
  static DoubleLanes at(const double* first) { return load_lanes<Vector>(first); }
  static DoubleLanes at(const float* first);
  void put(double* first) const { store_lanes(first, lanes_); }
  Singles in_single() const { return __builtin_convertvector(lanes_, Singles); }

  double operator[](std::size_t lane) const { return lanes_[lane]; }
  void set(std::size_t lane, double value) { lanes_[lane] = value; }

  friend DoubleLanes operator+(DoubleLanes a, DoubleLanes b) { return a.lanes_ + b.lanes_; }
  friend DoubleLanes operator-(DoubleLanes a, DoubleLanes b) { return a.lanes_ - b.lanes_; }
  friend DoubleLanes operator*(DoubleLanes a, DoubleLanes b) { return a.lanes_ * b.lanes_; }
  friend DoubleLanes operator/(DoubleLanes a, DoubleLanes b) { return a.lanes_ / b.lanes_; }
  friend DoubleLanes operator-(DoubleLanes a) { return -a.lanes_; }
  DoubleLanes& operator+=(DoubleLanes b) { return *this = *this + b; }

  friend Mask operator<(DoubleLanes a, DoubleLanes b) { return a.lanes_ < b.lanes_; }
  friend Mask operator>(DoubleLanes a, DoubleLanes b) { return a.lanes_ > b.lanes_; }
  friend Mask operator<=(DoubleLanes a, DoubleLanes b) { return a.lanes_ <= b.lanes_; }
  friend Mask operator>=(DoubleLanes a, DoubleLanes b) { return a.lanes_ >= b.lanes_; }

  // As std::min(a, b) and std::max(a, b), which are `a` if one of them is no number.
  DoubleLanes min(DoubleLanes b) const;
  DoubleLanes max(DoubleLanes b) const;
  DoubleLanes abs() const;
  DoubleLanes sqrt() const;

  friend DoubleLanes choose(const Mask& mask, DoubleLanes yes, DoubleLanes no);
  friend std::uint64_t bits(const Mask& mask);

 private:
  DoubleLanes(Vector lanes) : lanes_(lanes) {}

  Vector lanes_;
};

// Where `mask` is all ones, `yes`, elsewhere `no`.
inline DoubleLanes choose(const DoubleLanes::Mask& mask, DoubleLanes yes, DoubleLanes no) {
  using Mask = DoubleLanes::Mask;
  return reinterpret_cast<DoubleLanes::Vector>((mask & reinterpret_cast<Mask>(yes.lanes_)) |
                                               (~mask & reinterpret_cast<Mask>(no.lanes_)));
}

// Bit i: is lane i all ones?
inline std::uint64_t bits(const DoubleLanes::Mask& mask) {
#ifdef __SSE2__
  return static_cast<std::uint64_t>(_mm_movemask_pd(reinterpret_cast<DoubleLanes::Vector>(mask)));
#else
  return static_cast<std::uint64_t>((mask[0] & 1) | (mask[1] & 2));
#endif
}

inline DoubleLanes DoubleLanes::at(const float* first) {
#ifdef __SSE2__  // GCC 12 converts one after the other
  return Vector(_mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(first)))));
#else
  return __builtin_convertvector(load_lanes<Singles>(first), Vector);
#endif
}

// SSE2 has both in one instruction, which takes its second operand if one is no number or both are 0. The compilers
// find it only where neither operand is a constant.
inline DoubleLanes DoubleLanes::min(DoubleLanes b) const {
#ifdef __SSE2__
  return Vector(_mm_min_pd(b.lanes_, lanes_));
#else
  return choose(b < *this, b, *this);
#endif
}
inline DoubleLanes DoubleLanes::max(DoubleLanes b) const {
#ifdef __SSE2__
  return Vector(_mm_max_pd(b.lanes_, lanes_));
#else
  return choose(*this < b, b, *this);
#endif
}

inline DoubleLanes DoubleLanes::abs() const {
  constexpr std::int64_t kAllButSign = std::numeric_limits<std::int64_t>::max();
  return reinterpret_cast<Vector>(reinterpret_cast<Mask>(lanes_) & Mask{kAllButSign, kAllButSign});
}

inline DoubleLanes DoubleLanes::sqrt() const {
#ifdef __SSE2__
  return Vector(_mm_sqrt_pd(lanes_));
#else
  return Vector{std::sqrt(lanes_[0]), std::sqrt(lanes_[1])};
#endif
}

// The value, kept from -`bound` to `bound`.
inline DoubleLanes within(DoubleLanes value, DoubleLanes bound) { return value.min(bound).max(-bound); }

}  // namespace epsilond::models
