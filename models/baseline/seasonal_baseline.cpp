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

// Features are mostly visited alike, so what follows from the visits alone is worked out once a row. weight * n / (n +
// prior):
class ShrinkMemo {
 public:
  ShrinkMemo(double weight, double prior_visits) : weight_(weight), prior_visits_(prior_visits) {}

  double part(float mean, float visits) {
    if (visits != visits_) {
      visits_ = visits;
      const auto n = static_cast<double>(visits);
      factor_ = weight_ * n / (n + prior_visits_);
    }
    return factor_ * static_cast<double>(mean);
  }

 private:
  double weight_;
  double prior_visits_;
  float visits_ = 0.0f;
  double factor_ = 0.0;
};

// Likewise the weight of a new value in a bin, and the visits after it.
class VisitMemo {
 public:
  VisitMemo(double new_visits, double gain) : new_visits_(new_visits), gain_(gain) { follow(); }

  // Moves `mean` towards a value `above` it.
  void learn(float& mean, float& visits, double above) {
    if (visits != visits_) {
      visits_ = visits;
      follow();
    }
    mean += static_cast<float>(weight_ * above);
    visits = next_visits_;
  }

 private:
  void follow() {
    const auto n = static_cast<double>(visits_);
    const bool counts = new_visits_ > 0.0;
    weight_ = counts ? std::max(gain_, new_visits_ / (n + new_visits_)) : 0.0;
    next_visits_ = counts ? static_cast<float>(std::min(n + new_visits_, kMaxVisits)) : visits_;
  }

  double new_visits_;
  double gain_;
  float visits_ = 0.0f;
  double weight_ = 0.0;
  float next_visits_ = 0.0f;
};

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

void SeasonalBaseline::parts_from(const float* cells, const Slot& slot, std::span<double> day,
                                  std::span<double> week) const {
  std::fill(day.begin(), day.end(), 0.0);
  std::fill(week.begin(), week.end(), 0.0);
  if (kind_ == BaselineKind::kGlobal) return;
  ShrinkMemo lower(slot.day_weight[0], kDayShrink);
  ShrinkMemo upper(slot.day_weight[1], kDayShrink);
  ShrinkMemo hour(1.0, kWeekShrink);
  for (std::size_t i = 0; i < day.size(); ++i, cells += stride_) {
    day[i] = lower.part(cells[slot.day_bin[0]], cells[kDayBins + slot.day_bin[0]]) +
             upper.part(cells[slot.day_bin[1]], cells[kDayBins + slot.day_bin[1]]);
    if (kind_ != BaselineKind::kHourOfWeek) continue;
    const float* bin = cells + 2 * kDayBins + slot.week_bin;
    week[i] = hour.part(bin[0], bin[kWeekBins]);
  }
}

void SeasonalBaseline::learn_from(float* cells, std::uint64_t learned, const Visit& visit, const Lesson& lesson) const {
  if (kind_ == BaselineKind::kGlobal) return;
  VisitMemo lower(visit.day_visits[0], visit.day_gain[0]);
  VisitMemo upper(visit.day_visits[1], visit.day_gain[1]);
  VisitMemo hour(visit.week_visits, visit.week_gain);
  for (std::size_t i = 0; i < lesson.sd.size(); ++i, cells += stride_) {
    if ((learned >> i & 1) == 0) continue;
    const double above_level = lesson.above_level[i];
    const double bound = kDayClip * lesson.sd[i];
    for (std::size_t k = 0; k < 2; ++k) {
      const std::size_t bin = visit.slot.day_bin[k];
      const double above = above_level - static_cast<double>(cells[bin]);
      (k == 0 ? lower : upper).learn(cells[bin], cells[kDayBins + bin], std::clamp(above, -bound, bound));
    }
    if (kind_ != BaselineKind::kHourOfWeek) continue;
    float* bin = cells + 2 * kDayBins + visit.slot.week_bin;
    const double week_bound = kWeekClip * lesson.sd[i];
    const double left = above_level - lesson.day[i] - lesson.week[i];
    hour.learn(bin[0], bin[kWeekBins],
               lesson.week[i] + std::clamp(left, -week_bound, week_bound) - static_cast<double>(bin[0]));
  }
}

void SeasonalBaseline::parts(const Slot& slot, std::span<double> day, std::span<double> week) const {
  parts_from(cells_.data(), slot, day, week);
}

double SeasonalBaseline::expected(std::size_t feature, const Slot& slot) const {
  double day = 0.0;
  double week = 0.0;
  parts_from(cells_.data() + feature * stride_, slot, {&day, 1}, {&week, 1});
  return day + week;
}

void SeasonalBaseline::learn_all(std::uint64_t learned, const Visit& visit, const Lesson& lesson) {
  learn_from(cells_.data(), learned, visit, lesson);
}

void SeasonalBaseline::learn(std::size_t feature, const Visit& visit, double above_level, double sd) {
  float* cells = cells_.data() + feature * stride_;
  double day = 0.0;
  double week = 0.0;
  parts_from(cells, visit.slot, {&day, 1}, {&week, 1});
  learn_from(cells, 1, visit, {{&above_level, 1}, {&sd, 1}, {&day, 1}, {&week, 1}});
}

bool SeasonalBaseline::is_visits(std::size_t cell) const {
  const std::size_t place = cell % stride_;
  return (place >= kDayBins && place < 2 * kDayBins) || place >= 2 * kDayBins + kWeekBins;
}

void SeasonalBaseline::reset() { std::fill(cells_.begin(), cells_.end(), 0.0f); }

}  // namespace epsilond::models
