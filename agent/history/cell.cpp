#include "agent/history/cell.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>
#include <system_error>

namespace epsilond::agent {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

CellKind bounded(double number, double& value) {
  if (!(std::fabs(number) <= kMaxMagnitude)) return CellKind::kTooLarge;
  value = number;
  return CellKind::kNumber;
}

// Exactly `width` digits at the front of `text`, taken off it.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return std::nullopt;
  unsigned number = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const unsigned digit = static_cast<unsigned>(static_cast<unsigned char>(text[i])) - '0';
    if (digit > 9) return std::nullopt;
    number = number * 10 + digit;
  }
  text.remove_prefix(width);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<double> parse_date_time(std::string_view text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day || !(take(text, ' ') || take(text, 'T'))) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_digits(text, 2);
  if (!second) return std::nullopt;
  double fraction = 0.0;
  if (take(text, '.')) {
    double place = 0.1;
    std::size_t digits = 0;
    for (; digits < 9 && !text.empty(); ++digits, place /= 10) {
      const auto digit = take_digits(text, 1);
      if (!digit) break;
      fraction += place * *digit;
    }
    if (digits == 0) return std::nullopt;
  }
  take(text, 'Z');
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day));
  if (!text.empty() || !date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86400.0 + *hour * 3600.0 + *minute * 60.0 + *second + fraction;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

CellKind parse_cell(std::string_view text, double& value) {
  text = trimmed(text);
  if (text.empty()) return CellKind::kAbsent;
  std::string_view unsigned_text = text;
  if (text.front() == '+' || text.front() == '-') unsigned_text.remove_prefix(1);
  if (unsigned_text.empty()) return CellKind::kText;
  const char lead = unsigned_text.front();
  if (lead == 'n' || lead == 'N')
    return equals_ignoring_case(unsigned_text, "nan") ? CellKind::kAbsent : CellKind::kText;
  if (lead == 'i' || lead == 'I')
    return equals_ignoring_case(unsigned_text, "inf") || equals_ignoring_case(unsigned_text, "infinity")
               ? CellKind::kInfinite
               : CellKind::kText;
  if (lead != '.' && (lead < '0' || lead > '9')) return CellKind::kText;
  if (text.front() == '+') text.remove_prefix(1);  // from_chars knows no plus
  double number = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size()) return CellKind::kText;
  if (error == std::errc()) return bounded(number, value);
  if (error != std::errc::result_out_of_range) return CellKind::kText;
  // from_chars does not say on which side; strtod does (the locale is always "C" here).
  return bounded(std::strtod(std::string(text).c_str(), nullptr), value);
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 40)) shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  if (text.size() > 40) shown += "...";
  return shown;
}

std::string complaint(std::string_view name, std::string_view text, CellKind kind) {
  std::string said(name);
  said += " '" + printable(text);
  if (kind == CellKind::kInfinite) return said += "' is infinite";
  if (kind == CellKind::kTooLarge) return said += "' is beyond 1e150";
  return said += "' is not a number";
}

std::optional<double> parse_timestamp(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 10 && text[4] == '-' && text[7] == '-') return parse_date_time(text);
  double seconds = 0.0;
  if (parse_cell(text, seconds) != CellKind::kNumber || std::fabs(seconds) > kMaxEpochSeconds) return std::nullopt;
  return seconds;
}

}  // namespace epsilond::agent
