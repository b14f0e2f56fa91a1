#include "tests/support/undisturbed_host.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace epsilond::tests {
namespace {

constexpr double kDayS = 86400.0;
constexpr double kHourS = 3600.0;
constexpr double kMinuteS = 60.0;
constexpr double kBurstEveryS = 900.0;
constexpr double kBurstLastsS = 180.0;
constexpr double kJobs = 4.0;  // at a time, on average
constexpr double kJobLastsS = 120.0;
constexpr double kServiceS = 20.0;
constexpr double kUtilisation = 0.7;
constexpr double kQueueStepS = 5.0;  // the kernel looks at its load as often

constexpr std::array<std::string_view, 4> kKindNames = {"stationary", "seasonal", "heavy", "autocorrelated"};

constexpr std::array<std::array<std::string_view, UndisturbedHost::kFeatures>, 4> kFeatureNames = {{
    {"block_a1", "block_a2", "block_a3", "block_b1", "block_b2", "block_b3", "alone_1", "alone_2", "alone_3",
     "alone_4"},
    {"office_1", "office_2", "office_3", "wave_1", "wave_2", "wave_3", "nightly", "flat_1", "flat_2", "flat_3"},
    {"lognormal_wide", "lognormal", "student_1", "student_2", "burst", "burst_echo", "counts", "exponential",
     "normal_1", "normal_2"},
    {"ar_0900", "ar_0970", "ar_0990", "ar_0999", "wander_1d", "wander_3d", "load_short", "load_long", "queue",
     "long_memory"},
}};

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

double wave(double hours, double period_h) { return std::cos(2.0 * std::numbers::pi * hours / period_h); }

}  // namespace

