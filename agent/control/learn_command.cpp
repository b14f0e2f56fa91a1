#include "agent/control/learn_command.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "agent/control/history_run.h"
#include "agent/control/output.h"
#include "agent/history/json_line.h"
#include "agent/history/replayer.h"
#include "agent/pipeline/wiring.h"
#include "agent/watch/watch_table.h"
#include "platform/host/linux_clock.h"
#include "platform/host/state_file.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::Result;

constexpr double kDayS = 86400.0;
constexpr double kCoarseIntervals = 2.0;  // rows farther apart than this are no samples of the agent's kind

std::chrono::seconds local_offset(const void* clock, std::chrono::nanoseconds wall) {
  return static_cast<const platform::Clock*>(clock)->utc_offset(wall);
}

bool is_there(const std::string& path) {
  std::array<std::byte, platform::kStateHeaderBytes> header;
  const auto read = platform::load_state(path, header);
  return read || read.error().code != ErrorCode::kNotFound;
}

class LearnRun {
 public:
  LearnRun(const LearnOptions& options, Console& console) : options_(options), console_(console), voice_(console) {}

  ExitCode run() {
    for (const auto step : {&LearnRun::configure, &LearnRun::open, &LearnRun::choose_columns, &LearnRun::learn,
                            &LearnRun::save, &LearnRun::report})
      if (const ExitCode code = (this->*step)(); code != kExitFine) {
        voice_.clear_progress();
        return code;
      }
    return kExitFine;
  }

 private:
  ExitCode configure() {
    if (const ExitCode code = load_agent_config(options_.history.config_path, voice_, loaded_); code != kExitFine)
      return code;
    state_path_ = options_.state_path.empty() ? loaded_.config.state_path : options_.state_path;
    if (state_path_.empty()) {
      voice_.say("", "the configuration has state = none: name the file with --state");
      return kExitUsage;
    }
    if (!options_.force && is_there(state_path_)) {
      voice_.say(state_path_, "is there already; --force replaces it and what was learned");
      return kExitCannotCreate;
    }
    return kExitFine;
  }

  ExitCode open() {
    if (const ExitCode code = open_history(options_.history, voice_, rows_, found_clock_); code != kExitFine)
      return code;
    if (found_clock_.calendar) return kExitFine;
    voice_.say(rows_->name(), "no column says when the rows happened, so nothing could be learned about hours");
    return kExitData;
  }

  // The table of this machine: what is learned must fit the scales of the agent that runs on it.
  ExitCode choose_columns() {
    if (const ExitCode code = check_mapped_columns(options_.history, *rows_, voice_); code != kExitFine) return code;
    const auto source = make_source(loaded_.config, "", clock_);
    platform::HostSample sample;
    const Result<void> read = source ? (*source)->read(sample) : source.error();
    if (!read) {
      voice_.say("this machine", "%s", read.error().context.c_str());
      return exit_code_of(read.error().code);
    }
    watch_rows_ = std::make_unique<WatchRows>(loaded_.config.watches);
    table_ = watch_rows_->behind(features_for(machine_size(sample)));
    columns_ = FeatureColumns::for_learning(rows_->rows().plan().feature_names, options_.history.mappings, table_);
    say_columns(columns_, *rows_, voice_);
    if (columns_.fed().any()) return kExitFine;
    voice_.say(rows_->name(),
               "no column is a feature of the agent: 'epsilond --once' prints their names, epsilonctl(1) "
               "lists the other names that are known, --map NAME=FEATURE*FACTOR adds one");
    return kExitData;
  }

  ExitCode learn() {
    const RowClock clock(found_clock_.step_s, loaded_.config.interval_s);
    replayer_ = std::make_unique<Replayer>(loaded_.config, columns_, clock, std::span<ReplayListener* const>());
    replayer_->set_utc_offset(local_offset, &clock_);
    if (!rows_->for_each_row("learning", kAllRows, [this](const TableRow& row) { replayer_->step(row); }))
      return exit_code_of(rows_->rows().error().code);
    voice_.clear_progress();
    say_oddities(replayer_->columns(), replayer_->clock(), *rows_, voice_);
    return rows_->is_bad() ? kExitData : kExitFine;
  }

