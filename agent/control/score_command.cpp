#include "agent/control/score_command.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/control/row_pass.h"
#include "agent/control/score_options.h"
#include "agent/control/voice.h"
#include "agent/history/batch_score.h"
#include "agent/history/score_output.h"

namespace epsilond::agent {
namespace {

using platform::OutputFile;
using platform::Result;
using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

class ScoreRun {
 public:
  ScoreRun(const ScoreOptions& options, Console& console) : options_(options), console_(console), voice_(console) {}

  ExitCode run() {
    start_ = SteadyClock::now();
    for (const auto step :
         {&ScoreRun::open_tables, &ScoreRun::create_scores, &ScoreRun::fit, &ScoreRun::score, &ScoreRun::finish})
      if (const ExitCode code = (this->*step)(); code != kExitFine) {
        voice_.clear_progress();
        if (scores_) voice_.say(options_.scores_file, "not written, because of the error above");
        return code;
      }
    return kExitFine;
  }

 private:
  ExitCode open_table(const std::string& name, const TableOptions& options, std::unique_ptr<RowPass>& table) {
    return RowPass::open(std::span(&name, 1), options, voice_, table);
  }

  ExitCode open_tables() {
    if (const ExitCode code = open_table(options_.file, options_.table, table_); code != kExitFine) return code;
    if (options_.train_file.empty()) return kExitFine;
    TableOptions same_columns = options_.table;
    same_columns.columns = table_->rows().plan().feature_names;
    const ExitCode code = open_table(options_.train_file, same_columns, train_table_);
    // The names come from FILE, not from the command line: a training table without them is bad data.
    return code == kExitUsage ? kExitData : code;
  }

  ExitCode create_scores() {
    const std::string& name = options_.scores_file;
    if (name.empty()) return kExitFine;
    if (table_->rows().reads(name.c_str()) ||
        (train_table_ && train_table_->rows().reads(name.c_str()))) {
      voice_.say(name, "is an input: choose another name for --scores");
      return kExitUsage;
    }
    Result<OutputFile> file = OutputFile::create(name);
    if (!file) {
      voice_.say(name, "%s", file.error().context.c_str());
      return kExitCannotCreate;
    }
    scores_.emplace(std::move(*file));
    return kExitFine;
  }

  RowPass& training_table() { return train_table_ ? *train_table_ : *table_; }

  ExitCode fit() {
    RowPass& table = training_table();
    const std::uint64_t limit = options_.train_rows.value_or(kAllRows);
    scorer_.emplace(table_->rows().feature_count(), options_.seed);
    if (!table.for_each_row("learning", limit, [this](const TableRow& row) { scorer_->learn(row); }))
      return read_failure(table);
    if (!options_.train_rows && table.is_bad()) return kExitData;
    if (options_.train_rows && table.rows().rows() < *options_.train_rows)
      voice_.say(table.name(), "has %llu rows: all of them are training rows",
                 static_cast<unsigned long long>(table.rows().rows()));
    if (Result<void> learned = scorer_->finish_learning(); !learned) {
      voice_.say(table.name(), "%s", learned.error().context.c_str());
      return kExitData;
    }
    say_unseen();
    if (!table.for_each_row("calibrating", limit, [this](const TableRow& row) { scorer_->calibrate(row); }))
      return read_failure(table);
    const std::optional<double> step_s = scorer_->step_s(table.rows().plan().time_name);
    if (options_.weekly_budget_given && !step_s)
      voice_.say(table.name(), "no clock, so no week: the budget is 1 false alarm in 10,000 rows");
    scorer_->finish_calibration(options_.cut, step_s);
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
    if (scores_) scores.emplace(*scores_, plan.feature_names);
    EpisodeWriter episodes(console_.out, *scorer_, plan, options_.cut.form);
    const bool read =
        table_->for_each_row("scoring", kAllRows, [&](const TableRow& row) {
          const RowScore score = scorer_->score(row);
          if (scores) scores->add(row, score);
          episodes.add(row, score);
          summary_.flagged += score.flagged ? 1U : 0U;
          summary_.unjudged += score.judged ? 0U : 1U;
          summary_.confusion.add(row.label, score.flagged);
        });
    if (!read) return read_failure(*table_);
    episodes.finish();
    summary_.episodes = episodes.episodes();
    return kExitFine;
  }

  ExitCode finish() {
    voice_.clear_progress();
    const RowSource& reader = table_->rows();
    summary_.file = options_.file;
    summary_.rows = reader.rows();
    summary_.malformed = reader.malformed_rows();
    summary_.training_rows = scorer_->training_rows();
    summary_.features = reader.feature_count();
    summary_.form = options_.cut.form;
    summary_.cut = summary_.form == CutForm::kBudget ? scorer_->surprise_cut() : scorer_->log_density_cut();
    summary_.has_label = reader.plan().has_label;
    const bool bad = table_->is_bad();
    if (!bad && scores_) {
      Result<void> committed = scores_->commit();
      if (!committed) {
        voice_.say(options_.scores_file, "%s", committed.error().context.c_str());
        return kExitIo;
      }
      scores_.reset();
    }
    summary_.seconds = seconds_since(start_);
    write_summary(console_.out, summary_);
    if (Result<void> flushed = console_.out.flush(); !flushed) {
      voice_.say("standard output", "%s", flushed.error().context.c_str());
      return kExitIo;
    }
    return bad ? kExitData : kExitFine;
  }

  static ExitCode read_failure(const RowPass& table) { return exit_code_of(table.rows().error().code); }

  const ScoreOptions& options_;
  Console& console_;
  Voice voice_;
  SteadyClock::time_point start_;
  std::unique_ptr<RowPass> table_;
  std::unique_ptr<RowPass> train_table_;
  std::optional<OutputFile> scores_;
  std::optional<BatchScorer> scorer_;
  ScoreSummary summary_;
};

}  // namespace

ExitCode run_score(std::span<const char* const> words, Console& console) {
  Result<ScoreOptions> options = parse_score_options(words);
  if (!options) {
    Voice(console).say("", "%s\nTry 'epsilonctl score --help'.", options.error().context.c_str());
    return kExitUsage;
  }
  if (options->help) {
    console.out.write(score_help());
    return console.out.flush() ? kExitFine : kExitIo;
  }
  return ScoreRun(*options, console).run();
}

}  // namespace epsilond::agent
