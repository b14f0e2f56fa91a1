#include "models/density/mixture_block.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "models/density/full_gaussian.h"
#include "models/elementary.h"

namespace epsilond::models {
namespace {

// Two rows side by side: a vector type of GCC and Clang, an SSE2 or NEON register where there is one.
using Pair = double __attribute__((vector_size(16), aligned(8), may_alias));
using PairBits = std::uint64_t __attribute__((vector_size(16)));

constexpr double kNegligibleShare = 1e-18;
constexpr double kSmallestExponent = -708.0;  // exp of less is no normal number

Pair load(const double* from) {
  Pair out;
  std::memcpy(&out, from, sizeof out);
  return out;
}
void store(double* to, Pair value) { std::memcpy(to, &value, sizeof value); }
Pair both(double value) { return Pair{value, value}; }

// exp of x <= 0: x = n ln 2 + r, |r| <= ln 2 / 2, and the Taylor series of exp r to r^12, whose rest is below 2e-16, in
// the order of G. Estrin (1960), so that few operations wait for each other. ln 2 in two parts and the rounding by
// 1.5 * 2^52 as in W. J. Cody, W. Waite, Software Manual for the Elementary Functions, 1980.
Pair exp_of_negative(Pair x) {
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52
  constexpr double kLn2High = 0.693147180369123816490;
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  x = x > both(kSmallestExponent) ? x : both(kSmallestExponent);
  const Pair shifted = x * both(1.44269504088896340736) + both(kRound);
  const Pair n = shifted - both(kRound);
  const Pair r = (x - n * both(kLn2High)) - n * both(kLn2Low);
  const Pair r2 = r * r;
  const Pair r4 = r2 * r2;
  const Pair low = both(1.0) + r + (both(1.0 / 2) + r * both(1.0 / 6)) * r2;
  const Pair middle = both(1.0 / 24) + r * both(1.0 / 120) + (both(1.0 / 720) + r * both(1.0 / 5040)) * r2;
  const Pair high = both(1.0 / 40320) + r * both(1.0 / 362880) + (both(1.0 / 3628800) + r * both(1.0 / 39916800)) * r2;
  Pair sum = low + (middle + (high + both(1.0 / 479001600) * r4) * r4) * r4;
  PairBits exponent;
  PairBits bits;
  std::memcpy(&exponent, &shifted, sizeof exponent);
  std::memcpy(&bits, &sum, sizeof bits);
  bits += exponent << 52;
  std::memcpy(&sum, &bits, sizeof sum);
  return sum;
}

// One tile of products: columns i and i + 1 of the weighted block with columns j .. j + 3 of the other.
struct Tile {
  double upper[4];
  double lower[4];
};

Tile tile_of(const double* wi, const double* xj) {
  Pair a0{}, a1{}, a2{}, a3{}, b0{}, b1{}, b2{}, b3{};
  for (std::size_t b = 0; b < kBlockRows; b += 2) {
    const Pair w0 = load(wi + b);
    const Pair w1 = load(wi + kBlockRows + b);
    const Pair x0 = load(xj + b);
    const Pair x1 = load(xj + kBlockRows + b);
    const Pair x2 = load(xj + 2 * kBlockRows + b);
    const Pair x3 = load(xj + 3 * kBlockRows + b);
    a0 += w0 * x0;
    a1 += w0 * x1;
    a2 += w0 * x2;
    a3 += w0 * x3;
    b0 += w1 * x0;
    b1 += w1 * x1;
    b2 += w1 * x2;
    b3 += w1 * x3;
  }
  return {{a0[0] + a0[1], a1[0] + a1[1], a2[0] + a2[1], a3[0] + a3[1]},
          {b0[0] + b0[1], b1[0] + b1[1], b2[0] + b2[1], b3[0] + b3[1]}};
}

}  // namespace

void load_rows(const double* one, const double* two, std::size_t b, std::span<const double> shift,
               std::span<const double> inverse_scale, double* block) {
  const Pair zero{};
  const std::size_t features = shift.size();
  std::size_t j = 0;
  for (; j + 1 < features; j += 2) {
    const Pair from = load(shift.data() + j);
    const Pair scale = load(inverse_scale.data() + j);
    const Pair z = (load(one + j) - from) * scale;
    const Pair y = (load(two + j) - from) * scale;
    const Pair z_or_0 = z == z ? z : zero;  // NaN is not equal to itself
    const Pair y_or_0 = y == y ? y : zero;
    store(block + j * kBlockRows + b, Pair{z_or_0[0], y_or_0[0]});
    store(block + (j + 1) * kBlockRows + b, Pair{z_or_0[1], y_or_0[1]});
  }
  if (j == features) return;
  const Pair last = (Pair{one[j], two[j]} - both(shift[j])) * both(inverse_scale[j]);
  store(block + j * kBlockRows + b, last == last ? last : zero);
}

void centre_block(const double* block, std::span<const double> mean, double* centred) {
  for (std::size_t j = 0; j < mean.size(); ++j) {
    const Pair m = both(mean[j]);
    for (std::size_t b = j * kBlockRows; b < (j + 1) * kBlockRows; b += 2) store(centred + b, load(block + b) - m);
  }
  std::fill(centred + mean.size() * kBlockRows, centred + block_size(mean.size()), 0.0);
}

void block_distances(const double* centred, std::size_t features, const double* whitener, double* square) {
  // Eight rows by two of the whitened features at a time: what fits into 16 registers.
  for (std::size_t b = 0; b < kBlockRows; b += 8) {
    Pair q0{}, q1{}, q2{}, q3{};
    const double* w = whitener;
    for (std::size_t i = 0; i < features; i += 2) {
      const bool last = i + 1 == features;
      const double* const lower = last ? w : w + i + 1;  // the last one twice, and then not counted
      Pair u0{}, u1{}, u2{}, u3{}, l0{}, l1{}, l2{}, l3{};
      const double* x = centred + b;
      for (std::size_t j = 0; j <= i; ++j, x += kBlockRows) {
        const Pair upper_weight = both(w[j]);
        const Pair lower_weight = both(lower[j]);
        const Pair x0 = load(x), x1 = load(x + 2), x2 = load(x + 4), x3 = load(x + 6);
        u0 += upper_weight * x0;
        u1 += upper_weight * x1;
        u2 += upper_weight * x2;
        u3 += upper_weight * x3;
        l0 += lower_weight * x0;
        l1 += lower_weight * x1;
        l2 += lower_weight * x2;
        l3 += lower_weight * x3;
      }
      q0 += u0 * u0;
      q1 += u1 * u1;
      q2 += u2 * u2;
      q3 += u3 * u3;
      if (last) break;
      const Pair diagonal = both(lower[i + 1]);
      l0 += diagonal * load(x);
      l1 += diagonal * load(x + 2);
      l2 += diagonal * load(x + 4);
      l3 += diagonal * load(x + 6);
      q0 += l0 * l0;
      q1 += l1 * l1;
      q2 += l2 * l2;
      q3 += l3 * l3;
      w = lower + i + 2;
    }
    store(square + b, q0);
    store(square + b + 2, q1);
    store(square + b + 4, q2);
    store(square + b + 6, q3);
  }
}

void block_squares(const double* centred, std::size_t features, double* square) {
  std::fill(square, square + kBlockRows, 0.0);
  for (std::size_t j = 0; j < features; ++j)
    for (std::size_t b = 0; b < kBlockRows; b += 2) {
      const Pair x = load(centred + j * kBlockRows + b);
      store(square + b, load(square + b) + x * x);
    }
}

double share_out(double* log_part, std::size_t components, std::size_t count) {
  double largest[kBlockRows];
  double total[kBlockRows];
  const std::size_t size = components * kBlockRows;
  for (std::size_t b = 0; b < kBlockRows; b += 2) {
    Pair most = load(log_part + b);
    for (std::size_t at = b + kBlockRows; at < size; at += kBlockRows) {
      const Pair other = load(log_part + at);
      most = other > most ? other : most;
    }
    Pair sum{};
    for (std::size_t at = b; at < size; at += kBlockRows) {
      const Pair part = exp_of_negative(load(log_part + at) - most);
      store(log_part + at, part);
      sum += part;
    }
    const Pair inverse = both(1.0) / sum;
    for (std::size_t at = b; at < size; at += kBlockRows) store(log_part + at, load(log_part + at) * inverse);
    store(largest + b, most);
    store(total + b, sum);
  }
  for (std::size_t at = 0; at < size; at += kBlockRows)
    std::fill(log_part + at + count, log_part + at + kBlockRows, 0.0);
  // One logarithm for all rows: each total is 1 .. components, and 128^64 is within the range of a double.
  double sum = 0.0;
  double product = 1.0;
  for (std::size_t b = 0; b < count; ++b) {
    sum += largest[b];
    product *= total[b];
  }
  return sum + models::log(product);
}

void add_block_moments(const double* centred, std::size_t features, const double* weight, double* weighted,
                       double* sums) {
  double total = 0.0;
  double largest = 0.0;
  for (std::size_t b = 0; b < kBlockRows; ++b) {
    total += weight[b];
    largest = std::max(largest, weight[b]);
  }
  if (largest < kNegligibleShare) return;
  sums[0] += total;
  double* const first = sums + 1;
  double* const second = first + features;
  for (std::size_t j = 0; j < features; ++j) {
    Pair sum{};
    for (std::size_t b = 0; b < kBlockRows; b += 2) {
      const Pair x = load(centred + j * kBlockRows + b) * load(weight + b);
      store(weighted + j * kBlockRows + b, x);
      sum += x;
    }
    first[j] += sum[0] + sum[1];
  }
  std::fill(weighted + features * kBlockRows, weighted + block_size(features), 0.0);
  for (std::size_t i = 0; i < features; i += 2) {
    double* const upper = second + packed_at(i, 0);
    double* const lower = second + packed_at(i + 1, 0);
    for (std::size_t j = 0; j <= i + 1 && j < features; j += 4) {
      const Tile tile = tile_of(weighted + i * kBlockRows, centred + j * kBlockRows);
      for (std::size_t k = 0; k < 4 && j + k <= i; ++k) upper[j + k] += tile.upper[k];
      if (i + 1 == features) continue;
      for (std::size_t k = 0; k < 4 && j + k <= i + 1; ++k) lower[j + k] += tile.lower[k];
    }
  }
}

}  // namespace epsilond::models
