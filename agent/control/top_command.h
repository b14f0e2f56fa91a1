#pragma once
// `epsilonctl top`: a live full-screen view of features, scores and the recent past.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "agent/control/agent_view.h"
#include "agent/control/console.h"
#include "agent/exit_code.h"

namespace epsilond::agent {

// The text of `epsilonctl top --help`.
std::string_view top_help();

// `words`: what follows `top`.
ExitCode run_top(std::span<const char* const> words, Console& console);

// What the operator chose with keys.
struct TopChoice {
  std::size_t model = 0;
  std::size_t scroll = 0;      // rows of the table that are above the screen
  std::size_t samples = 300;   // of the past
  bool by_strangeness = true;  // else in the order of the table of features
  bool paused = false;
};

// What one screen is drawn from.
struct TopView {
  RawJson agent;            // the agent line of `status`
  ModelLines model;         // of `features`
  std::size_t model_count;  // of the agent
  const HistoryTable& history;
  std::string episode;  // the sentence of the open episode, as it was told; else empty
  std::string trouble;  // why this is not of the present moment; else empty
};

// The screen as lines, each of at most columns - 1 characters beside escapes, at most `rows` of them, 8 or more. Pure.
std::string draw_top(const TopView& view, const TopChoice& choice, std::size_t columns, std::size_t rows,
                     const TextStyle& style);

}  // namespace epsilond::agent
