#include "agent/control/score_command.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/config/config_keys.h"
#include "agent/control/output.h"
#include "agent/control/row_pass.h"
#include "agent/control/score_options.h"
#include "agent/control/voice.h"
#include "agent/history/batch_score.h"
#include "agent/history/make_batch_model.h"
#include "agent/history/score_output.h"
#include "agent/history/table_clock.h"
#include "agent/report/score_report.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::Result;
using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return platform::seconds_of(SteadyClock::now() - start);
}

class ScoreRun {
 public:
  ScoreRun(const ScoreOptions& options, Console& console) : options_(options), console_(console), voice_(console) {}

  ExitCode run() {
    start_ = SteadyClock::now();
    for (const auto step : {&ScoreRun::open_tables, &ScoreRun::create_outputs, &ScoreRun::fit, &ScoreRun::select,
                            &ScoreRun::score, &ScoreRun::finish})
      if (const ExitCode code = (this->*step)(); code != kExitFine) {
        voice_.clear_progress();
        scores_.say_missing(voice_);
        report_file_.say_missing(voice_);
        return code;
      }
    return kExitFine;
  }

 private:
  ExitCode open_tables() {
    if (const ExitCode code = RowPass::open(options_.files, options_.table, voice_, table_); code != kExitFine)
      return code;
    if (const ExitCode code = open_companion(options_.train_file, train_table_); code != kExitFine) return code;
    return open_companion(options_.labels_file, labels_table_);
  }

  // A table that must have the features of FILE.
  ExitCode open_companion(const std::string& name, std::unique_ptr<RowPass>& table) {
    if (name.empty()) return kExitFine;
    TableOptions same_columns = options_.table;
    same_columns.columns = table_->rows().plan().feature_names;
    const ExitCode code = RowPass::open(std::span(&name, 1), same_columns, voice_, table);
    // The names come from FILE, not from the command line: a table without them is bad data.
    return code == kExitUsage ? kExitData : code;
  }

  bool is_input(const std::string& name) const {
    for (const RowPass* table : {table_.get(), train_table_.get(), labels_table_.get()})
      if (table && table->rows().reads(name.c_str())) return true;
    return false;
  }

  ExitCode create_outputs() {
    const std::string& scores = options_.scores_file;
    const std::string& report = options_.report_file;
    if (const ExitCode code = check_report(report, scores, voice_); code != kExitFine) return code;
    if (const ExitCode code = scores_.create(scores, "--scores", is_input(scores), voice_); code != kExitFine) return code;
    return report_file_.create(report, "--report", is_input(report), voice_);
  }

  RowPass& training_table() { return train_table_ ? *train_table_ : *table_; }
  RowPass& labelled_table() { return labels_table_ ? *labels_table_ : *table_; }

  ExitCode fit() {
    RowPass& table = training_table();
    const std::uint64_t limit = options_.train_rows.value_or(kAllRows);
    const std::size_t features = table_->rows().feature_count();
    if (options_.kind == ModelKind::kSeries && features != 1) {
      voice_.say(table_->name(), "--model series looks at one column, %zu are numeric: choose with --columns", features);
      return kExitUsage;
    }
    scorer_.emplace(make_batch_model(options_.kind, options_.tuning, features), features, options_.tuning.seed);
    TableClock clock;
    const auto learn = [&](const TableRow& row) {
      clock.add(row);
      scorer_->learn(row);
    };
    if (!table.for_each_row("learning", limit, learn)) return read_failure(table);
    if (!options_.train_rows && table.is_bad()) return kExitData;
    if (options_.train_rows && table.rows().rows() < *options_.train_rows)
      voice_.say(table.name(), "has %llu rows: all of them are training rows",
                 static_cast<unsigned long long>(table.rows().rows()));
    if (Result<void> learned = scorer_->finish_learning(); !learned) {
      voice_.say(table.name(), "%s", learned.error().context.c_str());
      return kExitData;
    }
    say_unseen();
    scorer_->begin_pass();
    if (!table.for_each_row("calibrating", limit, [this](const TableRow& row) { scorer_->calibrate(row); }))
      return read_failure(table);
    const std::optional<double> step_s = clock.step_s(table.rows().plan().time_name);
    has_clock_ = step_s.has_value();
    if (options_.weekly_budget_given && !has_clock_)
      voice_.say(table.name(), "no clock, so no week: the budget is 1 false alarm in 10,000 rows");
    scorer_->finish_calibration(options_.cut, step_s);
    return kExitFine;
  }

