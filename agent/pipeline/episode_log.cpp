#include "agent/pipeline/episode_log.h"

#include <algorithm>
#include <utility>

namespace epsilond::agent {

EpisodeLog::EpisodeLog() : records_(std::make_unique<Records>()) {}

void EpisodeLog::add(const platform::Flag& flag, const Snapshot& peak, const ModelView& view) {
  const ToldEpisode* known = find(flag.id);
  if (known == nullptr)
    known = std::min_element(records_->begin(), records_->end(),
                             [](const ToldEpisode& a, const ToldEpisode& b) { return a.changes < b.changes; });
  ToldEpisode& record = (*records_)[static_cast<std::size_t>(known - records_->data())];
  const bool keeps_processes = record.flag.id == flag.id.view() && flag.process_count == 0;
  const auto processes = record.flag.processes;
  const std::size_t process_count = record.flag.process_count;
  record.flag = flag;
  if (keeps_processes) {
    record.flag.processes = processes;
    record.flag.process_count = process_count;
  }
  record.term_count = view.columns.size();
  for (std::size_t i = 0; i < record.term_count; ++i) record.terms[i] = term_of(peak, view, i);
  record.changes = ++changes_;
}

const ToldEpisode* EpisodeLog::newest() const {
  const ToldEpisode* newest =
      std::max_element(records_->begin(), records_->end(),
                       [](const ToldEpisode& a, const ToldEpisode& b) { return a.changes < b.changes; });
  return newest->changes > 0 ? newest : nullptr;
}

const ToldEpisode* EpisodeLog::find(std::string_view id) const {
  for (const ToldEpisode& record : *records_)
    if (record.changes > 0 && record.flag.id == id) return &record;
  return nullptr;
}

void EpisodeLog::take_over(EpisodeLog& before, std::span<const Feature> from, std::span<const Feature> to) {
  std::swap(records_, before.records_);
  changes_ = before.changes_;
  for (ToldEpisode& record : *records_) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < record.term_count; ++i) {
      FeatureArithmetic term = record.terms[i];
      const auto same = std::find_if(to.begin(), to.end(),
                                     [&](const Feature& feature) { return feature.name == from[term.row].name; });
      if (same == to.end()) continue;
      term.row = static_cast<std::uint16_t>(same - to.begin());
      record.terms[kept++] = term;
    }
    record.term_count = kept;
  }
}

}  // namespace epsilond::agent
