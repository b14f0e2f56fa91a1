#include "agent/report/replay_report.h"

#include <algorithm>
#include <utility>

#include "agent/pipeline/explanation.h"

namespace epsilond::agent {

using platform::Flag;
using platform::FlagEvent;

std::vector<ReportFeature> report_features(std::span<const Feature> table, const models::PresenceMask& columns) {
  std::vector<ReportFeature> features;
  for (std::size_t i = 0; i < table.size(); ++i)
    if (columns.test(i)) features.push_back({std::string(table[i].name), std::string(table[i].unit)});
  return features;
}

ReplayReport::ReplayReport(ReportHead head, std::size_t model, std::string model_name)
    : model_(model), model_name_(std::move(model_name)), names_(feature_names(head)), report_(std::move(head)) {
  for (models::FeatureVector* vector : {&values_, &mean_, &sd_}) vector->setZero(static_cast<Eigen::Index>(names_.size()));
}

void ReplayReport::on_row(const TableRow& row, std::span<const std::unique_ptr<Watcher>> watchers) {
  const Watcher& watcher = *watchers[model_];
  const Snapshot& latest = watcher.latest();
  const ModelView view = watcher.view();
  models::PresenceMask present;
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    if (!latest.readings.present.test(view.columns[i])) continue;
    const auto at = static_cast<Eigen::Index>(i);
    const Usual expected = usual(latest, view, i);
    present.set(i);
    values_[at] = latest.readings.values[view.columns[i]];
    mean_[at] = expected.mean;
    sd_[at] = expected.sd;
  }
  if (std::exchange(began_now_, false)) {
    episode_.first_row = row.row;
    episode_.begin_s = row.time_s;
  }
  last_row_ = row.row;
  last_time_s_ = row.time_s;
  report_.set_cut(latest.verdict.threshold);
  const bool judged = latest.score.status == models::ScoreStatus::kScored;
  report_.add({.row = row.row,
               .has_time = row.has_time,
               .time_s = row.time_s,
               .values = values_,
               .present = present,
               .mean = &mean_,
               .sd = &sd_,
               .score = latest.score.surprise,
               .native = latest.score.log_density,
               .judged = judged,
               .flagged = judged && watcher.anomalous()});
}

void ReplayReport::on_event(const Flag& flag) {
  if (flag.model != model_name_) return;
  if (flag.event == FlagEvent::kRaised) {
    open_ = began_now_ = true;
    episode_ = {};
    raised_ = flag;
  } else if (open_ && (flag.event == FlagEvent::kCleared || flag.event == FlagEvent::kLearned)) {
    close(flag);
  }
}

void ReplayReport::close(const Flag& flag) {
  open_ = began_now_ = false;
  episode_.last_row = last_row_;
  episode_.end_s = last_time_s_;
  episode_.duration_s = std::max(0.0, flag.event == FlagEvent::kRaised ? last_time_s_ - episode_.begin_s : flag.duration_s);
  episode_.peak_surprise = flag.surprise;
  // What RAISED said is what was on the wire; the ending says how long it took.
  episode_.text = std::string(raised_.text.view());
  for (std::size_t i = 0; i < flag.feature_count; ++i) {
    const platform::FlagFeature& named = flag.features[i];
    const auto found = std::find(names_.begin(), names_.end(), named.name.view());
    if (found == names_.end()) continue;
    episode_.shares.push_back({static_cast<std::size_t>(found - names_.begin()), named.value, named.mean, named.sd,
                               named.z, named.share});
  }
  report_.add_episode(std::move(episode_));
  episode_ = {};
}

platform::Result<void> ReplayReport::write(platform::OutputFile& out) {
  if (open_) close(raised_);
  return report_.write(out);
}

}  // namespace epsilond::agent
