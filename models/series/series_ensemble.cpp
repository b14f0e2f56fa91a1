#include "models/series/series_ensemble.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "models/learned_bounds.h"
#include "models/observation.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr double kQuarterS = 900.0;
constexpr double kHourS = 3600.0;
constexpr double kDayS = 86400.0;
constexpr double kLargestTimeS = 1e15;
constexpr double kCap = 1.5;  // of z / c
constexpr double kRecentGain = 2.0 / 2001.0;
constexpr OffsetSettings kHourOfDay;
constexpr OffsetSettings kHourOfWeek{.smallest_gain = 0.05, .prior = 24.0, .most = 20.0};
// In the order of the features: J15m, X15m, J1h, X1h, J4h, D4h, D8h, V8h, R.
constexpr std::array<double, SeriesEnsemble::kFeatures> kTypical = {3.78, 3.71, 3.04, 3.13,   2.29,
                                                                    2.08, 2.0,  2.21, 0.00828};
constexpr std::array<double, SeriesEnsemble::kFeatures> kWeight = {1, 1, 1, 1, 2, 1, 1, 1, 1};
constexpr double kWeights = 10.0;  // their sum
enum Feature : std::size_t { kX15m = 1, kX1h = 3, kD4h = 5, kV8h = 7, kRecord = 8 };
// Which window of its kind a mean is made of.
constexpr std::array<std::size_t, 5> kWindowOfMean = {0, 0, 1, 1, 2};

bool of_the_day(std::size_t feature) { return feature == kX15m || feature == kX1h; }

struct CalendarPlace {
  std::size_t hour, week_hour;
};

CalendarPlace place_of(double time_s) {
  if (!(std::fabs(time_s) <= kLargestTimeS)) return {0, 0};
  const auto hours = static_cast<std::int64_t>(std::floor(time_s / kHourS));
  const std::int64_t week_hour = (hours % 168 + 168) % 168;
  return {static_cast<std::size_t>(week_hour % 24), static_cast<std::size_t>(week_hour)};
}

// How many values a time holds, at least one.
std::size_t values_of(double time_s, double interval_s) {
  return static_cast<std::size_t>(std::max(1L, std::lround(time_s / interval_s)));
}

SlidingWindows windows_of(std::initializer_list<double> lengths_s, double interval_s) {
  std::array<SlidingWindows::Window, SlidingWindows::kMostWindows> windows;
  std::size_t count = 0;
  for (const double length_s : lengths_s) windows[count++] = {0, values_of(length_s, interval_s)};
  return SlidingWindows(std::span(windows).first(count));
}

SlidingWindows value_windows_of(double interval_s) {
  const std::size_t h4 = values_of(4.0 * kHourS, interval_s);
  const std::size_t h8 = values_of(8.0 * kHourS, interval_s);
  const std::array<SlidingWindows::Window, 4> windows = {
      {{0, h4}, {h4, values_of(kDayS, interval_s)}, {0, h8}, {h8, values_of(0.5 * kDayS, interval_s)}}};
  return SlidingWindows(windows, std::max<std::size_t>(3, h8));
}

}  // namespace

SeriesEnsemble::SeriesEnsemble(double interval_s)
    : interval_s_(std::max(interval_s, kSmallestIntervalS)),
      week_windows_(windows_of({kQuarterS, kHourS, 4.0 * kHourS}, interval_s_)),
      day_windows_(windows_of({kQuarterS, kHourS}, interval_s_)),
      value_windows_(value_windows_of(interval_s_)),
      values_per_hour_(static_cast<double>(values_of(kHourS, interval_s_))) {
  assert(std::isfinite(interval_s) && interval_s > 0.0);
  constexpr std::array<double, kMeans + kNormalised> kLengthsS = {
      kQuarterS,   kQuarterS, kHourS, kHourS, 4.0 * kHourS, 4.0 * kHourS + kDayS, 8.0 * kHourS + 0.5 * kDayS,
      8.0 * kHourS};
  for (std::size_t i = 0; i < kLengthsS.size(); ++i)
    scale_settings_[i] = {.smallest_gain = of_the_day(i) ? kRecentGain : 0.0,
                          .length = static_cast<double>(values_of(kLengthsS[i], interval_s_))};
}

