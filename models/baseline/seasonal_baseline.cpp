#include "models/baseline/seasonal_baseline.h"

#include <algorithm>
#include <cmath>

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
constexpr double kDayClip = 12.0;
constexpr double kWeekClip = 3.0;
// Visits beyond this change nothing that can be seen, and single precision could no longer add one second to them.
constexpr double kMaxVisits = 100.0;

std::size_t stride_of(BaselineKind kind) {
  switch (kind) {
    case BaselineKind::kGlobal:
      return 0;
    case BaselineKind::kHourOfDay:
      return 2 * kDayBins;
    case BaselineKind::kHourOfWeek:
      return 2 * (kDayBins + kWeekBins);
  }
  return 0;
}

double wrap(double value, double period) {
  const double rest = std::fmod(value, period);
  return rest < 0.0 ? rest + period : rest;
}

double shrunk(float mean, float visits, double prior_visits) {
  const double n = static_cast<double>(visits);
  return static_cast<double>(mean) * n / (n + prior_visits);
}

void learn_bin(float& mean, float& visits, double value, double new_visits, double gain) {
  if (!(new_visits > 0.0)) return;
  const double n = static_cast<double>(visits);
  const double weight = std::max(gain, new_visits / (n + new_visits));
  mean += static_cast<float>(weight * (value - static_cast<double>(mean)));
  visits = static_cast<float>(std::min(n + new_visits, kMaxVisits));
}

}  // namespace

SeasonalBaseline::SeasonalBaseline(BaselineKind kind, std::size_t feature_count)
    : kind_(kind), stride_(stride_of(kind)), cells_(stride_ * feature_count, 0.0f) {}

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

double SeasonalBaseline::day_part(const float* cells, const Slot& slot) const {
  double season = 0.0;
  for (std::size_t k = 0; k < 2; ++k) {
    const std::size_t bin = slot.day_bin[k];
    season += slot.day_weight[k] * shrunk(cells[bin], cells[kDayBins + bin], kDayShrink);
  }
  return season;
}

double SeasonalBaseline::week_part(const float* cells, const Slot& slot) const {
  if (kind_ != BaselineKind::kHourOfWeek) return 0.0;
  const float* week = cells + 2 * kDayBins;
  return shrunk(week[slot.week_bin], week[kWeekBins + slot.week_bin], kWeekShrink);
}

double SeasonalBaseline::expected(std::size_t feature, const Slot& slot) const {
  if (kind_ == BaselineKind::kGlobal) return 0.0;
  const float* cells = cells_.data() + feature * stride_;
  return day_part(cells, slot) + week_part(cells, slot);
}

void SeasonalBaseline::learn(std::size_t feature, const Visit& visit, double above_level, double sd) {
  if (kind_ == BaselineKind::kGlobal) return;
  const Slot& slot = visit.slot;
  float* cells = cells_.data() + feature * stride_;
  const double week_now = week_part(cells, slot);
  const double left = above_level - day_part(cells, slot) - week_now;
  for (std::size_t k = 0; k < 2; ++k) {
    const std::size_t bin = slot.day_bin[k];
    const auto mean = static_cast<double>(cells[bin]);
    learn_bin(cells[bin], cells[kDayBins + bin], std::clamp(above_level, mean - kDayClip * sd, mean + kDayClip * sd),
              visit.day_visits[k], visit.day_gain[k]);
  }
  if (kind_ != BaselineKind::kHourOfWeek) return;
  float* week = cells + 2 * kDayBins;
  learn_bin(week[slot.week_bin], week[kWeekBins + slot.week_bin],
            week_now + std::clamp(left, -kWeekClip * sd, kWeekClip * sd), visit.week_visits, visit.week_gain);
}

bool SeasonalBaseline::is_visits(std::size_t cell) const {
  const std::size_t place = cell % stride_;
  return (place >= kDayBins && place < 2 * kDayBins) || place >= 2 * kDayBins + kWeekBins;
}

void SeasonalBaseline::reset() { std::fill(cells_.begin(), cells_.end(), 0.0f); }

}  // namespace epsilond::models
