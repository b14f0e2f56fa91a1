#pragma once
// The forms of cut of `epsilonctl score`, as written on the command line.

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::agent {

inline constexpr double kDefaultFalseAlarmsPerWeek = 0.5;
// The tolerated rate where the table has no clock: one row in 10,000.
inline constexpr double kDefaultFalseAlarmsPerRow = 1e-4;

enum class CutForm : std::uint8_t {
  kBudget,         // surprise >= -log10 of the tolerated false alarms per row
  kQuantile,       // stranger than all but this share of the training rows
  kContamination,  // the same, said as the share of training rows that are strange
  kEpsilon,        // a density strictly below, or a model's own score strictly above, a fixed value
  kSelect,         // the cut with the best F1 on labelled rows
};

struct CutSettings {
  CutForm form = CutForm::kBudget;
  double share = 0.0;                                         // kQuantile, kContamination: in (0, 0.5]
  double epsilon = 0.0;                                       // kEpsilon: as written
  double false_alarms_per_week = kDefaultFalseAlarmsPerWeek;  // kBudget: > 0

  // Natural log of the density that `epsilon` stands for: above 0 it is a density, else the logarithm of one.
  double log_epsilon() const;
};

// "budget", "quantile:Q", "contamination:C", "epsilon:E" or "select-epsilon". Error kInvalid says what is allowed.
platform::Result<CutSettings> parse_cut(std::string_view text);
std::string_view cut_form_name(CutForm form);

}  // namespace epsilond::agent
