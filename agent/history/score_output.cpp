#include "agent/history/score_output.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "agent/history/csv_record.h"
#include "agent/history/json_line.h"
#include "agent/history/table_clock.h"

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
  rest.number(score.surprise);
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

void EpisodeWriter::add(const TableRow& row, const RowScore& score) {
  if (!score.flagged) {
    finish();
    return;
  }
  const bool low_is_strange = scorer_.model().native_is_log_density();
  const bool stranger = low_is_strange ? score.native < peak_score_.native : score.native > peak_score_.native;
  const bool higher = !open_ || score.surprise > peak_score_.surprise ||
                      (score.surprise == peak_score_.surprise && stranger);
  if (!open_) {
    open_ = true;
    first_row_ = row.row;
    first_time_ = row.time_text;
    first_time_s_ = row.time_s;
    flagged_rows_ = 0;
  }
  last_row_ = row.row;
  ++flagged_rows_;
  if (!higher) return;
  peak_row_ = row.row;
  peak_score_ = score;
  // Now, while it is the row that the model has scored last.
  std::array<FeatureTerm, models::kMaxFeatures> terms;
  peak_term_count_ = std::min(scorer_.explain(row, terms), kShownFeatures);
  std::copy_n(terms.begin(), peak_term_count_, peak_terms_.begin());
}

void EpisodeWriter::finish() {
  if (!open_) return;
  open_ = false;
  ++episodes_;
  write_episode();
}

void EpisodeWriter::write_episode() {
  std::string line = "{";
  JsonLine json(line);
  json.count("v", 1);
  json.string("event", "episode");
  json.count("first_row", first_row_);
  json.count("last_row", last_row_);
  json.count("rows", flagged_rows_);
  json.count("peak_row", peak_row_);
  if (!first_time_.empty()) {
    json.string("timestamp", first_time_);
    const bool clock = plan_.time_name == "timestamp" || first_time_s_ >= kFirstClockSecond;
    if (clock && std::fabs(first_time_s_) < kLastClockSecond) json.string("time", rfc3339(first_time_s_));
  }
  json.string("model", model_);
  json.number("surprise", peak_score_.surprise);
  json.number(scorer_.model().native_is_log_density() ? "log_super_epsilon" : "score", peak_score_.native);
  json.number("threshold", scorer_.cut());
  json.key("features");
  json.text("[");
  for (std::size_t i = 0; i < peak_term_count_; ++i) {
    const FeatureTerm& term = peak_terms_[i];
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
    json.number("epsilon", std::exp(summary.cut));
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
