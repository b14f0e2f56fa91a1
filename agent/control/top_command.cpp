#include "agent/control/top_command.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>

#include "agent/control/output.h"
#include "platform/host/terminal.h"

namespace epsilond::agent {
namespace {

using platform::FullScreen;

constexpr std::array kSpecs = {kHelpOption, kSocketOption, OptionSpec{"once", false}};
constexpr std::chrono::milliseconds kRefresh{1000};
constexpr std::size_t kFewestSamples = 30;
constexpr std::size_t kMostSamples = 86400;

// The agent as it is now; an answer of it stays where it is, for the lines point into it.
struct Look {
  AgentReply status;
  AgentReply features;
  AgentReply past;
  AgentReply episode;
  AgentLines lines;
  HistoryTable history;
};

// False: a reply has a problem, which `problem` points to.
bool look(const std::string& socket, TopChoice& choice, Look& now, const AgentReply** problem) {
  *problem = &now.status;
  ask_agent(socket, "status", now.status);
  if (now.status.code != kExitFine) return false;
  *problem = &now.features;
  ask_agent(socket, "features", now.features);
  if (now.features.code != kExitFine) return false;
  now.lines = sort_lines(now.features.lines);
  now.lines.agent = sort_lines(now.status.lines).agent;
  if (now.lines.models.empty()) return false;
  choice.model %= now.lines.models.size();
  const ModelLines& model = now.lines.models[choice.model];
  std::string request = "history " + std::to_string(choice.samples) + ' ' + model.model["model"].text() + ".surprise";
  for (const RawJson& feature : model.features) request += ' ' + feature["name"].text();
  *problem = &now.past;
  ask_agent(socket, request, now.past);
  if (now.past.code != kExitFine) return false;
  now.history = read_history(now.past.lines);
  // One that is not told of yet is not known by its id.
  if (model.model["id"].present()) ask_agent(socket, "explain " + model.model["id"].text(), now.episode);
  return true;
}

std::string frame(const Look& now, const TopChoice& choice, const std::string& trouble, const TextStyle& style) {
  const platform::TerminalSize size = platform::terminal_size(STDOUT_FILENO);
  const bool told = now.episode.code == kExitFine && !now.episode.lines.empty();
  const TopView view{.agent = now.lines.agent,
                     .model = now.lines.models[choice.model % now.lines.models.size()],
                     .model_count = now.lines.models.size(),
                     .history = now.history,
                     .episode = told ? RawJson(now.episode.lines.front())["text"].text() : std::string(),
                     .trouble = trouble};
  return draw_top(view, choice, size.columns, size.rows, style);
}

// False: quit.
bool obey(unsigned char key, TopChoice& choice) {
  switch (key) {
    case 'q':
    case FullScreen::kEnd:
      return false;
    case 's':
      choice.by_strangeness = !choice.by_strangeness;
      return true;
    case 'm':
      ++choice.model;
      return true;
    case ' ':
      choice.paused = !choice.paused;
      return true;
    case '+':
      choice.samples = std::min(choice.samples * 2, kMostSamples);
      return true;
    case '-':
      choice.samples = std::max(choice.samples / 2, kFewestSamples);
      return true;
    case FullScreen::kDown:
      choice.scroll = std::min<std::size_t>(choice.scroll + 1, 63);
      return true;
    case FullScreen::kUp:
      if (choice.scroll > 0) --choice.scroll;
      return true;
    default:
      return true;
  }
}

// Until a key or a signal ends it; nothing, or why there was nothing to show. An agent that is gone may come back: what
// was last seen stays, with a word about it.
std::string watch(FullScreen& screen, const std::string& socket, const TextStyle& style, ExitCode& code) {
  TopChoice choice;
  std::unique_ptr<Look> shown;
  std::string trouble;
  bool stale = false;  // what is on the screen is of another model or another time
  auto next = std::chrono::steady_clock::now();
  while (true) {
    const bool due = std::chrono::steady_clock::now() >= next;
    if (stale || !shown || (due && !choice.paused)) {
      auto fresh = std::make_unique<Look>();
      const AgentReply* problem = nullptr;
      const bool fine = look(socket, choice, *fresh, &problem);
      trouble.clear();
      if (!fine) trouble = problem->problem.empty() ? "the agent watches nothing" : problem->problem;
      if (!fine && !shown) {
        code = problem->code != kExitFine ? problem->code : kExitUnavailable;
        return trouble;
      }
      if (fine) shown = std::move(fresh);
      stale = false;
      next = std::chrono::steady_clock::now() + kRefresh;
    }
    screen.show(frame(*shown, choice, trouble, style));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
    const auto wait = choice.paused ? kRefresh : std::max(left, std::chrono::milliseconds(0));
    if (const std::optional<unsigned char> key = screen.wait_key(wait)) {
      const TopChoice before = choice;
      if (!obey(*key, choice)) return {};
      stale = stale || before.model != choice.model || before.samples != choice.samples;
    }
  }
}

}  // namespace

ExitCode run_top(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"top", top_help(), kSpecs}, words, console, arguments, code)) return code;
  const std::string socket = link_options(arguments).socket;
  const TextStyle style = style_of(console.out_is_terminal);
  Voice voice(console);
  if (arguments.has("once") || !console.out_is_terminal) {
    Look now;
    TopChoice choice;
    const AgentReply* problem = nullptr;
    if (!look(socket, choice, now, &problem)) return say_problem(*problem, console);
    console.out.write(frame(now, choice, {}, style));
    return flush_standard_output(console, voice);
  }
  auto screen = FullScreen::open(STDIN_FILENO, STDOUT_FILENO);
  if (!screen) {
    voice.say("", "top: standard input is no terminal; 'epsilonctl top --once' prints one screen");
    return kExitUnavailable;
  }
  const std::string problem = watch(**screen, socket, style, code);
  screen->reset();
  if (!problem.empty()) voice.say("", "%s", problem.c_str());
  return code;
}

}  // namespace epsilond::agent
