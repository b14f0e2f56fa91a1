#include "agent/control/replay_command.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/config/config_keys.h"
#include "agent/control/history_run.h"
#include "agent/control/output.h"
#include "agent/history/replay_output.h"
#include "agent/history/replayer.h"
#include "agent/report/replay_report.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::Result;
using SteadyClock = std::chrono::steady_clock;

class ReplayRun {
 public:
  ReplayRun(const ReplayOptions& options, Console& console)
      : options_(options), console_(console), voice_(console), events_(console.out) {}

  ExitCode run() {
    start_ = SteadyClock::now();
    for (const auto step : {&ReplayRun::open, &ReplayRun::configure, &ReplayRun::create_outputs, &ReplayRun::replay,
                            &ReplayRun::finish})
      if (const ExitCode code = (this->*step)(); code != kExitFine) {
        voice_.clear_progress();
        scores_file_.say_missing(voice_);
        report_file_.say_missing(voice_);
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

  ExitCode create_outputs() {
    const std::string& scores = options_.scores_file;
    const std::string& report = options_.report_file;
    const auto reads = [this](const std::string& name) { return !name.empty() && rows_->rows().reads(name.c_str()); };
    if (const ExitCode code = check_report(report, scores, voice_); code != kExitFine) return code;
    if (const ExitCode code = scores_file_.create(scores, "--scores", reads(scores), voice_); code != kExitFine)
      return code;
    if (const ExitCode code = report_file_.create(report, "--report", reads(report), voice_); code != kExitFine)
      return code;
    if (scores_file_.file())
      scores_ = std::make_unique<ReplayScores>(*scores_file_.file(), columns_.table(), scored_model_);
    if (report_file_.file()) {
      const std::string& model = loaded_.config.models[scored_model_].name;
      report_ = std::make_unique<ReplayReport>(report_head(), scored_model_, model);
    }
    return kExitFine;
  }

  ReportHead report_head() const {
    const ModelConfig& model = loaded_.config.models[scored_model_];
    ReportHead head;
    head.title = "epsilonctl replay";
    head.file = rows_->name();
    head.model = "[model " + model.name + "], " + std::string(model_kind_name(model.kind));
    head.threshold = threshold_name(model);
    head.version = EPSILOND_VERSION;
    head.cut_scale = model.threshold == models::ThresholdForm::kBudget ? CutScale::kSurprise : CutScale::kNative;
    head.native_is_log_density = has_density(model.kind);
    head.time_is_clock = found_clock_.calendar;
    head.features = report_features(columns_.table(), model.features);
    return head;
  }

  ExitCode replay() {
    std::vector<ReplayListener*> listeners = {&events_};
    if (scores_) listeners.push_back(scores_.get());
    if (report_) listeners.push_back(report_.get());
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
    // A failed write is kept by the file, and said when it is committed.
    if (!bad && report_) static_cast<void>(report_->write(*report_file_.file()));
    for (CommandOutput* output : {&scores_file_, &report_file_}) {
      if (bad) continue;
      if (const ExitCode code = output->commit(voice_); code != kExitFine) return code;
    }
    ReplaySummary summary;
    summary.file = rows_->name();
    summary.rows = rows_->rows().rows();
    summary.malformed = rows_->rows().malformed_rows();
    summary.calendar = found_clock_.calendar;
    summary.seconds = platform::seconds_of(SteadyClock::now() - start_);
    write_replay_summary(console_.out, summary, *replayer_);
    if (const ExitCode code = flush_standard_output(console_, voice_); code != kExitFine) return code;
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
  CommandOutput scores_file_;
  CommandOutput report_file_;
  std::unique_ptr<ReplayScores> scores_;
  std::unique_ptr<ReplayReport> report_;
  std::unique_ptr<Replayer> replayer_;
};

}  // namespace

ExitCode run_replay(std::span<const char* const> words, Console& console) {
  Result<ReplayOptions> options = parse_replay_options(words);
  if (!options) {
    Voice voice(console);
    voice.say("", "%s", options.error().context.c_str());
    voice.point_to_help("replay");
    return kExitUsage;
  }
  if (options->history.help) {
    console.out.write(replay_help());
    return console.out.flush() ? kExitFine : kExitIo;
  }
  return ReplayRun(*options, console).run();
}

}  // namespace epsilond::agent
