#pragma once
// The command line of `epsilonctl score`, as checked values.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/history/batch_cut.h"
#include "agent/history/row_source.h"
#include "platform/result.h"

namespace epsilond::agent {

struct ScoreOptions {
  bool help = false;
  std::vector<std::string> files;  // at least one; "-" is standard input
  std::string train_file;   // empty: train on `files`
  std::string labels_file;  // select-epsilon; empty: the labels of `files`
  std::string scores_file;  // empty: none
  std::string report_file;  // empty: none
  TableOptions table;
  std::optional<std::uint64_t> train_rows;  // the first so many rows of `file`; >= 2
  CutSettings cut;
  bool weekly_budget_given = false;
  ModelKind kind = ModelKind::kProduct;
  ModelTuning tuning;
};

// `words`: what follows `score`. Every error is kInvalid and says what is allowed.
platform::Result<ScoreOptions> parse_score_options(std::span<const char* const> words);

}  // namespace epsilond::agent
