#include "agent/control/replay_command.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/control/history_run.h"
#include "agent/history/replay_output.h"
#include "agent/history/replayer.h"

namespace epsilond::agent {
namespace {

using platform::OutputFile;
using platform::Result;
using SteadyClock = std::chrono::steady_clock;

class ReplayRun {
 public:
  ReplayRun(const ReplayOptions& options, Console& console)
      : options_(options), console_(console), voice_(console), events_(console.out) {}

  ExitCode run() {
    start_ = SteadyClock::now();
    for (const auto step :
         {&ReplayRun::open, &ReplayRun::configure, &ReplayRun::create_scores, &ReplayRun::replay, &ReplayRun::finish})
      if (const ExitCode code = (this->*step)(); code != kExitFine) {
        voice_.clear_progress();
        if (scores_file_) voice_.say(options_.scores_file, "not written, because of the error above");
        return code;
      }
    return kExitFine;
  }

 private:
  ExitCode open() {
    if (const ExitCode code = load_agent_config(options_.history.config_path, voice_, loaded_); code != kExitFine)
      return code;
    return open_history(options_.history, voice_, rows_, found_clock_);
  }

  ExitCode configure() {
    if (const ExitCode code = check_mapped_columns(options_.history, *rows_, voice_); code != kExitFine) return code;
    columns_ = FeatureColumns::for_replay(rows_->rows().plan().feature_names, options_.history.mappings);
    say_columns(columns_, *rows_, voice_);
    Config& config = loaded_.config;
    if (!found_clock_.step_s)
      voice_.say(rows_->name(), "no clock: every row is taken as %g s ([agent] interval), from 1970-01-01 00:00",
                 config.interval_s);
    if (config.host.empty()) config.host = "replay";
    if (Result<void> chosen = choose_features(loaded_, columns_, config.models); !chosen) {
      voice_.say(rows_->name(), "%s", chosen.error().context.c_str());
      return kExitData;
    }
    if (const ExitCode code = set_budget(config); code != kExitFine) return code;
    return find_model(config);
  }

  ExitCode set_budget(Config& config) {
    if (!options_.false_alarms_per_week) return kExitFine;
    bool any = false;
    for (ModelConfig& model : config.models) {
      if (model.threshold != models::ThresholdForm::kBudget) continue;
      model.false_alarms_per_week = *options_.false_alarms_per_week;
      any = true;
    }
    if (any) return kExitFine;
    voice_.say("", "--false-alarms-per-week: no configured model has threshold = budget");
    return kExitUsage;
  }

  ExitCode find_model(const Config& config) {
    if (options_.model_name.empty()) return kExitFine;
    for (; scored_model_ < config.models.size(); ++scored_model_)
      if (config.models[scored_model_].name == options_.model_name) return kExitFine;
    voice_.say("", "--model-name: no [model %.40s] is configured", options_.model_name.c_str());
    return kExitUsage;
  }

  ExitCode create_scores() {
    const std::string& name = options_.scores_file;
    if (name.empty()) return kExitFine;
    if (rows_->rows().reads(name.c_str())) {
      voice_.say(name, "is an input: choose another name for --scores");
      return kExitUsage;
    }
    Result<OutputFile> file = OutputFile::create(name);
    if (!file) {
      voice_.say(name, "%s", file.error().context.c_str());
      return kExitCannotCreate;
    }
    scores_file_.emplace(std::move(*file));
    scores_ = std::make_unique<ReplayScores>(*scores_file_, columns_.table(), scored_model_);
    return kExitFine;
  }

  ExitCode replay() {
    std::vector<ReplayListener*> listeners = {&events_};
    if (scores_) listeners.push_back(scores_.get());
    const RowClock clock(found_clock_.step_s, loaded_.config.interval_s);
    replayer_ = std::make_unique<Replayer>(loaded_.config, columns_, clock, listeners);
    if (!rows_->for_each_row("replaying", kAllRows, [this](const TableRow& row) { replayer_->step(row); }))
      return exit_code_of(rows_->rows().error().code);
    return kExitFine;
  }

  ExitCode finish() {
    voice_.clear_progress();
    say_oddities(replayer_->columns(), replayer_->clock(), *rows_, voice_);
    const bool bad = rows_->is_bad();
    if (!bad && scores_file_) {
      if (Result<void> committed = scores_file_->commit(); !committed) {
        voice_.say(options_.scores_file, "%s", committed.error().context.c_str());
        return kExitIo;
      }
      scores_file_.reset();
    }
    ReplaySummary summary;
    summary.file = rows_->name();
    summary.rows = rows_->rows().rows();
    summary.malformed = rows_->rows().malformed_rows();
    summary.calendar = found_clock_.calendar;
    summary.seconds = std::chrono::duration<double>(SteadyClock::now() - start_).count();
    write_replay_summary(console_.out, summary, *replayer_);
    if (Result<void> flushed = console_.out.flush(); !flushed) {
      voice_.say("standard output", "%s", flushed.error().context.c_str());
      return kExitIo;
    }
    return bad ? kExitData : kExitFine;
  }

  const ReplayOptions& options_;
  Console& console_;
  Voice voice_;
  SteadyClock::time_point start_;
  LoadedConfig loaded_;
  std::unique_ptr<RowPass> rows_;
  FoundClock found_clock_;
  FeatureColumns columns_;
  std::size_t scored_model_ = 0;
  EventLines events_;
  std::optional<OutputFile> scores_file_;
  std::unique_ptr<ReplayScores> scores_;
  std::unique_ptr<Replayer> replayer_;
};

}  // namespace

ExitCode run_replay(std::span<const char* const> words, Console& console) {
  Result<ReplayOptions> options = parse_replay_options(words);
  if (!options) {
    Voice(console).say("", "%s\nTry 'epsilonctl replay --help'.", options.error().context.c_str());
    return kExitUsage;
  }
  if (options->history.help) {
    console.out.write(replay_help());
    return console.out.flush() ? kExitFine : kExitIo;
  }
  return ReplayRun(*options, console).run();
}

}  // namespace epsilond::agent