SeriesEnsemble::Reading SeriesEnsemble::read(double time_s, double value) const {
  Reading reading;
  if (!std::isfinite(value)) return reading;
  reading.valid = true;
  reading.value = std::clamp(value, -kLargestReading, kLargestReading);
  const CalendarPlace place = place_of(time_s);
  reading.hour = place.hour;
  reading.week_hour = place.week_hour;
  reading.above_level = reading.value - tables_.level.mean();
  reading.above_hour = reading.above_level - tables_.day.offset(place.hour, kHourOfDay);
  if (!tables_.level.empty()) {
    reading.day_residual = reading.above_hour;
    reading.week_residual = reading.above_hour - tables_.week.offset(place.week_hour, kHourOfWeek);
  }
  read_windows(reading);
  for (std::size_t i = 0; i < kFeatures; ++i) reading.position[i] = TailHistogram::position(reading.z[i]);
  return reading;
}

void SeriesEnsemble::read_windows(Reading& reading) const {
  const double smallest = smallest_scale(tables_.size.mean_with(std::fabs(reading.value)));
  for (std::size_t i = 0; i < kMeans; ++i) {
    const SlidingWindows& windows = of_the_day(i) ? day_windows_ : week_windows_;
    const std::size_t window = kWindowOfMean[i];
    reading.full[i] = windows.full_with_next(window);
    if (!reading.full[i]) continue;
    reading.statistic[i] = windows.mean_with(window, of_the_day(i) ? reading.day_residual : reading.week_residual);
    reading.z[i] =
        std::fabs(reading.statistic[i]) / tables_.scales[i].sigma(reading.hour, smallest, scale_settings_[i]);
  }
  const double value = reading.value - (value_windows_.pushed() == 0 ? reading.value : origin_);
  for (std::size_t i = 0; i < kDifferences; ++i) {
    reading.full[kD4h + i] = value_windows_.full(2 * i + 1);
    if (!reading.full[kD4h + i]) continue;
    reading.statistic[kD4h + i] = value_windows_.mean_with(2 * i, value) - value_windows_.mean_with(2 * i + 1, value);
  }
  reading.statistic[kV8h] = value_windows_.deviation_with(value);
  for (std::size_t i = 0; i < kNormalised; ++i)
    reading.z[kMeans + i] =
        tables_.normalisers[i].z(reading.hour, reading.statistic[kMeans + i], scale_settings_[kMeans + i]);
  reading.z[kRecord] = tables_.range.excess(reading.value);
}

double SeriesEnsemble::combine(const Reading& reading) const {
  double sum = 0.0;
  for (std::size_t i = 0; i < kFeatures; ++i)
    if (reading.z[i] > 0.0)
      sum += kWeight[i] * std::min(reading.z[i] / kTypical[i], kCap) * std::sqrt(tails_[i].rarity(reading.position[i]));
  return sum / kWeights;
}

double SeriesEnsemble::score(double time_s, double value) const { return combine(read(time_s, value)); }

void SeriesEnsemble::advance(double time_s, double value) {
  if (latest_.valid && !left_out_) {
    learn_extremes();
    left_out_ = true;
  }
  latest_ = read(time_s, value);
  if (!latest_.valid) return;
  if (value_windows_.pushed() == 0) origin_ = latest_.value;
  week_windows_.push(latest_.week_residual);
  day_windows_.push(latest_.day_residual);
  value_windows_.push(latest_.value - origin_);
}

void SeriesEnsemble::learn() {
  if (!latest_.valid) return;
  for (std::size_t i = 0; i < kMeans; ++i)
    if (latest_.full[i]) tables_.scales[i].learn(latest_.hour, latest_.statistic[i], scale_settings_[i]);
  for (std::size_t i = 0; i < kNormalised; ++i)
    tables_.normalisers[i].learn(latest_.hour, latest_.statistic[kMeans + i], scale_settings_[kMeans + i]);
  for (std::size_t i = 0; i < kDifferences; ++i)
    if (latest_.full[kD4h + i]) tables_.differences[i] = std::min(tables_.differences[i] + 1.0, values_per_hour_);
  tables_.week.learn(latest_.week_hour, latest_.above_hour, kHourOfWeek);
  tables_.day.learn(latest_.hour, latest_.above_level, kHourOfDay);
  tables_.level.add(latest_.value);
  tables_.size.add(std::fabs(latest_.value));
  learn_extremes();
  ++learned_;
  latest_.valid = false;
  left_out_ = false;
}

