#include "agent/report/terminal_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <vector>

#include "agent/pipeline/explanation.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kDim = "\033[2m";
constexpr std::string_view kPlain = "\033[0m";
constexpr std::size_t kLabelColumns = 10;  // of the vertical axis, with its line
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// What fell into one column of the plot.
struct Bucket {
  double lowest = kNone;
  double highest = kNone;
  void add(double value) {
    if (!std::isfinite(value)) return;
    lowest = std::fmin(lowest, value);  // of a NaN and a number it is the number
    highest = std::fmax(highest, value);
  }
};

struct Scale {
  double bottom = 0.0;
  double top = 1.0;
};

std::vector<Bucket> buckets_of(std::span<const ChartPoint> points, std::size_t columns) {
  std::vector<Bucket> buckets(columns);
  if (points.empty()) return buckets;
  const double begin = points.front().time_s;
  const double span = points.back().time_s - begin;
  for (std::size_t i = 0; i < points.size(); ++i) {
    // By time, so that a gap is a gap; few points stand apart as they are.
    const double part = span > 0.0 ? (points[i].time_s - begin) / span : 0.0;
    const auto column = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(columns - 1) + 0.5);
    buckets[column].add(points[i].value);
  }
  return buckets;
}

Scale scale_of(const Chart& chart, const std::vector<Bucket>& buckets) {
  Bucket all;
  for (const Bucket& bucket : buckets) {
    all.add(bucket.lowest);
    all.add(bucket.highest);
  }
  all.add(chart.low);
  all.add(chart.high);
  Scale scale;
  if (!std::isfinite(all.lowest)) return scale;
  const double span = all.highest - all.lowest;
  const double margin = span > 0.0 ? 0.05 * span : std::fmax(0.5, 0.05 * std::fabs(all.highest));
  scale.bottom = all.lowest - margin;
  scale.top = all.highest + margin;
  if (!chart.may_be_negative) scale.bottom = std::fmax(scale.bottom, std::fmin(all.lowest, 0.0));
  return scale;
}

// The half of a row, counted from the bottom, in which a value lies.
long half_row(double value, const Scale& scale, std::size_t rows) {
  const double part = (value - scale.bottom) / (scale.top - scale.bottom);
  const auto halves = static_cast<long>(2 * rows);
  return std::clamp(static_cast<long>(std::floor(part * static_cast<double>(halves))), 0L, halves - 1);
}

struct Glyphs {
  std::string_view both;
  std::string_view upper;
  std::string_view lower;
  std::string_view odd;  // without colour, in place of all three
  std::string_view band;
};
constexpr Glyphs kBlocks = {"\u2588", "\u2580", "\u2584", "\u2593", "\u00b7"};
constexpr Glyphs kAscii = {"#", "\"", "_", "!", "."};

void put_coloured(std::string_view glyph, std::string_view colour, std::string& text) {
  text += colour;
  text += glyph;
  if (!colour.empty()) text += kPlain;
}

// One cell: the lower half row of it is `half`.
void put_cell(const Bucket& bucket, long half, const Chart& chart, const Scale& scale, std::size_t rows,
              const TextStyle& style, std::string& text) {
  const Glyphs& glyphs = style.utf8 ? kBlocks : kAscii;
  if (std::isfinite(bucket.lowest)) {
    const long from = half_row(bucket.lowest, scale, rows);
    const long to = half_row(bucket.highest, scale, rows);
    const bool lower = from <= half && half <= to;
    const bool upper = from <= half + 1 && half + 1 <= to;
    if (lower || upper) {
      const bool odd = is_odd(bucket.highest, chart.low, chart.high) || is_odd(bucket.lowest, chart.low, chart.high);
      const std::string_view shape = lower && upper ? glyphs.both : upper ? glyphs.upper : glyphs.lower;
      if (odd)
        put_coloured(style.colour ? shape : glyphs.odd, style.colour ? kRed : std::string_view(), text);
      else
        text += shape;
      return;
    }
  }
  const bool in_band = std::isfinite(chart.low) && half + 1 >= half_row(chart.low, scale, rows) &&
                       half <= half_row(chart.high, scale, rows);
  if (in_band)
    put_coloured(glyphs.band, style.colour ? kDim : std::string_view(), text);
  else
    text += ' ';
}

