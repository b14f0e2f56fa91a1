#pragma once
// The command line of `epsilonctl score`, as checked values.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "agent/history/batch_score.h"
#include "agent/history/row_source.h"
#include "platform/result.h"

namespace epsilond::agent {

struct ScoreOptions {
  bool help = false;
  std::string file;         // "-" is standard input
  std::string train_file;   // empty: train on `file`
  std::string scores_file;  // empty: none
  TableOptions table;
  std::optional<std::uint64_t> train_rows;  // the first so many rows of `file`; >= 2
  CutSettings cut;
  bool weekly_budget_given = false;
  std::uint64_t seed = 1;
};

// `words`: what follows `score`. Every error is kInvalid and says what is allowed.
platform::Result<ScoreOptions> parse_score_options(std::span<const char* const> words);

}  // namespace epsilond::agent
