#include "agent/history/score_output.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "agent/history/csv_record.h"
#include "agent/history/json_line.h"
#include "agent/history/table_clock.h"
#include "models/elementary.h"

namespace epsilond::agent {
namespace {

// Appends to a buffer that is known to be large enough for what one row needs.
class Line {
 public:
  template <typename Number>
  void number(Number value) {
    at_ = std::to_chars(at_, buffer_.data() + buffer_.size(), value).ptr;
  }
  void put(char c) { *at_++ = c; }
  std::string_view view() const { return {buffer_.data(), static_cast<std::size_t>(at_ - buffer_.data())}; }

 private:
  std::array<char, 160> buffer_;
  char* at_ = buffer_.data();
};

void ratio(JsonLine& json, std::string_view name, std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) {
    json.key(name);
    json.text("null");
    return;
  }
  json.exact(name, static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

ScoresTable::ScoresTable(platform::OutputFile& out, const std::vector<std::string>& feature_names) : out_(out) {
  for (const std::string& name : feature_names) feature_cells_.push_back(csv_cell(name));
  out_.write("row,timestamp,score,log_density,flag,feature\n");
}

void ScoresTable::add(const TableRow& row, const RowScore& score, std::optional<std::size_t> top) {
  Line head;
  head.number(row.row);
  head.put(',');
  out_.write(head.view());
  out_.write(row.time_text);
  Line rest;
  rest.put(',');
  rest.number(score.told.value_or(score.surprise));
  rest.put(',');
  if (score.judged) rest.number(score.native);
  rest.put(',');
  rest.put(score.flagged ? '1' : '0');
  rest.put(',');
  out_.write(rest.view());
  if (score.judged && top) out_.write(feature_cells_[*top]);
  out_.write("\n");
}

EpisodeWriter::EpisodeWriter(platform::OutputFile& out, const BatchScorer& scorer, const ColumnPlan& plan,
                             std::string_view model)
    : out_(out), scorer_(scorer), plan_(plan), model_(model) {}

const BatchEpisode* EpisodeWriter::add(const TableRow& row, const RowScore& score) {
  if (!score.flagged) return finish();
  const RowScore& peak = episode_.peak_score;
  const bool low_is_strange = scorer_.model().native_is_log_density();
  const bool stranger = low_is_strange ? score.native < peak.native : score.native > peak.native;
  const bool higher =
      !open_ || score.surprise > peak.surprise || (score.surprise == peak.surprise && stranger);
  if (!open_) {
    open_ = true;
    episode_ = {};
    episode_.first_row = row.row;
    episode_.first_time = row.time_text;
    episode_.first_time_s = row.time_s;
  }
  episode_.last_row = row.row;
  episode_.last_time_s = row.time_s;
  ++episode_.flagged_rows;
  if (!higher) return nullptr;
  episode_.peak_row = row.row;
  episode_.peak_score = score;
  // Now, while it is the row that the model has scored last.
  std::array<FeatureTerm, models::kMaxFeatures> terms;
  episode_.term_count = std::min(scorer_.explain(row, terms), BatchEpisode::kShownFeatures);
  std::copy_n(terms.begin(), episode_.term_count, episode_.terms.begin());
  return nullptr;
}

const BatchEpisode* EpisodeWriter::finish() {
  if (!open_) return nullptr;
  open_ = false;
  ++episodes_;
  write_episode();
  return &episode_;
}

void EpisodeWriter::write_episode() {
  std::string line = "{";
  JsonLine json(line);
  json.count("v", 1);
  json.string("event", "episode");
  json.count("first_row", episode_.first_row);
  json.count("last_row", episode_.last_row);
  json.count("rows", episode_.flagged_rows);
  json.count("peak_row", episode_.peak_row);
  if (!episode_.first_time.empty()) {
    json.string("timestamp", episode_.first_time);
    const bool clock = plan_.time_name == "timestamp" || episode_.first_time_s >= kFirstClockSecond;
    if (clock && std::fabs(episode_.first_time_s) < kLastClockSecond) json.string("time", rfc3339(episode_.first_time_s));
  }
  json.string("model", model_);
  json.number("surprise", episode_.peak_score.surprise);
  json.number(scorer_.model().native_is_log_density() ? "log_super_epsilon" : "score", episode_.peak_score.native);
  json.number("threshold", scorer_.cut());
  json.key("features");
  json.text("[");
  for (std::size_t i = 0; i < episode_.term_count; ++i) {
    const FeatureTerm& term = episode_.terms[i];
    json.text(i == 0 ? "{" : ",{");
    json.string("name", plan_.feature_names[term.feature]);
    json.number("value", term.value);
    json.number("mean", term.mean);
    json.number("sd", term.sd);
    json.number("z", term.z);
    json.number("share", term.share);
    json.text("}");
  }
  json.text("]}\n");
  out_.write(line);
}

void Confusion::add(int label, bool flagged) {
  if (label < 0) return;
  if (label == 1)
    ++(flagged ? true_positives : false_negatives);
  else
    ++(flagged ? false_positives : true_negatives);
}

void write_summary(platform::OutputFile& out, const ScoreSummary& summary) {
  std::string line = "{";
  JsonLine json(line);
  json.count("v", 1);
  json.string("event", "summary");
  json.string("file", summary.file);
  json.string("model", summary.model);
  json.count("rows", summary.rows);
  json.count("malformed", summary.malformed);
  json.count("unjudged", summary.unjudged);
  json.count("training_rows", summary.training_rows);
  json.count("features", summary.features);
  json.string("threshold", cut_form_name(summary.form));
  if (summary.form == CutForm::kBudget) {
    json.exact("surprise_cut", summary.cut);
  } else if (summary.cut_is_log_density) {
    json.exact("log_epsilon", summary.cut);
    json.number("epsilon", models::exp(summary.cut));
  } else {
    json.exact("epsilon", summary.cut);
  }
  json.count("flagged", summary.flagged);
  json.count("episodes", summary.episodes);
  json.number("seconds", summary.seconds);
  json.number("rows_per_s", std::round(static_cast<double>(summary.rows) / std::fmax(summary.seconds, 1e-9)));
  if (summary.has_label) {
    const Confusion& c = summary.confusion;
    json.count("true_positives", c.true_positives);
    json.count("false_positives", c.false_positives);
    json.count("false_negatives", c.false_negatives);
    ratio(json, "precision", c.true_positives, c.true_positives + c.false_positives);
    ratio(json, "recall", c.true_positives, c.true_positives + c.false_negatives);
    ratio(json, "f1", 2 * c.true_positives, 2 * c.true_positives + c.false_positives + c.false_negatives);
  }
  json.text("}\n");
  out.write(line);
}

}  // namespace epsilond::agent
