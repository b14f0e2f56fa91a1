#include "agent/control/run_command.h"

#include <memory>
#include <optional>
#include <string>

#include "agent/control/run_options.h"
#include "agent/control/run_summary.h"
#include "agent/control/run_watch.h"
#include "agent/control/voice.h"
#include "agent/pipeline/wiring.h"
#include "platform/host/command.h"
#include "platform/kernel/proc_root.h"

namespace epsilond::agent {
namespace {

using platform::Command;
using platform::CommandEnd;
using platform::CommandNews;
using platform::ErrorCode;
using platform::Result;

// As env(1) and timeout(1) have it.
constexpr int kCannotExecute = 126;
constexpr int kNoSuchCommand = 127;

ExitCode code_of_start(ErrorCode code) {
  if (code == ErrorCode::kNotFound) return static_cast<ExitCode>(kNoSuchCommand);
  if (code == ErrorCode::kPermission) return static_cast<ExitCode>(kCannotExecute);
  return kExitUnavailable;
}

class CommandRun {
 public:
  CommandRun(const RunOptions& options, Console& console) : options_(options), console_(console), voice_(console) {}

  ExitCode run() {
    if (const ExitCode code = create_outputs(); code != kExitFine) return code;
    Result<platform::ProcRoot> root = platform::ProcRoot::make("");
    if (!root) {
      voice_.say("", "%s", root.error().context.c_str());
      return exit_code_of(root.error().code);
    }
    // Before anything large is built: until it executes, the command is as large as this process.
    Result<std::unique_ptr<Command>> command = Command::start(options_.command, to_nanoseconds(options_.interval_s));
    if (!command) {
      voice_.say(options_.command.front(), "%s", command.error().context.c_str());
      return code_of_start(command.error().code);
    }
    platform::OutputFile& flags = outputs_.flags.file() != nullptr ? *outputs_.flags.file() : console_.err;
    RunWatch watch(options_, *root, outputs_, flags, voice_);
    watch.sample(**command);
    const CommandEnd end = watch_until_end(**command, watch);
    watch.finish();
    const ExitCode written = write_end(end, watch);
    return end.status == 0 ? written : static_cast<ExitCode>(end.status);
  }

 private:
  ExitCode create_outputs() {
    if (const ExitCode code = outputs_.prmon.create_in_place(options_.prmon_file, voice_); code != kExitFine)
      return code;
    if (const ExitCode code = outputs_.csv.create_in_place(options_.csv_file, voice_); code != kExitFine) return code;
    if (const ExitCode code = outputs_.flags.create_in_place(options_.flags_file, voice_); code != kExitFine)
      return code;
    return outputs_.json_summary.create(options_.json_summary_file, "--json-summary", false, voice_);
  }

  CommandEnd watch_until_end(Command& command, RunWatch& watch) {
    std::optional<CommandEnd> end;
    while (true) {
      const Result<CommandNews> news = command.wait();
      if (!news) {
        voice_.say("", "%s: the command goes on without being watched", news.error().context.c_str());
        return end ? *end : command.reap();
      }
      switch (*news) {
        case CommandNews::kTick:
          watch.sample(command);
          break;
        case CommandNews::kEnded:
          watch.take_stock(command);
          end = command.reap();
          watch.settle(command);
          if (!options_.all || !command.has_descendants()) return *end;
          break;
        case CommandNews::kAllEnded:
        case CommandNews::kStop:
          watch.take_stock(command);
          watch.settle(command);
          return end.value_or(CommandEnd());
      }
    }
  }

  ExitCode write_end(const CommandEnd& end, const RunWatch& watch) {
    if (platform::OutputFile* file = outputs_.json_summary.file()) file->write(watch.json_summary());
    if (platform::OutputFile* file = outputs_.flags.file())
      file->write(run_summary_json(options_.command.front(), end, watch.totals()));
    ExitCode code = kExitFine;
    for (CommandOutput* output : {&outputs_.prmon, &outputs_.csv, &outputs_.flags, &outputs_.json_summary})
      if (const ExitCode committed = output->commit(voice_); committed != kExitFine) code = committed;
    if (!options_.quiet) voice_.say("", "%s", run_summary_text(options_.command.front(), end, watch.totals()).c_str());
    return code;
  }

  const RunOptions& options_;
  Console& console_;
  Voice voice_;
  RunOutputs outputs_;
};

}  // namespace

ExitCode run_command(std::span<const char* const> words, Console& console) {
  Result<RunOptions> options = parse_run_options(words);
  if (!options) {
    Voice voice(console);
    voice.say("", "%s", options.error().context.c_str());
    voice.point_to_help("run");
    return kExitUsage;
  }
  if (options->help) {
    console.out.write(run_command_help());
    return console.out.flush() ? kExitFine : kExitIo;
  }
  return CommandRun(*options, console).run();
}

}  // namespace epsilond::agent
