#include "agent/control/mute_command.h"

#include <array>
#include <cmath>
#include <string>

#include "agent/config/config_values.h"
#include "agent/control/agent_link.h"
#include "agent/control/agent_text.h"
#include "agent/control/output.h"
#include "agent/control/request.h"

namespace epsilond::agent {
namespace {

constexpr std::array kSpecs = {kHelpOption, kJsonOption, kSocketOption};

// Sends a command and prints what the agent says to it, or, for a machine, what it is like afterwards.
ExitCode command(const Arguments& arguments, const std::string& request, Console& console) {
  const LinkOptions options = link_options(arguments);
  AgentReply reply;
  ask_agent(options.socket, request, reply);
  if (reply.code != kExitFine) return say_problem(reply, console);
  AgentReply after;
  if (options.json) ask_agent(options.socket, "status", after);
  if (after.code != kExitFine) return say_problem(after, console);
  console.out.write(options.json ? sort_lines(after.lines).agent.raw() : reply.verdict);
  console.out.write("\n");
  Voice voice(console);
  return flush_standard_output(console, voice);
}

ExitCode usage_error(Console& console, const char* name, const std::string& what) {
  Voice voice(console);
  voice.say("", "%s: %s", name, what.c_str());
  voice.point_to_help(name);
  return kExitUsage;
}

}  // namespace

ExitCode run_mute(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"mute", mute_help(), kSpecs, kMaxRequestBytes}, words, console, arguments, code)) return code;
  const auto& operands = arguments.operands();
  if (operands.empty()) return usage_error(console, "mute", "a duration is missing, such as 45m");
  double seconds = 0.0;
  const std::string duration(operands.front());
  if (const Problem problem = parse_duration(duration, &seconds))
    return usage_error(console, "mute", "'" + duration.substr(0, 40) + "': " + problem->what + ", allowed: 1s .. 31d");
  if (!(seconds > 0.0) || seconds > CommandedMute::kLongestS)
    return usage_error(console, "mute", "'" + duration.substr(0, 40) + "': allowed: 1s .. 31d");
  std::string request = "mute " + std::to_string(static_cast<long>(std::ceil(seconds)));
  for (std::size_t i = 1; i < operands.size(); ++i) request += ' ' + std::string(operands[i]);
  return command(arguments, request, console);
}

ExitCode run_unmute(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"unmute", unmute_help(), kSpecs}, words, console, arguments, code)) return code;
  return command(arguments, "unmute", console);
}

ExitCode run_relearn(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"relearn", relearn_help(), kSpecs, 1}, words, console, arguments, code)) return code;
  std::string request = "relearn";
  if (!arguments.operands().empty()) request += ' ' + std::string(arguments.operands().front());
  return command(arguments, request, console);
}

}  // namespace epsilond::agent
