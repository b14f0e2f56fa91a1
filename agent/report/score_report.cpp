#include "agent/report/score_report.h"

#include <span>
#include <utility>

#include "agent/pipeline/explanation.h"

namespace epsilond::agent {
namespace {

ReportHead with_cut(ReportHead head, const BatchScorer& scorer) {
  head.cut = scorer.cut();
  head.cut_scale = scorer.form() == CutForm::kBudget ? CutScale::kSurprise : CutScale::kNative;
  head.native_is_log_density = scorer.model().native_is_log_density();
  return head;
}

// "cpu 0 (usual 40 ± 14), ram 7 (usual 5 ± 1)": those that have a part in it, at least one.
std::string sentence(std::span<const FeatureTerm> terms, const std::vector<std::string>& names) {
  std::string text;
  for (const FeatureTerm& term : terms) {
    if (!text.empty() && term.share <= 0.0) break;
    if (!text.empty()) text += ", ";
    text += names[term.feature] + ' ' + format_quantity(term.value, "").c_str() + " (usual " +
            format_usual(term.mean, term.sd, "").c_str() + ')';
  }
  return text;
}

}  // namespace

ScoreReport::ScoreReport(ReportHead head, const BatchScorer& scorer, bool has_clock)
    : scorer_(scorer), has_clock_(has_clock), names_(feature_names(head)), report_(with_cut(std::move(head), scorer)) {
  report_.set_components(scorer.model().components());
}

void ScoreReport::add(const TableRow& row, const RowScore& score) {
  const models::FeatureParts* parts = score.judged ? &scorer_.parts(row) : nullptr;
  report_.add({.row = row.row,
               .has_time = has_clock_ && row.has_time,
               .time_s = row.time_s,
               .values = row.values,
               .present = row.present,
               .mean = parts ? &parts->mean : nullptr,
               .sd = parts ? &parts->sd : nullptr,
               .score = score.surprise,
               .native = score.native,
               .judged = score.judged,
               .flagged = score.flagged});
}

void ScoreReport::add_episode(const BatchEpisode& episode) {
  const std::span<const FeatureTerm> terms(episode.terms.data(), episode.term_count);
  ReportEpisode told;
  told.first_row = episode.first_row;
  told.last_row = episode.last_row;
  told.begin_s = episode.first_time_s;
  told.end_s = episode.last_time_s;
  told.duration_s = episode.last_time_s - episode.first_time_s;
  told.peak_surprise = episode.peak_score.surprise;
  told.text = sentence(terms, names_);
  for (const FeatureTerm& term : terms)
    told.shares.push_back({term.feature, term.value, term.mean, term.sd, term.z, term.share});
  report_.add_episode(std::move(told));
}

}  // namespace epsilond::agent
