#include "platform/kernel/field_cursor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace epsilond::platform {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

}  // namespace

std::optional<double> parse_decimal(std::string_view text) {
  // Not std::from_chars: its tables for floating point would be a hundredth of the agent, and strtod is there anyway. The
  // locale is never set, so the point is a point.
  std::array<char, 64> copy;
  if (text.empty() || text.size() >= copy.size()) return std::nullopt;
  if (text.find_first_not_of("0123456789.-") != std::string_view::npos) return std::nullopt;
  *std::copy(text.begin(), text.end(), copy.begin()) = '\0';
  char* end = nullptr;
  const double value = std::strtod(copy.data(), &end);
  if (end != copy.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::string_view> LineCursor::next() {
  if (rest_.empty()) return std::nullopt;
  const std::size_t feed = rest_.find('\n');
  const std::string_view line = rest_.substr(0, feed);
  rest_.remove_prefix(feed == std::string_view::npos ? rest_.size() : feed + 1);
  return line;
}

std::optional<std::string_view> FieldCursor::next() {
  std::size_t begin = 0;
  while (begin < rest_.size() && is_blank(rest_[begin])) ++begin;
  std::size_t end = begin;
  while (end < rest_.size() && !is_blank(rest_[end])) ++end;
  const std::string_view field = rest_.substr(begin, end - begin);
  rest_.remove_prefix(end);
  if (field.empty()) return std::nullopt;
  return field;
}

std::optional<std::uint64_t> FieldCursor::next_unsigned() {
  const std::optional<std::string_view> field = next();
  return field ? parse_integer<std::uint64_t>(*field) : std::nullopt;
}

std::optional<double> FieldCursor::next_decimal() {
  const std::optional<std::string_view> field = next();
  return field ? parse_decimal(*field) : std::nullopt;
}

bool FieldCursor::skip_fields(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (!next()) return false;
  return true;
}

}  // namespace epsilond::platform
