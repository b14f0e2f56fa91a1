#pragma once
// What `plot` and `top` know of the running agent: its features as they are, and their recent past.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "agent/control/agent_link.h"
#include "agent/control/agent_text.h"
#include "agent/report/terminal_chart.h"

namespace epsilond::agent {

// How wide the usual band is, in standard deviations to either side.
inline constexpr double kBandSds = 2.0;

struct Band {
  double low = 0.0;  // NaN at both ends: none
  double high = 0.0;
};
// Of a feature line. Not below 0, for no feature of the agent is.
Band band_of(const RawJson& feature);

// Columns of the history, by row: times, and for each name the values, NaN where absent.
struct HistoryTable {
  std::vector<double> times_s;
  std::vector<std::vector<double>> columns;  // in the order of the answer, which is that of the table of features
  std::vector<std::string> names;
  // Empty if there is none of this name.
  std::span<const double> column(std::string_view name) const;
};
// Of the lines of a csv answer; rows of another width than the header are left out.
HistoryTable read_history(std::span<const std::string_view> lines);

// `text` of the agent as this terminal can show it: without UTF-8, "+-" in place of the sign between a mean and its sd.
std::string in_style(std::string text, const TextStyle& style);

// By NO_COLOR and the locale of the environment, and whether the output is a terminal.
TextStyle style_of(bool is_terminal);

}  // namespace epsilond::agent
