#pragma once
// One scored moment of one model, kept whole so that it can be explained later.

#include <chrono>
#include <cstdint>

#include "agent/pipeline/feature_table.h"
#include "models/decision/threshold.h"
#include "models/score.h"

namespace epsilond::agent {

inline constexpr std::uint8_t kNoColumn = 255;

struct Snapshot {
  std::chrono::nanoseconds wall{0};  // since the Unix epoch
  Readings readings;                 // natural units, the table's order
  models::Score score;               // the model's columns, in their order
  models::Verdict verdict;
  bool cause_leads = false;          // the feature that would be named first is no mere symptom
  std::uint8_t leading = kNoColumn;  // of a strange moment: the model's column that would be named first
};

}  // namespace epsilond::agent