void SeriesEnsemble::learn_extremes() {
  tables_.range.learn(latest_.value);
  for (std::size_t i = 0; i < kFeatures; ++i) tails_[i].learn(latest_.position[i]);
}

double SeriesEnsemble::push(double time_s, double value) {
  advance(time_s, value);
  const double score = combine(latest_);
  learn();
  return score;
}

bool SeriesEnsemble::opening() const {
  for (std::size_t i = 0; i < kDifferences; ++i)
    if (value_windows_.full(2 * i + 1) && tables_.differences[i] < values_per_hour_) return true;
  return false;
}

SeriesEnsemble::Expectation SeriesEnsemble::expectation(double time_s) const {
  const CalendarPlace place = place_of(time_s);
  const double smallest = smallest_scale(tables_.size.mean());
  const double sigma = tables_.scales[0].sigma(place.hour, smallest, scale_settings_[0]);
  return {.mean = tables_.level.mean() + tables_.day.offset(place.hour, kHourOfDay) +
                  tables_.week.offset(place.week_hour, kHourOfWeek),
          .sd = std::isfinite(sigma) ? sigma : smallest};
}

void SeriesEnsemble::reset() {
  week_windows_.reset();
  day_windows_.reset();
  value_windows_.reset();
  origin_ = 0.0;
  tables_ = {};
  tails_ = {};
  learned_ = 0;
  latest_ = {};
}

std::size_t SeriesEnsemble::memory_bytes() const {
  return sizeof(*this) + week_windows_.memory_bytes() + day_windows_.memory_bytes() + value_windows_.memory_bytes();
}

std::size_t SeriesEnsemble::state_bytes() const {
  return 2 * sizeof(double) + sizeof learned_ + sizeof tables_ +
         kFeatures * TailHistogram::kBins * sizeof(std::uint32_t) + week_windows_.state_bytes() +
         day_windows_.state_bytes() + value_windows_.state_bytes();
}

void SeriesEnsemble::save(std::span<std::byte> out) const {
  put_bytes(out, &interval_s_, 1);
  put_bytes(out, &origin_, 1);
  put_bytes(out, &learned_, 1);
  put_bytes(out, &tables_, 1);
  for (const TailHistogram& tail : tails_) put_bytes(out, tail.counts().data(), TailHistogram::kBins);
  week_windows_.save(out);
  day_windows_.save(out);
  value_windows_.save(out);
}

bool SeriesEnsemble::Tables::plausible() const {
  bool fine = level.plausible() && size.plausible() && day.plausible(kHourOfDay) && week.plausible(kHourOfWeek) &&
              range.plausible();
  for (const SeasonalScale& scale : scales) fine = fine && scale.plausible();
  for (const SeasonalNormaliser& normaliser : normalisers) fine = fine && normaliser.plausible();
  for (const double count : differences) fine = fine && is_count(count);
  return fine;
}

bool SeriesEnsemble::take(std::span<const std::byte> in) {
  double interval_s = 0.0;
  take_bytes(in, &interval_s, 1);
  take_bytes(in, &origin_, 1);
  take_bytes(in, &learned_, 1);
  take_bytes(in, &tables_, 1);
  bool fine = interval_s == interval_s_ && is_level(origin_) && tables_.plausible() &&
              tables_.level.count() == static_cast<double>(learned_);
  for (TailHistogram& tail : tails_) {
    std::array<std::uint32_t, TailHistogram::kBins> counts;
    take_bytes(in, counts.data(), counts.size());
    tail.restore(counts);
    fine = fine && tail.total() >= learned_ && tail.total() == tails_[0].total();
  }
  return week_windows_.load(in) && day_windows_.load(in) && value_windows_.load(in) && fine &&
         week_windows_.pushed() >= tails_[0].total() && day_windows_.pushed() == week_windows_.pushed() &&
         value_windows_.pushed() == week_windows_.pushed();
}

bool SeriesEnsemble::load(std::span<const std::byte> in) {
  if (in.size() != state_bytes()) return false;
  SeriesEnsemble fresh(interval_s_);
  if (!fresh.take(in)) return false;
  *this = std::move(fresh);
  return true;
}

}  // namespace epsilond::models
