#include "models/elementary.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace epsilond::models {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr double kInverseLn2 = 1.44269504088896338700;
constexpr double kRounding = 6755399441055744.0;  // 1.5 * 2^52: added and taken away, it rounds to a whole number

double whole(double x) { return (x + kRounding) - kRounding; }

double power_of_two(int exponent) { return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52); }

// y * 2^exponent, in two steps, since one power may be too large or too small on its own.
double scaled(double y, int exponent) {
  const int half = exponent / 2;
  return y * power_of_two(half) * power_of_two(exponent - half);
}

// 2^exponent * exp(high - low), both at most ln 2 / 2.
double scaled_exp(double high, double low, int exponent) {
  const double x = high - low;
  const double t = x * x;
  const double c =
      x -
      t * (1.66666666666666019037e-01 +
           t * (-2.77777777770155933842e-03 +
                t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  return scaled(1.0 - ((low - (x * c) / (2.0 - c)) - high), exponent);
}

// x = 2^exponent * (1 + f), with 1 + f from sqrt(1/2) to sqrt(2). x is positive and finite.
struct Split {
  double f;
  double exponent;
};

Split split(double x) {
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;
  constexpr std::uint64_t kRootOfHalf = 0x3fe6a09e00000000;
  constexpr std::uint64_t kOne = 0x3ff0000000000000;
  double shift = 0.0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1p54;
    shift = -54.0;
  }
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x) + (kOne - kRootOfHalf);
  const double exponent = static_cast<double>(static_cast<int>(bits >> 52) - 1023);
  return {std::bit_cast<double>((bits & kMantissa) + kRootOfHalf) - 1.0, exponent + shift};
}

// log(1 + f) = f - half_square + rest.
struct LogParts {
  double half_square;
  double rest;
};

LogParts log_parts(double f) {
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double w = z * z;
  const double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const double odd =
      z * (6.666666666666735130e-01 +
           w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  const double half_square = 0.5 * f * f;
  return {half_square, s * (half_square + (odd + even))};
}

// log(1 + f) in two words, the first of 21 bits, so that it can be multiplied by another such word exactly.
struct TwoWords {
  double high;
  double low;
};

TwoWords log_in_two_words(double f) {
  const LogParts parts = log_parts(f);
  const double high = std::bit_cast<double>(std::bit_cast<std::uint64_t>(f - parts.half_square) & 0xffffffff00000000);
  return {high, (f - high) - parts.half_square + parts.rest};
}

// The logarithm where there is nothing to calculate; otherwise 0.
bool is_special_log(double x) { return !(x > 0.0) || x == kInfinity; }
double special_log(double x) { return x == 0.0 ? -kInfinity : x == kInfinity ? x : kNotANumber; }

template <std::size_t N>
double horner(const double (&coefficients)[N], double x) {
  double sum = coefficients[0];
  for (std::size_t i = 1; i < N; ++i) sum = sum * x + coefficients[i];
  return sum;
}

// exp(-x^2), x^2 in two parts so that its rounding is not blown up.
double exp_of_negative_square(double x) {
  const double short_x = std::trunc(x * 16.0) / 16.0;
  return exp(-short_x * short_x) * exp(-(x - short_x) * (x + short_x));
}

}  // namespace

double exp(double x) {
  if (!(x > -746.0)) return std::isnan(x) ? x : 0.0;
  if (x > 710.0) return kInfinity;
  const double n = whole(x * kInverseLn2);
  return scaled_exp(x - n * kLn2High, n * kLn2Low, static_cast<int>(n));
}

double exp2(double x) {
  if (!(x > -1076.0)) return std::isnan(x) ? x : 0.0;
  if (x >= 1024.0) return kInfinity;
  const double n = whole(x);
  const double rest = x - n;
  return scaled_exp(rest * kLn2High, -(rest * kLn2Low), static_cast<int>(n));
}

double expm1(double x) {
  if (!(x > -40.0)) return std::isnan(x) ? x : -1.0;
  if (x > 710.0) return kInfinity;
  if (std::fabs(x) < 0x1p-54) return x;
  const double n = std::fabs(x) < 0.34 ? 0.0 : whole(x * kInverseLn2);
  const double high = x - n * kLn2High;
  const double low = n * kLn2Low;
  const double r = high - low;
  const double lost = (high - r) - low;
  const double half = 0.5 * r;
  const double half_square = r * half;
  const double r1 =
      1.0 + half_square * (-3.33333333333331316428e-02 +
                           half_square * (1.58730158725481460165e-03 +
                                          half_square * (-7.93650757867487942473e-05 +
                                                         half_square * (4.00821782732936239552e-06 +
                                                                        half_square * -2.01099218183624371326e-07))));
  const double t = 3.0 - r1 * half;
  double e = half_square * ((r1 - t) / (6.0 - r * t));
  if (n == 0.0) return r - (r * e - half_square);
  e = (r * (e - lost) - lost) - half_square;
  const int k = static_cast<int>(n);
  if (k == -1) return 0.5 * (r - e) - 0.5;
  if (k == 1) return r < -0.25 ? -2.0 * (e - (r + 0.5)) : 1.0 + 2.0 * (r - e);
  if (k <= -2 || k > 56) return scaled(1.0 - (e - r), k) - 1.0;
  if (k < 20) return scaled((1.0 - power_of_two(-k)) - (e - r), k);
  return scaled((r - (e + power_of_two(-k))) + 1.0, k);
}

