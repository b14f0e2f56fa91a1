#include "agent/control/agent_link.h"

#include <algorithm>
#include <utility>

#include "agent/config/config_reader.h"
#include "agent/control/voice.h"
#include "platform/host/line_client.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::Result;

constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kLongestAnswer = std::size_t{1} << 31U;  // the largest ring, as text

std::string configured_socket() {
  const LoadResult configured = load_config({});
  return configured ? configured.loaded.config.control_path : Config().control_path;
}

// Of UTF-8.
bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

ExitCode code_of(ErrorCode code) { return code == ErrorCode::kNotFound ? kExitUnavailable : exit_code_of(code); }

// Of the word behind "error".
ExitCode code_of(std::string_view word) {
  if (word == "invalid" || word == "malformed" || word == "too-long") return kExitUsage;
  if (word == "not-found") return kExitNoInput;
  return kExitUnavailable;
}

}  // namespace

LinkOptions link_options(const Arguments& arguments) {
  return {.help = arguments.has("help"),
          .json = arguments.has("json"),
          .socket = std::string(arguments.value("socket").value_or(std::string_view()))};
}

void read_reply(AgentReply& reply) {
  const std::string_view text = reply.text;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) break;
    reply.lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  const std::string_view last = reply.lines.empty() ? std::string_view() : reply.lines.back();
  constexpr std::string_view kError = "error ";
  if (last == "ok" || last.starts_with("ok ")) {
    reply.lines.pop_back();
    reply.verdict = last.substr(std::min<std::size_t>(3, last.size()));
  } else if (last.starts_with(kError)) {
    const std::string_view what = last.substr(kError.size());
    const std::size_t blank = std::min(what.find(' '), what.size());
    reply.code = code_of(what.substr(0, blank));
    reply.problem = what.substr(std::min(blank + 1, what.size()));
  } else {
    reply.code = kExitUnavailable;
    reply.problem = "the answer of the agent broke off";
  }
}

void ask_agent(const std::string& socket, std::string_view request, AgentReply& reply) {
  const std::string path = socket.empty() ? configured_socket() : socket;
  if (path.empty()) {
    reply.code = kExitUnavailable;
    reply.problem = "the configuration has control = none";
    return;
  }
  // A line end in what the operator typed must not end the request.
  std::string line(request);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  Result<std::string> answer = platform::ask_line(path, line, kPatience, kLongestAnswer);
  if (!answer) {
    reply.code = code_of(answer.error().code);
    reply.problem = answer.error().context.view();
    if (reply.code == kExitUnavailable) reply.problem += ": is epsilond running?";
    return;
  }
  reply.reached = true;
  reply.text = std::move(*answer);
  read_reply(reply);
}

bool begin_link(const LinkCommand& command, std::span<const char* const> words, Console& console, Arguments& arguments,
                ExitCode& code) {
  Voice voice(console);
  const std::string name(command.name);
  code = kExitUsage;
  Result<Arguments> parsed = Arguments::parse(words, command.specs);
  if (!parsed) {
    voice.say("", "%s", parsed.error().context.c_str());
    voice.point_to_help(name);
    return false;
  }
  arguments = std::move(*parsed);
  if (arguments.has("help")) {
    console.out.write(command.help);
    code = console.out.flush() ? kExitFine : kExitIo;
    return false;
  }
  if (arguments.operands().size() > command.most_operands) {
    voice.say("", "%s: one word too many: '%.60s'", name.c_str(),
              std::string(arguments.operands()[command.most_operands]).c_str());
    voice.point_to_help(name);
    return false;
  }
  code = kExitFine;
  return true;
}

ExitCode say_problem(const AgentReply& reply, Console& console) {
  Voice(console).say("", "%s", reply.problem.c_str());
  return reply.code;
}

std::string first_characters(std::string_view text, std::size_t columns) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (begins_character(text[i]) && ++count > columns) return std::string(text.substr(0, i));
  return std::string(text);
}

std::string padded(std::string_view text, std::size_t width, bool right) {
  const auto characters = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
  const std::string blanks(characters < width ? width - characters : 0, ' ');
  return right ? blanks + std::string(text) : std::string(text) + blanks;
}

}  // namespace epsilond::agent
