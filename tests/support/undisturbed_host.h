#pragma once
// Machines that do not exist and on which nothing ever goes wrong: four kinds of ten features each, for counting how
// often a detector cries wolf. Whatever is flagged on one of them is a false alarm.
//
// Time constants are in seconds, so a host is the same process at every interval. dt = interval, e = independent
// standard normals, OU(tau) = the Ornstein-Uhlenbeck process of unit variance, exactly sampled:
//   x <- a x + sqrt(1 - a^2) e, a = exp(-dt / tau)      (Gillespie, Physical Review E 54, 1996).
// An AR(1) of coefficient phi at one-minute steps is OU(-60 s / ln phi). Every feature is base * (1 + spread * shape);
// base and spread are drawn once per host: base log-uniform in 1 .. 1e9, spread uniform in 0.04 .. 0.25.
//
// kStationary: shape = sqrt(rho) g + sqrt(1 - rho) e with one g shared by a block (the one-factor model: Spearman,
// 1904);
//   features 0-2 rho 0.8, 3-5 rho 0.5, 6-9 independent.
// kSeasonal: shape = A s(t) + 0.7 OU(5 min) + 0.7 e, so an amplitude A is in sd of what is left. 0-2 working hours:
//   s = 1 / (1 + exp(-(h - h1) / w)) - 1 / (1 + exp(-(h - h2) / w)), h1 about 8, h2 about 18, w half an hour, at a
//   tenth on Saturday and Sunday, A uniform in 4 .. 8; each day starts and ends N(0, 10 min) off and is exp(0.08 N) as
//   high. 3-5 day and week waves (trigonometric seasonals: Harvey, Forecasting, Structural Time Series Models, 1989):
//   s = cos(2 pi (h - c) / 24) + 0.4 cos(4 pi (h - c) / 24), c moved by N(0, 10 min) a day, plus 0.5 cos(2 pi d / 7), A
//   in 2 .. 5. 6 a nightly job: A = 6 from 02:00 N(0, 3 min) for 30 min exp(0.1 N). 7-9 no season.
// kHeavy: 0-1 lognormal, exp(s N) with s = 1 and 0.5; 2-3 Student's t with 3 degrees of freedom (Bailey, Mathematics of
//   Computation 62, 1994: polar method); 4-5 shot noise (Rice, 1944): bursts begin as a Poisson process of 4 an hour,
//   last exponential 3 min, and are Pareto high (alpha 1.8 and 2.5; sizes of transfers: Crovella and Bestavros, 1997),
//   on top of noise, a burst of 4 showing in 5 half the time; 6 Poisson counts of mean 3; 7 exponential; 8-9 normal.
// kAutocorrelated: 0-3 AR(1), phi = 0.9, 0.97, 0.99, 0.999 a minute; 4 a level that wanders, OU(1 day), under noise of
// a
//   third of it; 5 OU(3 days) + OU(30 min); 6-7 load averages over 1 and 15 min, load <- a load + (1 - a) n as the
//   kernel does it, of n jobs in an M/M/infinity queue (4 at a time, 2 min each; exact thinning); 8 an M/M/1 queue at
//   0.7 of its capacity, 20 s a job (Lindley, 1952, in steps of at most 5 s); 9 a sum of OU(2 min), OU(1 h), OU(12 h),
//   close to long memory (Granger, Journal of Econometrics 14, 1980).
// Bytes: below 1 KB. Cost: 0.2 to 0.5 us a row; a row of 60 s of kAutocorrelated 1 us.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/support/rng.h"

namespace epsilond::tests {

enum class HostKind : std::uint8_t { kStationary, kSeasonal, kHeavy, kAutocorrelated };

inline constexpr std::array kHostKinds = {HostKind::kStationary, HostKind::kSeasonal, HostKind::kHeavy,
                                          HostKind::kAutocorrelated};

// "stationary", "seasonal", "heavy", "autocorrelated".
std::string_view name_of(HostKind kind);
std::optional<HostKind> find_host_kind(std::string_view name);

class UndisturbedHost {
 public:
  static constexpr std::size_t kFeatures = 10;
  using Row = std::array<double, kFeatures>;

  // `interval_s` > 0. The same seed, kind and interval give the same rows with every compiler.
  UndisturbedHost(HostKind kind, std::uint64_t seed, double interval_s);

  // The row of the next moment; the first is of time 0, midnight of a Sunday on the local clock.
  const Row& next();

  // One word per feature, the same for every host of a kind.
  static std::string_view feature_name(HostKind kind, std::size_t feature);

 private:
  // One day's working hours, waves and nightly job, moved and scaled as no two days are alike.
  struct Day {
    double begin_h = 8.0;
    double end_h = 18.0;
    double height = 1.0;
    double wave_shift_h = 0.0;
    double job_begin_h = 2.0;
    double job_end_h = 2.5;
    bool weekend = true;
  };

  double normal() { return random_.normal(); }
  double exponential(double mean);
  double pareto(double alpha);
  double student_t3();
  std::size_t poisson(double mean);
  std::size_t survivors(std::size_t count, double probability);
  double wander(std::size_t state, double tau_s);

  void draw_day();
  void stationary();
  void seasonal();
  void heavy();
  void step_burst();
  void autocorrelated();
  void step_queues();

  HostKind kind_;
  double interval_s_;
  Rng random_;
  double time_s_ = 0.0;
  long day_number_ = -1;
  Row base_{};
  Row spread_{};
  Row amplitude_{};
  Row row_{};
  std::array<double, 12> state_{};  // of the Ornstein-Uhlenbeck processes
  Day day_;
  double next_burst_s_ = 0.0;
  double burst_end_s_ = 0.0;
  double burst_ = 0.0;
  double echo_ = 0.0;
  std::size_t jobs_ = 4;
  std::size_t queue_ = 2;
  double load_1min_ = 4.0;
  double load_15min_ = 4.0;
};

}  // namespace epsilond::tests
