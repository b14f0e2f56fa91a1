#pragma once
// A feature over time as text: a chart for a page of a terminal, and a sparkline for a row of one.

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace epsilond::agent {

// How a terminal can be written to.
struct TextStyle {
  bool colour = false;  // ANSI escapes
  bool utf8 = true;     // block characters; else ASCII only
};

struct ChartPoint {
  double time_s = 0.0;  // since the Unix epoch; ascending
  double value = 0.0;   // NaN: absent
};

struct Chart {
  std::span<const ChartPoint> points;
  std::string_view unit;  // of format_quantity()
  // The usual band; NaN at both ends: none. See is_odd().
  double low = 0.0;
  double high = 0.0;
  bool may_be_negative = false;        // the axis may go below 0 though no value does
  std::chrono::seconds utc_offset{0};  // of the times under it
  std::size_t columns = 80;            // of the whole text, >= kLeastColumns
  std::size_t rows = 20;               // >= kLeastRows
};

inline constexpr std::size_t kLeastColumns = 40;
inline constexpr std::size_t kLeastRows = 6;

// `rows` lines of at most `columns` characters. Each column of the plot shows the lowest and the highest of the points
// that fall into it; what is odd is red, or, without colour, drawn in another character. The band is dotted.
std::string draw_chart(const Chart& chart, const TextStyle& style);

// One character for each of `columns`: the points divided among them, of each part the one that is farthest from the
// middle of the band; absent ones are blank. Fewer points than columns stand at the right. Odd ones are red. Between them the levels span what was seen and the band.
std::string draw_sparkline(std::span<const double> values, double low, double high, std::size_t columns,
                           const TextStyle& style);

// Is it outside the band by more than half of its width? With a band of two standard deviations to either side: |z|
// > 4.
bool is_odd(double value, double low, double high);

}  // namespace epsilond::agent
