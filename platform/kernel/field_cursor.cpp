#include "platform/kernel/field_cursor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace epsilond::platform {
namespace {

// One comparison settles it for what fields are made of: the agent looks at 30,000 characters a tick.
bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' ' && (c == ' ' || c == '\t' || c == '\n'); }

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
  const char* const stop = rest_.data() + rest_.size();
  const char* begin = rest_.data();
  while (begin != stop && is_blank(*begin)) ++begin;
  const char* end = begin;
  while (end != stop && !is_blank(*end)) ++end;
  rest_ = std::string_view(end, static_cast<std::size_t>(stop - end));
  if (begin == end) return std::nullopt;
  return std::string_view(begin, static_cast<std::size_t>(end - begin));
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
  const char* const stop = rest_.data() + rest_.size();
  const char* at = rest_.data();
  for (; count > 0; --count) {
    while (at != stop && is_blank(*at)) ++at;
    if (at == stop) break;
    while (at != stop && !is_blank(*at)) ++at;
  }
  rest_ = std::string_view(at, static_cast<std::size_t>(stop - at));
  return count == 0;
}

}  // namespace epsilond::platform
