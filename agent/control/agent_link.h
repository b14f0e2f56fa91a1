#pragma once
// What the subcommands that speak with the running agent share: their options, and one question over its socket.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/control/arguments.h"
#include "agent/control/console.h"
#include "agent/exit_code.h"
#include "platform/result.h"

namespace epsilond::agent {

struct LinkOptions {
  bool help = false;
  bool json = false;
  std::string socket;  // --socket; empty: as configured
};

// The options that each of them has, for Arguments::parse.
inline constexpr OptionSpec kHelpOption{"help", false};
inline constexpr OptionSpec kJsonOption{"json", false};
inline constexpr OptionSpec kSocketOption{"socket"};
LinkOptions link_options(const Arguments& arguments);

// What came of a question.
struct AgentReply {
  ExitCode code = kExitFine;
  bool reached = false;  // an agent is there
  std::string problem;   // when code is not kExitFine: what is wrong, with the path where it is about that
  std::vector<std::string_view> lines;  // all but the last one
  std::string_view verdict;             // of the last one, what follows "ok"
  std::string text;                     // holds the lines

  AgentReply() = default;
  AgentReply(const AgentReply&) = delete;  // `lines` point into `text`
  AgentReply& operator=(const AgentReply&) = delete;
};

// Asks the agent at `socket`, or where the configuration says.
void ask_agent(const std::string& socket, std::string_view request, AgentReply& reply);

// `text` is what the agent answered: finds its lines and its verdict.
void read_reply(AgentReply& reply);

// For a subcommand that takes no operands, or at most `most`: parses, and prints the help if that is asked for. True:
// go on with `options` and `operands`; else `code` says how it ended.
struct LinkCommand {
  std::string_view name;  // "status"
  std::string_view help;
  std::span<const OptionSpec> specs;
  std::size_t most_operands = 0;
};
bool begin_link(const LinkCommand& command, std::span<const char* const> words, Console& console, Arguments& arguments,
                ExitCode& code);

// Says the problem of a reply on stderr and returns its code.
ExitCode say_problem(const AgentReply& reply, Console& console);

// Text of `width` characters or more, padded with blanks behind it, or before it if `right`.
std::string padded(std::string_view text, std::size_t width, bool right = false);
// At most `columns` characters of it.
std::string first_characters(std::string_view text, std::size_t columns);

}  // namespace epsilond::agent