  // Through a pipeline that is built as that of the agent: what it does not take, the agent would not take either.
  ExitCode save() {
    std::vector<std::byte> learned(replayer_->pipeline().state_bytes());
    replayer_->pipeline().save_state(learned);
    agent_ = std::make_unique<Pipeline>(loaded_.config, table_, std::vector<std::unique_ptr<platform::Emitter>>());
    const Result<std::size_t> restored = agent_->load_state(learned);
    if (!restored || *restored == 0) {
      voice_.say("", "what was learned does not fit an agent of this configuration");
      return kExitInternal;
    }
    if (*restored < agent_->watchers().size())
      voice_.say("", "%zu of %zu models can take what was learned at this interval", *restored,
                 agent_->watchers().size());
    if (is_coarse()) {
      for (const std::unique_ptr<Watcher>& watcher : agent_->watchers()) watcher->forget_spread();
      voice_.say(rows_->name(),
                 "rows are %g s apart, the agent samples each %g s: levels and hours are learned, how far "
                 "single samples stray is left to the agent",
                 replayer_->clock().interval_s(), loaded_.config.interval_s);
    }
    std::vector<std::byte> state(agent_->state_bytes());
    agent_->save_state(state);
    const Result<void> saved = platform::save_state(state_path_, state);
    if (saved) return kExitFine;
    voice_.say("", "%s", saved.error().context.c_str());
    return saved.error().code == ErrorCode::kIo ? kExitIo : kExitCannotCreate;
  }

  bool is_coarse() const { return replayer_->clock().interval_s() > kCoarseIntervals * loaded_.config.interval_s; }

  ExitCode report() {
    std::string line = "{";
    JsonLine json(line);
    json.count("v", 1);
    json.string("event", "summary");
    json.string("file", rows_->name());
    json.string("state", state_path_);
    json.count("rows", rows_->rows().rows());
    json.count("malformed", rows_->rows().malformed_rows());
    json.number("interval_s", replayer_->clock().interval_s());
    json.number("days", (replayer_->to_s() - replayer_->from_s()) / kDayS);
    json.count("features", columns_.fed().count());
    json.key("models");
    json.text("[");
    for (std::size_t i = 0; i < agent_->watchers().size(); ++i) {
      const Watcher& watcher = *agent_->watchers()[i];
      json.text(i == 0 ? "{" : ",{");
      json.string("name", watcher.name());
      json.number("learned_days", watcher.model().learned_s() / kDayS);
      json.boolean("past_warm_up", watcher.model().ready());
      json.count("episodes", replayer_->tallies()[i].episodes);
      json.text("}");
      if (!watcher.model().ready())
        voice_.say("", "[model %s] is not past its warm-up: the history is too short", watcher.name().c_str());
    }
    json.text("]}\n");
    console_.out.write(line);
    return flush_standard_output(console_, voice_);
  }

  const LearnOptions& options_;
  Console& console_;
  Voice voice_;
  platform::LinuxClock clock_;
  LoadedConfig loaded_;
  std::string state_path_;
  std::unique_ptr<RowPass> rows_;
  FoundClock found_clock_;
  std::unique_ptr<WatchRows> watch_rows_;  // what the table calls them
  std::vector<Feature> table_;
  FeatureColumns columns_;
  std::unique_ptr<Replayer> replayer_;
  std::unique_ptr<Pipeline> agent_;
};

}  // namespace

ExitCode run_learn(std::span<const char* const> words, Console& console) {
  Result<LearnOptions> options = parse_learn_options(words);
  if (!options) {
    Voice voice(console);
    voice.say("", "%s", options.error().context.c_str());
    voice.point_to_help("learn");
    return kExitUsage;
  }
  if (options->history.help) {
    console.out.write(learn_help());
    return console.out.flush() ? kExitFine : kExitIo;
  }
  return LearnRun(*options, console).run();
}

}  // namespace epsilond::agent
