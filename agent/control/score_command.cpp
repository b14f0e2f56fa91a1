#include "agent/control/score_command.h"

#include <chrono>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "agent/control/score_options.h"
#include "agent/history/batch_score.h"
#include "agent/history/score_output.h"
#include "agent/history/table_reader.h"

namespace epsilond::agent {
namespace {

using platform::OutputFile;
using platform::Result;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t kMaxListedRows = 1000;         // malformed rows beyond are counted, not listed
constexpr std::uint64_t kRowsPerProgress = 1U << 14U;  // how often the clock is looked at
constexpr std::chrono::milliseconds kProgressEvery{200};

bool too_many_malformed(std::uint64_t malformed, std::uint64_t rows) { return malformed * 100 > rows; }

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Says things on stderr: problems, and how far a pass has come when somebody is watching.
class Voice {
 public:
  explicit Voice(Console& console) : console_(console) {}

  [[gnu::format(printf, 3, 4)]] void say(const std::string& where, const char* format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    clear_progress();
    console_.err.write("epsilonctl: ");
    if (!where.empty()) console_.err.write(where + ": ");
    console_.err.write(text);
    console_.err.write("\n");
    static_cast<void>(console_.err.flush());
  }

  void begin_pass(const char* what) {
    what_ = what;
    start_ = shown_ = SteadyClock::now();
  }
  void progress(const TableReader& table) {
    if (!console_.err_is_terminal || table.rows() % kRowsPerProgress != 0) return;
    const SteadyClock::time_point now = SteadyClock::now();
    if (now - shown_ < kProgressEvery) return;
    shown_ = now;
    char text[128];
    std::snprintf(text, sizeof text, "\r%s %3.0f %%  %.2g million rows/s ", what_, 100.0 * table.input().progress(),
                  static_cast<double>(table.rows()) / seconds_since(start_) / 1e6);
    console_.err.write(text);
    static_cast<void>(console_.err.flush());
    progress_shown_ = true;
  }
  void clear_progress() {
    if (!progress_shown_) return;
    console_.err.write("\r\x1b[K");
    static_cast<void>(console_.err.flush());
    progress_shown_ = false;
  }

 private:
  Console& console_;
  const char* what_ = "";
  SteadyClock::time_point start_;
  SteadyClock::time_point shown_;
  bool progress_shown_ = false;
};

// A table with its name, and each malformed row said once though it is read in several passes.
class NamedTable {
 public:
  NamedTable(std::string name, TableReader reader, Voice& voice)
      : name_(std::move(name)), reader_(std::move(reader)), voice_(voice) {}

  // Hands the first `limit` rows to `use`. False when reading failed; it has been said.
  template <typename Use>
  bool for_each_row(const char* what, std::uint64_t limit, Use use) {
    reader_.rewind();
    voice_.begin_pass(what);
    TableRow row;
    while (reader_.rows() < limit) {
      switch (reader_.next(row)) {
        case RowStatus::kRow:
          use(row);
          break;
        case RowStatus::kMalformed:
          report(reader_.malformed());
          break;
        case RowStatus::kEnd:
          return true;
        case RowStatus::kError:
          voice_.say(name_, "%s", reader_.error().context.c_str());
          return false;
      }
      voice_.progress(reader_);
    }
    return true;
  }

  // Says so and returns true when more than one row in a hundred was malformed in the last pass.
  bool is_bad() {
    if (!too_many_malformed(reader_.malformed_rows(), reader_.rows())) return false;
    voice_.say(name_, "%llu of %llu rows are malformed, more than 1 %%",
               static_cast<unsigned long long>(reader_.malformed_rows()),
               static_cast<unsigned long long>(reader_.rows()));
    return true;
  }

  void say_ignored() {
    if (reader_.plan().ignored.empty()) return;
    std::string names;
    for (const std::string& name : reader_.plan().ignored) {
      if (!names.empty()) names += ", ";
      names += name.empty() ? "(unnamed)" : name;
    }
    voice_.say(name_, "ignored columns without numbers: %.400s", names.c_str());
  }

  const TableReader& reader() const { return reader_; }
  const std::string& name() const { return name_; }