std::string_view name_of(HostKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<HostKind> find_host_kind(std::string_view name) {
  for (const HostKind kind : kHostKinds)
    if (name_of(kind) == name) return kind;
  return std::nullopt;
}

std::string_view UndisturbedHost::feature_name(HostKind kind, std::size_t feature) {
  return kFeatureNames[static_cast<std::size_t>(kind)][feature];
}

UndisturbedHost::UndisturbedHost(HostKind kind, std::uint64_t seed, double interval_s)
    : kind_(kind), interval_s_(interval_s), random_(seed * kHostKinds.size() + static_cast<std::uint64_t>(kind)) {
  for (std::size_t i = 0; i < kFeatures; ++i) {
    base_[i] = std::pow(10.0, random_.uniform(0.0, 9.0));
    spread_[i] = random_.uniform(0.04, 0.25);
    amplitude_[i] = i < 3 ? random_.uniform(4.0, 8.0) : i < 6 ? random_.uniform(2.0, 5.0) : 6.0;
  }
  // Every process starts where it would be after a long time.
  for (double& state : state_) state = normal();
  next_burst_s_ = exponential(kBurstEveryS);
}

const UndisturbedHost::Row& UndisturbedHost::next() {
  switch (kind_) {
    case HostKind::kStationary:
      stationary();
      break;
    case HostKind::kSeasonal:
      seasonal();
      break;
    case HostKind::kHeavy:
      heavy();
      break;
    case HostKind::kAutocorrelated:
      autocorrelated();
      break;
  }
  for (std::size_t i = 0; i < kFeatures; ++i) row_[i] = base_[i] * (1.0 + spread_[i] * row_[i]);
  time_s_ += interval_s_;
  return row_;
}

double UndisturbedHost::exponential(double mean) { return -mean * std::log(1.0 - random_.uniform()); }

double UndisturbedHost::pareto(double alpha) { return std::pow(1.0 - random_.uniform(), -1.0 / alpha); }

double UndisturbedHost::student_t3() {
  constexpr double kDegrees = 3.0;
  while (true) {
    const double u = random_.uniform(-1.0, 1.0);
    const double v = random_.uniform(-1.0, 1.0);
    const double w = u * u + v * v;
    if (w > 0.0 && w <= 1.0) return u * std::sqrt(kDegrees * (std::pow(w, -2.0 / kDegrees) - 1.0) / w);
  }
}

// By multiplication (Knuth): for means of a few.
std::size_t UndisturbedHost::poisson(double mean) {
  const double limit = std::exp(-mean);
  std::size_t count = 0;
  for (double product = random_.uniform(); product > limit; product *= random_.uniform()) ++count;
  return count;
}

std::size_t UndisturbedHost::survivors(std::size_t count, double probability) {
  std::size_t left = 0;
  for (std::size_t i = 0; i < count; ++i) left += random_.uniform() < probability ? 1U : 0U;
  return left;
}

double UndisturbedHost::wander(std::size_t state, double tau_s) {
  const double kept = std::exp(-interval_s_ / tau_s);
  state_[state] = kept * state_[state] + std::sqrt(1.0 - kept * kept) * normal();
  return state_[state];
}

void UndisturbedHost::stationary() {
  const double a = normal();
  const double b = normal();
  for (std::size_t i = 0; i < kFeatures; ++i) {
    const double rho = i < 3 ? 0.8 : i < 6 ? 0.5 : 0.0;
    row_[i] = std::sqrt(rho) * (i < 3 ? a : b) + std::sqrt(1.0 - rho) * normal();
  }
}

void UndisturbedHost::draw_day() {
  const long weekday = day_number_ % 7;  // 0 = Sunday
  day_.weekend = weekday == 0 || weekday == 6;
  day_.begin_h = 8.0 + normal() / 6.0;
  day_.end_h = 18.0 + normal() / 6.0;
  day_.height = std::exp(0.08 * normal()) * (day_.weekend ? 0.1 : 1.0);
  day_.wave_shift_h = normal() / 6.0;
  day_.job_begin_h = 2.0 + normal() / 20.0;
  day_.job_end_h = day_.job_begin_h + 0.5 * std::exp(0.1 * normal());
}

void UndisturbedHost::seasonal() {
  const auto day = static_cast<long>(time_s_ / kDayS);
  if (day != day_number_) {
    day_number_ = day;
    draw_day();
  }
  const double hour = std::fmod(time_s_, kDayS) / kHourS;
  const double office = day_.height * (logistic((hour - day_.begin_h) / 0.5) - logistic((hour - day_.end_h) / 0.5));
  const double week = 0.5 * wave(time_s_ / kDayS, 7.0);
  for (std::size_t i = 0; i < kFeatures; ++i) {
    double season = 0.0;
    if (i < 3) {
      season = office;
    } else if (i < 6) {
      const double phase_h = hour - 15.0 - static_cast<double>(i - 3) * 4.0 - day_.wave_shift_h;
      season = wave(phase_h, 24.0) + 0.4 * wave(phase_h, 12.0) + week;
    } else if (i == 6) {
      season = hour >= day_.job_begin_h && hour < day_.job_end_h ? 1.0 : 0.0;
    }
    row_[i] = amplitude_[i] * season + std::numbers::sqrt2 / 2.0 * (wander(i, 300.0) + normal());
  }
}

void UndisturbedHost::step_burst() {
  if (time_s_ >= burst_end_s_) burst_ = echo_ = 0.0;
  while (time_s_ >= next_burst_s_) {
    burst_ = pareto(1.8);
    echo_ = random_.uniform() < 0.5 ? pareto(2.5) : 0.0;
    // What fell between two samples is seen in one of them, as a rate sees it.
    burst_end_s_ = next_burst_s_ + std::max(exponential(kBurstLastsS), interval_s_);
    next_burst_s_ += exponential(kBurstEveryS);
  }
}

void UndisturbedHost::heavy() {
  step_burst();
  row_[0] = std::exp(normal());
  row_[1] = std::exp(0.5 * normal());
  row_[2] = student_t3();
  row_[3] = student_t3();
  row_[4] = burst_ + 0.2 * normal();
  row_[5] = echo_ + 0.2 * normal();
  row_[6] = static_cast<double>(poisson(3.0));
  row_[7] = exponential(1.0);
  row_[8] = normal();
  row_[9] = normal();
}

void UndisturbedHost::step_queues() {
  const double step_s = std::min(interval_s_, kQueueStepS);
  const double stay = std::exp(-step_s / kJobLastsS);
  const double kept_1min = std::exp(-step_s / kMinuteS);
  const double kept_15min = std::exp(-step_s / (15.0 * kMinuteS));
  for (long left = std::lround(interval_s_ / step_s); left > 0; --left) {
    jobs_ = survivors(jobs_, stay) + poisson(kJobs * (1.0 - stay));
    const auto running = static_cast<double>(jobs_);
    load_1min_ = kept_1min * load_1min_ + (1.0 - kept_1min) * running;
    load_15min_ = kept_15min * load_15min_ + (1.0 - kept_15min) * running;
    queue_ += poisson(kUtilisation * step_s / kServiceS);
    queue_ -= std::min(queue_, poisson(step_s / kServiceS));
  }
}

void UndisturbedHost::autocorrelated() {
  constexpr std::array kPhi = {0.9, 0.97, 0.99, 0.999};
  for (std::size_t i = 0; i < kPhi.size(); ++i) row_[i] = wander(i, -kMinuteS / std::log(kPhi[i]));
  step_queues();
  row_[4] = wander(4, kDayS) + normal() / 3.0;
  row_[5] = wander(5, 3.0 * kDayS) + wander(6, 1800.0);
  row_[6] = load_1min_;
  row_[7] = load_15min_;
  row_[8] = static_cast<double>(queue_);
  row_[9] = (wander(7, 120.0) + wander(8, kHourS) + wander(9, kDayS / 2.0)) / std::numbers::sqrt3;
}

}  // namespace epsilond::tests
