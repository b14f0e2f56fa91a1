#include "models/baseline/seasonal_baseline.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/baseline/running_moments.h"

namespace epsilond::models {
namespace {

constexpr std::size_t kDayBins = SeasonalBaseline::kDayBins;
constexpr std::size_t kWeekBins = SeasonalBaseline::kWeekBins;
constexpr double kDayS = 86400.0;
constexpr double kDayBinS = kDayS / static_cast<double>(kDayBins);
constexpr double kWeekS = 7.0 * kDayS;
constexpr double kWeekBinS = kWeekS / static_cast<double>(kWeekBins);
// 1970-01-01 was a Thursday; the hours of the week are counted from Monday.
constexpr double kMondayOffsetS = 3.0 * kDayS;
constexpr double kDayShrink = 3.0;
constexpr double kWeekShrink = 5.0;
constexpr double kDayHalfLifeVisits = 7.0;
constexpr double kWeekHalfLifeVisits = 4.0;
constexpr double kDayClip = 18.0;
constexpr double kWeekClip = 3.0;
// Visits beyond this change nothing that can be seen, and single precision could no longer add one second to them.
constexpr double kMaxVisits = 100.0;

constexpr double kSpreadClip = 3.0;
constexpr double kSmallestSpread = 0.1;
constexpr double kSmallestSd = std::numeric_limits<double>::min();  // of a feature that is left out, which has none

// The rows of cells: day means, day visits, day spreads (less 1), week means, week visits.
constexpr std::size_t kDayVisits = kDayBins;
constexpr std::size_t kDaySpreads = 2 * kDayBins;
constexpr std::size_t kWeekMeans = 3 * kDayBins;
constexpr std::size_t kWeekVisits = kWeekMeans + kWeekBins;

std::size_t rows_of(BaselineKind kind) {
  switch (kind) {
    case BaselineKind::kGlobal:
      return 0;
    case BaselineKind::kHourOfDay:
      return 3 * kDayBins;
    case BaselineKind::kHourOfWeek:
      return 3 * kDayBins + 2 * kWeekBins;
  }
  return 0;
}

// Lanes that begin with the last feature of the last row may end behind it.
std::size_t cell_room(std::size_t rows, std::size_t features) {
  return rows == 0 ? 0 : rows * features + (kFeatureLanes - features % kFeatureLanes) % kFeatureLanes;
}

double wrap(double value, double period) {
  // Exact like fmod(), and cheaper, as long as whole numbers of periods are exact and their sum is not near 2^53.
  constexpr double kPlain = 1e15;
  if (!(std::fabs(value) < kPlain)) {
    const double rest = std::fmod(value, period);
    return rest < 0.0 ? rest + period : rest;
  }
  auto periods = static_cast<double>(static_cast<std::int64_t>(value / period));
  if (periods * period > value) periods -= 1.0;
  return value - periods * period;
}

using Singles = FeatureLanes::Singles;

// The last lanes may lie beyond the last feature, where the next row begins.
inline void store(const Singles& values, std::size_t count, float* row) {
  if (count >= kFeatureLanes) return store_lanes(row, values);
  for (std::size_t k = 0; k < count; ++k) row[k] = values[k];
}

// In single precision throughout, as the cells are.
inline void add(const FeatureLanes& step, std::size_t count, float* row) {
  store(load_lanes<Singles>(row) + step.in_single(), count, row);
}

// What a stretch of time means to one bin of all features.
struct Bin {
  float* means;
  float* visits;
  float* spreads;  // nullptr: left as they are
  double new_visits;
  double gain;
};

// What the square of each z, within the clip, exceeds 1 by.
void squares_above_one(std::size_t feature_count, const SeasonalBaseline::Parts& parts,
                       const SeasonalBaseline::Lesson& lesson, PerFeature& above_one) {
  for (std::size_t i = 0; i < feature_count; i += kFeatureLanes) {
    const FeatureLanes z = (lanes_of(lesson.above_level, i) - lanes_of(parts.day, i) - lanes_of(parts.week, i)) /
                           lanes_of(lesson.sd, i).max(kSmallestSd);
    put_lanes((z * z).min(kSpreadClip * kSpreadClip) - 1.0, above_one, i);
  }
}

// Moves the means towards the values of `lesson`, for the week without the part of the day. A value counts as at most
// so far from `base`: from the mean itself, for the week from what is expected of it. The mean is single precision and
// so is the step: GCC 12 drops the rounding of a pair of doubles to single and back, so they are added up in single
// too. The spreads move towards `above_one`.
template <bool kOfWeek>
void learn_bin(const Bin& bin, std::size_t feature_count, const SeasonalBaseline::Parts& parts,
               const SeasonalBaseline::Lesson& lesson, const PerFeature& above_one) {
  if (!(bin.new_visits > 0.0)) return;
  for (std::size_t i = 0; i < feature_count; i += kFeatureLanes) {
    const FeatureLanes mean = FeatureLanes::at(bin.means + i);
    const FeatureLanes base = kOfWeek ? lanes_of(parts.week, i) : mean;
    const FeatureLanes above_level = lanes_of(lesson.above_level, i);
    const FeatureLanes value = kOfWeek ? above_level - lanes_of(parts.day, i) : above_level;
    const FeatureLanes bound = (kOfWeek ? kWeekClip : kDayClip) * lanes_of(lesson.sd, i);
    const FeatureLanes taken = lanes_of(lesson.taken, i);
    const FeatureLanes n = FeatureLanes::at(bin.visits + i);
    const FeatureLanes weight = taken * (bin.new_visits / (n + bin.new_visits)).max(bin.gain);
    const FeatureLanes visits = (n + taken * bin.new_visits).min(kMaxVisits);
    add(weight * (within(value - base, bound) + (base - mean)), feature_count - i, bin.means + i);
    store(visits.in_single(), feature_count - i, bin.visits + i);
    if (kOfWeek || bin.spreads == nullptr) continue;
    add(weight * (lanes_of(above_one, i) - FeatureLanes::at(bin.spreads + i)), feature_count - i, bin.spreads + i);
  }
}

}  // namespace

SeasonalBaseline::SeasonalBaseline(BaselineKind kind, std::size_t feature_count)
    : kind_(kind),
      feature_count_(feature_count),
      row_count_(rows_of(kind)),
      cells_(cell_room(row_count_, feature_count)) {}

SeasonalBaseline::Slot SeasonalBaseline::slot(double local_time_s) {
  const double time_s = std::isfinite(local_time_s) ? local_time_s : 0.0;
  const double from_centre = wrap(time_s, kDayS) / kDayBinS - 0.5;
  const double below = std::floor(from_centre);
  const auto lower = below < 0.0 ? kDayBins - 1 : static_cast<std::size_t>(below);
  Slot slot;
  slot.day_bin = {lower, (lower + 1) % kDayBins};
  slot.day_weight = {1.0 - (from_centre - below), from_centre - below};
  const auto hour = static_cast<std::size_t>(wrap(time_s + kMondayOffsetS, kWeekS) / kWeekBinS);
  slot.week_bin = std::min(hour, kWeekBins - 1);
  return slot;
}

SeasonalBaseline::Visit SeasonalBaseline::visit(const Slot& slot, double elapsed_s) {
  Visit visit;
  visit.slot = slot;
  for (std::size_t k = 0; k < 2; ++k) {
    visit.day_visits[k] = slot.day_weight[k] * elapsed_s / kDayBinS;
    visit.day_gain[k] = forgotten_share(visit.day_visits[k], kDayHalfLifeVisits);
  }
  visit.week_visits = elapsed_s / kWeekBinS;
  visit.week_gain = forgotten_share(visit.week_visits, kWeekHalfLifeVisits);
  return visit;
}

void SeasonalBaseline::parts(const Slot& slot, Parts& parts) const {
  const auto row = [this](std::size_t number) { return cells_.data() + number * feature_count_; };
  if (kind_ == BaselineKind::kGlobal) {
    parts.day.fill(0.0);
    parts.spread.fill(1.0);
  }
  if (kind_ != BaselineKind::kHourOfWeek) parts.week.fill(0.0);
  if (kind_ == BaselineKind::kGlobal) return;
  const float* const lower = row(slot.day_bin[0]);
  const float* const upper = row(slot.day_bin[1]);
  const std::size_t visits = kDayVisits * feature_count_;    // from the means of a bin to its visits
  const std::size_t spreads = kDaySpreads * feature_count_;  // and to its spreads
  for (std::size_t i = 0; i < feature_count_; i += kFeatureLanes) {
    const FeatureLanes n = FeatureLanes::at(lower + visits + i);
    const FeatureLanes m = FeatureLanes::at(upper + visits + i);
    // The sum of both bins over one denominator.
    const FeatureLanes from_lower = slot.day_weight[0] * FeatureLanes::at(lower + i) * n * (m + kDayShrink);
    const FeatureLanes from_upper = slot.day_weight[1] * FeatureLanes::at(upper + i) * m * (n + kDayShrink);
    const FeatureLanes shares = 1.0 / ((n + kDayShrink) * (m + kDayShrink));
    put_lanes((from_lower + from_upper) * shares, parts.day, i);
    // One more than the excess over 1, which is shrunk as the mean is.
    const FeatureLanes lower_excess = slot.day_weight[0] * FeatureLanes::at(lower + spreads + i) * n * (m + kDayShrink);
    const FeatureLanes upper_excess = slot.day_weight[1] * FeatureLanes::at(upper + spreads + i) * m * (n + kDayShrink);
    put_lanes((1.0 + (lower_excess + upper_excess) * shares).max(kSmallestSpread).sqrt(), parts.spread, i);
  }
  if (kind_ != BaselineKind::kHourOfWeek) return;
  const float* const means = row(kWeekMeans + slot.week_bin);
  const float* const week_visits = row(kWeekVisits + slot.week_bin);
  for (std::size_t i = 0; i < feature_count_; i += kFeatureLanes) {
    const FeatureLanes n = FeatureLanes::at(week_visits + i);
    put_lanes(FeatureLanes::at(means + i) * n / (n + kWeekShrink), parts.week, i);
  }
}

double SeasonalBaseline::expected(std::size_t feature, const Slot& slot) const {
  Parts all;
  parts(slot, all);
  return all.day[feature] + all.week[feature];
}

void SeasonalBaseline::learn_all(const Visit& visit, const Parts& parts, const Lesson& lesson) {
  if (kind_ == BaselineKind::kGlobal) return;
  const auto row = [this](std::size_t number) { return cells_.data() + number * feature_count_; };
  const Slot& slot = visit.slot;
  PerFeature above_one;
  if (lesson.spread_too) squares_above_one(feature_count_, parts, lesson, above_one);
  for (std::size_t k = 0; k < 2; ++k) {
    const std::size_t bin = slot.day_bin[k];
    float* const spreads = lesson.spread_too ? row(kDaySpreads + bin) : nullptr;
    learn_bin<false>({row(bin), row(kDayVisits + bin), spreads, visit.day_visits[k], visit.day_gain[k]}, feature_count_,
                     parts, lesson, above_one);
  }
  if (kind_ != BaselineKind::kHourOfWeek) return;
  learn_bin<true>(
      {row(kWeekMeans + slot.week_bin), row(kWeekVisits + slot.week_bin), nullptr, visit.week_visits, visit.week_gain},
      feature_count_, parts, lesson, above_one);
}

bool SeasonalBaseline::is_visits(std::size_t i) const {
  const std::size_t place = i % row_count_;
  return (place >= kDayVisits && place < kDaySpreads) || place >= kWeekVisits;
}

void SeasonalBaseline::forget(std::size_t feature) {
  for (std::size_t row = 0; row < row_count_; ++row) cells_[row * feature_count_ + feature] = 0.0f;
}

void SeasonalBaseline::reset() { std::fill(cells_.begin(), cells_.end(), 0.0f); }

}  // namespace epsilond::models