  // The cut from labels, where that is asked for.
  ExitCode select() {
    if (options_.cut.form != CutForm::kSelect) return kExitFine;
    RowPass& table = labelled_table();
    scorer_->begin_pass();
    if (!table.for_each_row("selecting", kAllRows, [this](const TableRow& row) { scorer_->select(row); }))
      return read_failure(table);
    if (table.is_bad()) return kExitData;
    if (Result<void> selected = scorer_->finish_selection(); !selected) {
      voice_.say(table.name(), "%s", selected.error().context.c_str());
      return kExitData;
    }
    return kExitFine;
  }

  void say_unseen() {
    const std::vector<std::string>& names = table_->rows().plan().feature_names;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (!scorer_->was_seen(i))
        voice_.say(training_table().name(), "the column '%.60s' has no value in the training rows: ignored",
                   names[i].c_str());
  }

  ExitCode score() {
    const ColumnPlan& plan = table_->rows().plan();
    std::optional<ScoresTable> scores;
    if (scores_.file()) scores.emplace(*scores_.file(), plan.feature_names);
    std::optional<ScoreReport> report;
    if (report_file_.file()) report.emplace(report_head(), *scorer_, has_clock_);
    const auto tell = [&](const BatchEpisode* ended) {
      if (ended && report) report->add_episode(*ended);
    };
    EpisodeWriter episodes(console_.out, *scorer_, plan, model_kind_name(options_.kind));
    scorer_->begin_pass();
    const bool read =
        table_->for_each_row("scoring", kAllRows, [&](const TableRow& row) {
          const RowScore score = scorer_->score(row);
          if (scores) scores->add(row, score, score.judged ? scorer_->top_feature(row) : std::nullopt);
          if (report) report->add(row, score);
          tell(episodes.add(row, score));
          summary_.flagged += score.flagged ? 1U : 0U;
          summary_.unjudged += score.judged ? 0U : 1U;
          summary_.confusion.add(row.label, score.flagged);
        });
    if (!read) return read_failure(*table_);
    tell(episodes.finish());
    summary_.episodes = episodes.episodes();
    // A failed write is kept by the file, and said when it is committed.
    if (report) static_cast<void>(report->write(*report_file_.file()));
    return kExitFine;
  }

  ReportHead report_head() const {
    const ColumnPlan& plan = table_->rows().plan();
    ReportHead head;
    head.title = "epsilonctl score";
    head.file = table_->name();
    head.model = model_kind_name(options_.kind);
    if (options_.kind == ModelKind::kMixture)
      head.model += " of " + std::to_string(scorer_->model().components().size()) + " Gaussians";
    head.threshold = cut_form_name(options_.cut.form);
    head.version = EPSILOND_VERSION;
    head.time_is_clock = plan.time_name == "timestamp";
    head.seed = options_.tuning.seed;
    for (const std::string& name : plan.feature_names) head.features.push_back({name, ""});
    return head;
  }

  ExitCode finish() {
    voice_.clear_progress();
    const RowSource& reader = table_->rows();
    summary_.file = options_.files.front();
    summary_.model = model_kind_name(options_.kind);
    summary_.rows = reader.rows();
    summary_.malformed = reader.malformed_rows();
    summary_.training_rows = scorer_->training_rows();
    summary_.features = reader.feature_count();
    summary_.form = options_.cut.form;
    summary_.cut = scorer_->cut();
    summary_.cut_is_log_density = scorer_->model().native_is_log_density();
    summary_.has_label = reader.plan().has_label;
    const bool bad = table_->is_bad();
    for (CommandOutput* output : {&scores_, &report_file_}) {
      if (bad) continue;
      if (const ExitCode code = output->commit(voice_); code != kExitFine) return code;
    }
    summary_.seconds = seconds_since(start_);
    write_summary(console_.out, summary_);
    if (const ExitCode code = flush_standard_output(console_, voice_); code != kExitFine) return code;
    return bad ? kExitData : kExitFine;
  }

  static ExitCode read_failure(const RowPass& table) { return exit_code_of(table.rows().error().code); }

  const ScoreOptions& options_;
  Console& console_;
  Voice voice_;
  SteadyClock::time_point start_;
  std::unique_ptr<RowPass> table_;
  std::unique_ptr<RowPass> train_table_;
  std::unique_ptr<RowPass> labels_table_;
  CommandOutput scores_;
  CommandOutput report_file_;
  std::optional<BatchScorer> scorer_;
  bool has_clock_ = false;
  ScoreSummary summary_;
};

}  // namespace

ExitCode run_score(std::span<const char* const> words, Console& console) {
  Result<ScoreOptions> options = parse_score_options(words);
  if (!options) {
    Voice voice(console);
    voice.say("", "%s", options.error().context.c_str());
    voice.point_to_help("score");
    return kExitUsage;
  }
  if (options->help) {
    console.out.write(score_help());
    return console.out.flush() ? kExitFine : kExitIo;
  }
  return ScoreRun(*options, console).run();
}

}  // namespace epsilond::agent
