#include "agent/control/history_command.h"

#include <algorithm>
#include <array>
#include <string>

#include "agent/control/agent_link.h"
#include "agent/control/output.h"
#include "agent/control/request.h"

namespace epsilond::agent {
namespace {

constexpr std::array kSpecs = {kHelpOption, kJsonOption, kSocketOption, OptionSpec{"rows"}};

// A row of the csv as one JSON object; its numbers are those of JSON as they stand.
std::string object_of(std::string_view header, std::string_view row) {
  std::string object = "{";
  while (!header.empty()) {
    const std::size_t name_end = std::min(header.find(','), header.size());
    const std::size_t cell_end = std::min(row.find(','), row.size());
    const std::string_view cell = row.substr(0, cell_end);
    if (object.size() > 1) object += ',';
    object += '"' + std::string(header.substr(0, name_end)) + "\":";
    object += cell.empty() ? "null" : cell;
    header.remove_prefix(std::min(name_end + 1, header.size()));
    row.remove_prefix(std::min(cell_end + 1, row.size()));
  }
  return object + "}\n";
}

void put_rows(const AgentReply& reply, bool json, Console& console) {
  for (std::size_t i = json ? 1 : 0; i < reply.lines.size(); ++i) {
    if (json) {
      console.out.write(object_of(reply.lines.front(), reply.lines[i]));
    } else {
      console.out.write(reply.lines[i]);
      console.out.write("\n");
    }
  }
}

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
  const LinkOptions options = link_options(arguments);
  ask_agent(options.socket, request, reply);
  if (reply.code != kExitFine) return say_problem(reply, console);
  put_rows(reply, options.json, console);
  if (!reply.verdict.empty()) voice.say("history", "%s", std::string(reply.verdict).c_str());
  return flush_standard_output(console, voice);
}

}  // namespace epsilond::agent