 private:
  void report(const Malformed& malformed) {
    if (malformed.row < reported_up_to_) return;
    reported_up_to_ = malformed.row + 1;
    if (++listed_ > kMaxListedRows + 1) return;
    const std::string where = name_ + ":" + std::to_string(malformed.line);
    if (listed_ == kMaxListedRows + 1)
      voice_.say(where, "%s (further malformed rows are counted, not listed)", malformed.reason.c_str());
    else
      voice_.say(where, "%s", malformed.reason.c_str());
  }

  std::string name_;
  TableReader reader_;
  Voice& voice_;
  std::uint64_t reported_up_to_ = 0;
  std::uint64_t listed_ = 0;
};

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
  ExitCode open_table(const std::string& name, const TableOptions& options, std::optional<NamedTable>& table) {
    const std::string shown = name == "-" ? "standard input" : name;
    Result<TableReader> reader = TableReader::open(name.c_str(), options);
    if (!reader) {
      voice_.say(shown, "%s", reader.error().context.c_str());
      return exit_code_of(reader.error().code);
    }
    table.emplace(shown, std::move(*reader), voice_);
    table->say_ignored();
    return kExitFine;
  }

  ExitCode open_tables() {
    if (const ExitCode code = open_table(options_.file, options_.table, table_); code != kExitFine) return code;
    if (options_.train_file.empty()) return kExitFine;
    TableOptions same_columns = options_.table;
    same_columns.columns = table_->reader().plan().feature_names;
    const ExitCode code = open_table(options_.train_file, same_columns, train_table_);
    // The names come from FILE, not from the command line: a training table without them is bad data.
    return code == kExitUsage ? kExitData : code;
  }

  ExitCode create_scores() {
    const std::string& name = options_.scores_file;
    if (name.empty()) return kExitFine;
    if (table_->reader().input().is_same_file(name.c_str()) ||
        (train_table_ && train_table_->reader().input().is_same_file(name.c_str()))) {
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

  NamedTable& training_table() { return train_table_ ? *train_table_ : *table_; }

  ExitCode fit() {
    NamedTable& table = training_table();
    const std::uint64_t limit = options_.train_rows.value_or(std::numeric_limits<std::uint64_t>::max());
    scorer_.emplace(table_->reader().feature_count(), options_.seed);
    if (!table.for_each_row("learning", limit, [this](const TableRow& row) { scorer_->learn(row); }))
      return read_failure(table);
    if (!options_.train_rows && table.is_bad()) return kExitData;
    if (options_.train_rows && table.reader().rows() < *options_.train_rows)
      voice_.say(table.name(), "has %llu rows: all of them are training rows",
                 static_cast<unsigned long long>(table.reader().rows()));
    if (Result<void> learned = scorer_->finish_learning(); !learned) {
      voice_.say(table.name(), "%s", learned.error().context.c_str());
      return kExitData;
    }
    say_unseen();
    if (!table.for_each_row("calibrating", limit, [this](const TableRow& row) { scorer_->calibrate(row); }))
      return read_failure(table);
    const std::optional<double> step_s = scorer_->step_s(table.reader().plan().time_name);
    if (options_.weekly_budget_given && !step_s)
      voice_.say(table.name(), "no clock, so no week: the budget is 1 false alarm in 10,000 rows");
    scorer_->finish_calibration(options_.cut, step_s);
    return kExitFine;
  }

  void say_unseen() {
    const std::vector<std::string>& names = table_->reader().plan().feature_names;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (!scorer_->was_seen(i))
        voice_.say(training_table().name(), "the column '%.60s' has no value in the training rows: ignored",
                   names[i].c_str());
  }

  ExitCode score() {
    const ColumnPlan& plan = table_->reader().plan();
    std::optional<ScoresTable> scores;
    if (scores_) scores.emplace(*scores_, plan.feature_names);
    EpisodeWriter episodes(console_.out, *scorer_, plan, options_.cut.form);
    const bool read =
        table_->for_each_row("scoring", std::numeric_limits<std::uint64_t>::max(), [&](const TableRow& row) {
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
    const TableReader& reader = table_->reader();
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

  static ExitCode read_failure(const NamedTable& table) { return exit_code_of(table.reader().error().code); }

  const ScoreOptions& options_;
  Console& console_;
  Voice voice_;
  SteadyClock::time_point start_;
  std::optional<NamedTable> table_;
  std::optional<NamedTable> train_table_;
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
