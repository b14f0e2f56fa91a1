// epsilonctl: the operator's tool. Arguments and exit codes; the work is in agent/control/.

#include <unistd.h>

#include <array>
#include <csignal>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config_suggest.h"
#include "agent/control/console.h"
#include "agent/control/doctor_command.h"
#include "agent/control/explain_command.h"
#include "agent/control/history_command.h"
#include "agent/control/learn_command.h"
#include "agent/control/mute_command.h"
#include "agent/control/plot_command.h"
#include "agent/control/replay_command.h"
#include "agent/control/run_command.h"
#include "agent/control/score_command.h"
#include "agent/control/status_command.h"
#include "agent/control/top_command.h"
#include "agent/exit_code.h"
#include "agent/fleet/fleet_command.h"
#include "agent/terminate.h"
#include "platform/file/output_file.h"
#include "platform/host/standard_streams.h"

namespace {

using epsilond::agent::Console;
using epsilond::agent::ExitCode;
using epsilond::platform::OutputFile;

using Words = std::span<const char* const>;

struct Subcommand {
  std::string_view name;
  ExitCode (*run)(Words words, Console& console);
  std::string_view (*help)();
};

constexpr std::array kSubcommands = {
    Subcommand{"status", epsilond::agent::run_status, epsilond::agent::status_help},
    Subcommand{"check", epsilond::agent::run_check, epsilond::agent::check_help},
    Subcommand{"explain", epsilond::agent::run_explain, epsilond::agent::explain_help},
    Subcommand{"top", epsilond::agent::run_top, epsilond::agent::top_help},
    Subcommand{"plot", epsilond::agent::run_plot, epsilond::agent::plot_help},
    Subcommand{"history", epsilond::agent::run_history, epsilond::agent::history_help},
    Subcommand{"mute", epsilond::agent::run_mute, epsilond::agent::mute_help},
    Subcommand{"unmute", epsilond::agent::run_unmute, epsilond::agent::unmute_help},
    Subcommand{"relearn", epsilond::agent::run_relearn, epsilond::agent::relearn_help},
    Subcommand{"doctor", epsilond::agent::run_doctor, epsilond::agent::doctor_help},
    Subcommand{"score", epsilond::agent::run_score, epsilond::agent::score_help},
    Subcommand{"replay", epsilond::agent::run_replay, epsilond::agent::replay_help},
    Subcommand{"learn", epsilond::agent::run_learn, epsilond::agent::learn_help},
    Subcommand{"run", epsilond::agent::run_command, epsilond::agent::run_command_help},
    Subcommand{"fleet", epsilond::agent::run_fleet, epsilond::agent::fleet_help},
};

constexpr std::string_view kHelp = R"(usage: epsilonctl SUBCOMMAND [OPTION...]
       epsilonctl help [SUBCOMMAND]
       epsilonctl --help | --version

The operator's tool of epsilond.

The running agent:
  status          what it thinks now
  check           the same for Nagios, Icinga and their kin
  explain [ID]    the arithmetic of an episode, or of the present moment
  top             a live view on the whole screen
  plot [NAME]     its ring buffer as a chart
  history         its ring buffer as csv
  mute DURATION   send nothing and learn nothing for so long; unmute
  relearn         forget everything and start over
  doctor          what it can see and do on this machine, and what that costs

Tables of the past:
  score FILE...   fit a model to a table, score every row, and print the strange
                  ones
  replay FILE...  run the agent over a table, and print what it would have sent
  learn FILE...   warm start: build a state file of the agent from a table

A single command:
  run -- COMMAND  run it under a watch, and return its exit code

Many hosts:
  fleet           what their agents send over UDP, as a table and as one number

Examples:
  epsilonctl explain
  epsilonctl mute 45m "backup"
  epsilonctl score metrics.csv --scores scores.csv
  epsilonctl replay train.csv test.csv

'epsilonctl SUBCOMMAND --help' tells more, epsilonctl(1) everything.
)";

const Subcommand* find_subcommand(std::string_view name) {
  for (const Subcommand& subcommand : kSubcommands)
    if (subcommand.name == name) return &subcommand;
  return nullptr;
}

ExitCode print(Console& console, std::string_view text) {
  console.out.write(text);
  return console.out.flush() ? epsilond::agent::kExitFine : epsilond::agent::kExitIo;
}

ExitCode usage_error(Console& console, const std::string& what) {
  console.err.write("epsilonctl: " + what + "\nTry 'epsilonctl --help'.\n");
  static_cast<void>(console.err.flush());
  return epsilond::agent::kExitUsage;
}

std::vector<std::string_view> first_words() {
  std::vector<std::string_view> words;
  for (const Subcommand& subcommand : kSubcommands) words.push_back(subcommand.name);
  words.insert(words.end(), {"help", "--version", "--help"});
  return words;
}

std::string list_of_first_words() {
  std::string list;
  for (const std::string_view word : first_words()) {
    if (!list.empty()) list += ", ";
    list += word;
  }
  return list;
}

ExitCode unknown_word(Console& console, std::string_view word) {
  const std::string_view near = epsilond::agent::closest(word, first_words());
  std::string what = "unknown ";
  what += word.starts_with('-') ? "option '" : "subcommand '";
  what += std::string(word) + "'";
  what += near.empty() ? std::string() : ": did you mean '" + std::string(near) + "'?";
  return usage_error(console, what + " (there are: " + list_of_first_words() + ")");
}

ExitCode help(Console& console, Words words) {
  if (words.empty()) return print(console, kHelp);
  if (words.size() > 1) return usage_error(console, "help takes one subcommand");
  const Subcommand* subcommand = find_subcommand(words[0]);
  return subcommand ? print(console, subcommand->help()) : unknown_word(console, words[0]);
}

ExitCode run(Words words, Console& console) {
  if (words.empty()) return usage_error(console, "a subcommand is missing (there are: " + list_of_first_words() + ")");
  const std::string_view first = words[0];
  const Words rest = words.subspan(1);
  if (const Subcommand* subcommand = find_subcommand(first)) return subcommand->run(rest, console);
  if (first == "help" || first == "--help") return help(console, first == "help" ? rest : Words());
  if (first == "--version") return print(console, "epsilonctl " EPSILOND_VERSION "\n");
  return unknown_word(console, first);
}

}  // namespace

int main(int argc, char** argv) {
  epsilond::platform::open_standard_streams();
  epsilond::agent::say_when_out_of_memory("epsilonctl");
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is a write error, with its exit code
  OutputFile out = OutputFile::to_descriptor(STDOUT_FILENO);
  OutputFile err = OutputFile::to_descriptor(STDERR_FILENO);
  Console console{.out = out,
                  .err = err,
                  .err_is_terminal = isatty(STDERR_FILENO) == 1,
                  .out_is_terminal = isatty(STDOUT_FILENO) == 1};
  const std::span<char* const> all(argv, static_cast<std::size_t>(argc));
  const ExitCode code = run(all.empty() ? Words() : Words(all.subspan(1)), console);
  return code;
}
