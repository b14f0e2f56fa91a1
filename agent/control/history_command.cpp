#include "agent/control/history_command.h"

#include <array>
#include <string>

#include "agent/control/agent_link.h"
#include "agent/control/output.h"
#include "agent/control/request.h"

namespace epsilond::agent {
namespace {

constexpr std::array kSpecs = {kHelpOption, kSocketOption, OptionSpec{"rows"}};

}  // namespace

ExitCode run_history(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"history", history_help(), kSpecs, kMaxRequestBytes}, words, console, arguments, code)) return code;
  std::string request = "history";
  Voice voice(console);
  if (const auto rows = arguments.value("rows")) {
    if (rows->empty() || rows->size() > 9 || rows->find_first_not_of("0123456789") != std::string_view::npos) {
      voice.say("", "option '--rows': '%.40s' is not a whole number", std::string(*rows).c_str());
      return kExitUsage;
    }
    request += ' ' + std::string(*rows);
  }
  for (const std::string_view feature : arguments.operands()) request += ' ' + std::string(feature);
  AgentReply reply;
  ask_agent(link_options(arguments).socket, request, reply);
  if (reply.code != kExitFine) return say_problem(reply, console);
  for (const std::string_view line : reply.lines) {
    console.out.write(line);
    console.out.write("\n");
  }
  if (!reply.verdict.empty()) voice.say("history", "%s", std::string(reply.verdict).c_str());
  return flush_standard_output(console, voice);
}

}  // namespace epsilond::agent