std::string clock_text(double time_s, std::chrono::seconds utc_offset, bool with_seconds) {
  const std::time_t seconds = static_cast<std::time_t>(time_s) + utc_offset.count();
  std::tm broken{};
  gmtime_r(&seconds, &broken);
  char text[48];
  if (with_seconds)
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", broken.tm_hour, broken.tm_min, broken.tm_sec);
  else
    std::snprintf(text, sizeof text, "%02d-%02d %02d:%02d", broken.tm_mon + 1, broken.tm_mday, broken.tm_hour,
                  broken.tm_min);
  return text;
}

std::string time_axis(const Chart& chart, std::size_t plot_columns) {
  if (chart.points.empty()) return {};
  const double from = chart.points.front().time_s;
  const double to = chart.points.back().time_s;
  const bool within_a_day = to - from < 86400.0;
  const std::string begin = clock_text(from, chart.utc_offset, within_a_day);
  const std::string middle = clock_text((from + to) / 2.0, chart.utc_offset, within_a_day);
  const std::string end = clock_text(to, chart.utc_offset, within_a_day);
  std::string axis(kLabelColumns + plot_columns, ' ');
  axis.replace(kLabelColumns, begin.size(), begin);
  axis.replace(kLabelColumns + plot_columns / 2 - middle.size() / 2, middle.size(), middle);
  axis.replace(axis.size() - end.size(), end.size(), end);
  return axis;
}

}  // namespace

bool is_odd(double value, double low, double high) {
  return std::isfinite(low) && std::isfinite(value) &&
         (value > high + (high - low) / 2.0 || value < low - (high - low) / 2.0);
}

std::string draw_chart(const Chart& chart, const TextStyle& style) {
  const std::size_t columns = std::max(chart.columns, kLeastColumns) - kLabelColumns;
  const std::size_t rows = std::max(chart.rows, kLeastRows) - 1;
  const std::vector<Bucket> buckets = buckets_of(chart.points, columns);
  const Scale scale = scale_of(chart, buckets);
  std::string text;
  for (std::size_t row = 0; row < rows; ++row) {
    std::string label;
    if (row == 0 || row == rows / 2 || row + 1 == rows) {
      const double part = 1.0 - static_cast<double>(row) / static_cast<double>(rows - 1);
      label = format_quantity(scale.bottom + part * (scale.top - scale.bottom), chart.unit).view();
    }
    label.resize(std::min(label.size(), kLabelColumns - 2));
    text += std::string(kLabelColumns - 2 - label.size(), ' ') + label + (style.utf8 ? " \u2502" : " |");
    const auto half = static_cast<long>(2 * (rows - 1 - row));
    for (const Bucket& bucket : buckets) put_cell(bucket, half, chart, scale, rows, style, text);
    while (text.ends_with(' ')) text.pop_back();
    text += '\n';
  }
  return text + time_axis(chart, columns) + '\n';
}

std::string draw_sparkline(std::span<const double> values, double low, double high, std::size_t columns,
                           const TextStyle& style) {
  constexpr std::array<std::string_view, 8> kLevels = {"\u2581", "\u2582", "\u2583", "\u2584",
                                                       "\u2585", "\u2586", "\u2587", "\u2588"};
  constexpr std::array<std::string_view, 8> kAsciiLevels = {"_", ".", "-", "=", "+", "*", "%", "#"};
  Bucket all;
  for (const double value : values) all.add(value);
  all.add(low);
  all.add(high);
  const double span = all.highest - all.lowest;
  const double middle = std::isfinite(low) ? (low + high) / 2.0 : all.lowest;
  const std::size_t used = std::min(columns, values.size());
  std::string text(columns - used, ' ');
  for (std::size_t column = 0; column < used; ++column) {
    const std::size_t from = values.size() * column / used;
    const std::size_t to = values.size() * (column + 1) / used;
    double farthest = kNone;
    for (std::size_t i = from; i < to; ++i)
      if (std::isfinite(values[i]) && !(std::fabs(values[i] - middle) <= std::fabs(farthest - middle)))
        farthest = values[i];
    if (!std::isfinite(farthest)) {
      text += ' ';
      continue;
    }
    const double part = span > 0.0 ? (farthest - all.lowest) / span : 0.0;
    const auto level = static_cast<std::size_t>(std::clamp(part * 8.0, 0.0, 7.0));
    const bool red = style.colour && is_odd(farthest, low, high);
    put_coloured(style.utf8 ? kLevels[level] : kAsciiLevels[level], red ? kRed : std::string_view(), text);
  }
  return text;
}

}  // namespace epsilond::agent
