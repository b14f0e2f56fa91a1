#include "agent/report/report.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace epsilond::agent {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

std::size_t flagged_values(std::size_t width) {
  return std::min(Report::kMaxFlaggedRows * width, Report::kMaxFlaggedValues);
}

bool higher_peak(const ReportEpisode& a, const ReportEpisode& b) { return a.peak_surprise > b.peak_surprise; }

}  // namespace

std::vector<std::string> feature_names(const ReportHead& head) {
  std::vector<std::string> names;
  for (const ReportFeature& feature : head.features) names.push_back(feature.name);
  return names;
}

Report::Report(ReportHead head)
    : head_(std::move(head)),
      timeline_(head_.features.size() + 2),
      ranked_(head_.cut_scale == CutScale::kNative && head_.native_is_log_density, head_.seed),
      flagged_(kFirstValue + head_.features.size(), head_.seed, flagged_values(kFirstValue + head_.features.size())),
      usual_(kFirstValue + head_.features.size(), head_.seed, kScatterRows * (kFirstValue + head_.features.size())),
      kept_row_(kFirstValue + head_.features.size()) {}

void Report::add(const ReportRow& row) {
  ++rows_;
  judged_rows_ += row.judged ? 1U : 0U;
  flagged_count_ += row.flagged ? 1U : 0U;
  note_time(row);
  timeline_.begin_row(row.row, row.time_s, row.flagged);
  const std::size_t features = head_.features.size();
  const bool band = row.mean != nullptr && row.sd != nullptr;
  has_band_ = has_band_ || band;
  for (std::size_t i = 0; i < features; ++i) {
    if (!row.present[i]) continue;
    const auto at = static_cast<Eigen::Index>(i);
    timeline_.add(i, row.values[at]);
    if (band) timeline_.add_band(i, (*row.mean)[at], (*row.sd)[at]);
  }
  if (row.judged) {
    timeline_.add(features, row.score);
    timeline_.add(features + 1, row.native);
    ranked_.add(head_.cut_scale == CutScale::kSurprise ? row.score : row.native, row.flagged);
  }
  keep(row);
}

void Report::note_time(const ReportRow& row) {
  const bool timed = row.has_time && std::isfinite(row.time_s);
  all_timed_ = all_timed_ && timed;
  if (!timed) return;
  if (rows_ > 1 && row.time_s < last_time_s_) time_ascends_ = false;
  last_time_s_ = row.time_s;
}

void Report::keep(const ReportRow& row) {
  kept_row_[kRow] = static_cast<double>(row.row);
  kept_row_[kTime] = row.time_s;
  kept_row_[kSurprise] = row.judged ? row.score : kAbsent;
  kept_row_[kNativeScore] = row.judged ? row.native : kAbsent;
  for (std::size_t i = 0; i < head_.features.size(); ++i)
    kept_row_[kFirstValue + i] = row.present[i] ? row.values[static_cast<Eigen::Index>(i)] : kAbsent;
  (row.flagged ? flagged_ : usual_).add(kept_row_);
}

void Report::add_episode(ReportEpisode episode) {
  ++episodes_seen_;
  if (episodes_.size() < kMaxEpisodes) {
    episodes_.push_back(std::move(episode));
    if (episodes_.size() == kMaxEpisodes) std::make_heap(episodes_.begin(), episodes_.end(), higher_peak);
    return;
  }
  if (!higher_peak(episode, episodes_.front())) return;
  std::pop_heap(episodes_.begin(), episodes_.end(), higher_peak);
  episodes_.back() = std::move(episode);
  std::push_heap(episodes_.begin(), episodes_.end(), higher_peak);
}

void Report::set_components(std::span<const models::GaussianComponent> components) {
  components_.assign(components.begin(), components.end());
}

}  // namespace epsilond::agent
