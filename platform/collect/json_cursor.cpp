#include "platform/collect/json_cursor.h"

#include <charconv>
#include <cmath>

namespace epsilond::platform {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// The length of the number at the beginning of `text`, by the grammar of RFC 8259; 0: none.
std::size_t number_length(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return 0;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t count = digits(text, at + 1);
    if (count == 0) return 0;
    at += 1 + count;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t count = digits(text, at);
    if (count == 0) return 0;
    at += count;
  }
  return at;
}

void put_utf8(TextWriter& out, std::uint32_t code) {
  char bytes[4];
  std::size_t size = 0;
  const auto put = [&](std::uint32_t byte) { bytes[size++] = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U);
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3FU));
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
  out.put(std::string_view(bytes, size));
}

}  // namespace

void JsonCursor::skip_blanks() {
  while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n' || rest_[0] == '\r'))
    rest_.remove_prefix(1);
}

bool JsonCursor::next(char c) {
  skip_blanks();
  if (!rest_.starts_with(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool JsonCursor::enter(char c) { return depth_ < kDeepest && next(c) && ++depth_ > 0; }

bool JsonCursor::leave(char c) {
  if (!next(c)) return false;
  --depth_;
  return true;
}

bool JsonCursor::at_end() {
  skip_blanks();
  return rest_.empty();
}

bool JsonCursor::read_null() {
  skip_blanks();
  if (!rest_.starts_with("null")) return false;
  rest_.remove_prefix(4);
  return true;
}

bool JsonCursor::read_number(double& out) {
  skip_blanks();
  const std::size_t length = number_length(rest_);
  if (length == 0) return false;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + length, out);
  rest_.remove_prefix(length);
  return error == std::errc() && std::isfinite(out);
}

bool JsonCursor::skip_value() {
  skip_blanks();
  if (rest_.empty()) return false;
  switch (rest_.front()) {
    case '{':
      return read_object([this](std::string_view) { return skip_value(); });
    case '[':
      return read_array([this] { return skip_value(); });
    case '"': {
      TextWriter nowhere({});
      return read_text(nowhere);
    }
    default:
      break;
  }
  for (const std::string_view word : {"null", "true", "false"}) {
    if (!rest_.starts_with(word)) continue;
    rest_.remove_prefix(word.size());
    return true;
  }
  const std::size_t length = number_length(rest_);
  rest_.remove_prefix(length);
  return length > 0;
}

bool JsonCursor::read_text(TextWriter& out) {
  if (!next('"')) return false;
  while (!rest_.empty()) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '"') return true;
    if (static_cast<unsigned char>(c) < 0x20U) return false;
    if (c != '\\')
      out.put(c);
    else if (!read_escape(out))
      return false;
  }
  return false;
}

bool JsonCursor::read_escape(TextWriter& out) {
  if (rest_.empty()) return false;
  const char c = rest_.front();
  rest_.remove_prefix(1);
  if (c == '"' || c == '\\' || c == '/') {
    out.put(c);
    return true;
  }
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kMeant = "\b\f\n\r\t";
  if (const std::size_t letter = kLetters.find(c); letter != std::string_view::npos) {
    out.put(kMeant[letter]);
    return true;
  }
  std::uint32_t code = 0;
  if (c != 'u' || !read_code_unit(code)) return false;
  if (code >= 0xDC00 && code <= 0xDFFF) return false;
  if (code >= 0xD800 && code <= 0xDBFF) {
    std::uint32_t low = 0;
    if (!rest_.starts_with("\\u")) return false;
    rest_.remove_prefix(2);
    if (!read_code_unit(low) || low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
  }
  put_utf8(out, code);
  return true;
}

bool JsonCursor::read_code_unit(std::uint32_t& out) {
  if (rest_.size() < 4) return false;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, out, 16);
  const bool whole = error == std::errc() && end == rest_.data() + 4;
  rest_.remove_prefix(4);
  return whole;
}

}  // namespace epsilond::platform