double log(double x) {
  if (is_special_log(x)) return special_log(x);
  const Split parts = split(x);
  const LogParts log = log_parts(parts.f);
  return parts.exponent * kLn2High - ((log.half_square - (log.rest + parts.exponent * kLn2Low)) - parts.f);
}

double log2(double x) {
  if (is_special_log(x)) return special_log(x);
  constexpr double kHigh = 1.44269504072144627571;  // 1 / ln 2 in two parts
  constexpr double kLow = 1.67517131648865118353e-10;
  const Split parts = split(x);
  const TwoWords log = log_in_two_words(parts.f);
  const double head = log.high * kHigh;
  const double sum = parts.exponent + head;
  return sum + (((log.low + log.high) * kLow + log.low * kHigh) + ((parts.exponent - sum) + head));
}

double log10(double x) {
  if (is_special_log(x)) return special_log(x);
  constexpr double kHigh = 4.34294481878168880939e-01;  // 1 / ln 10 in two parts
  constexpr double kLow = 2.50829467116452752298e-11;
  constexpr double kLog2High = 3.01029995663611771306e-01;
  constexpr double kLog2Low = 3.69423907715893078616e-13;
  const Split parts = split(x);
  const TwoWords log = log_in_two_words(parts.f);
  const double head = log.high * kHigh;
  const double of_exponent = parts.exponent * kLog2High;
  const double tail = parts.exponent * kLog2Low + (log.low + log.high) * kLow + log.low * kHigh;
  const double sum = of_exponent + head;
  return sum + (tail + ((of_exponent - sum) + head));
}

double log1p(double x) {
  const double u = 1.0 + x;
  if (is_special_log(u)) return special_log(u);
  if (std::fabs(x) < 0x1p-54) return x;
  Split parts{x, 0.0};
  double lost = 0.0;
  if (x <= -0.2929 || x >= 0.4142) {
    parts = split(u);
    lost = (parts.exponent >= 2.0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
  }
  const LogParts log = log_parts(parts.f);
  return parts.exponent * kLn2High - ((log.half_square - (log.rest + (parts.exponent * kLn2Low + lost))) - parts.f);
}

double erfc(double x) {
  const double y = std::fabs(x);
  if (y <= 0.46875) {
    const double z = y * y;
    constexpr double kOver[] = {1.85777706184603153e-1, 3.16112374387056560e00, 1.13864154151050156e02,
                                3.77485237685302021e02, 3.20937758913846947e03};
    constexpr double kUnder[] = {1.0, 2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03,
                                 2.84423683343917062e03};
    return 1.0 - x * horner(kOver, z) / horner(kUnder, z);
  }
  double result = 0.0;
  if (y <= 4.0) {
    constexpr double kOver[] = {2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
                                6.61191906371416295e01, 2.98635138197400131e02, 8.81952221241769090e02,
                                1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03};
    constexpr double kUnder[] = {1.0,
                                 1.57449261107098347e01,
                                 1.17693950891312499e02,
                                 5.37181101862009858e02,
                                 1.62138957456669019e03,
                                 3.29079923573345963e03,
                                 4.36261909014324716e03,
                                 3.43936767414372164e03,
                                 1.23033935480374942e03};
    result = exp_of_negative_square(y) * horner(kOver, y) / horner(kUnder, y);
  } else if (y < 27.0) {
    constexpr double kInverseRootOfPi = 5.6418958354775628695e-1;
    constexpr double kOver[] = {1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
                                1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4};
    constexpr double kUnder[] = {1.0,
                                 2.56852019228982242e00,
                                 1.87295284992346047e00,
                                 5.27905102951428412e-1,
                                 6.05183413124413191e-2,
                                 2.33520497626869185e-3};
    const double z = 1.0 / (y * y);
    result = exp_of_negative_square(y) * (kInverseRootOfPi - z * horner(kOver, z) / horner(kUnder, z)) / y;
  } else if (std::isnan(x)) {
    return x;
  }
  return x < 0.0 ? 2.0 - result : result;
}

}  // namespace epsilond::models
