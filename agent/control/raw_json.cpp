#include "agent/control/raw_json.h"

#include <charconv>
#include <cstdint>
#include <limits>

#include "platform/emit/escape.h"

namespace epsilond::agent {
namespace {

std::size_t past_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) ++at;
  return at;
}

// The end of the string whose opening quote is at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      return at + 1;
  }
  return text.size();
}

// The end of the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (depth == 0 && (c == ',' || c == ' ')) return at;
    ++at;
  }
  return text.size();
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6U);
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xE0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

}  // namespace

RawJson RawJson::operator[](std::string_view name) const {
  if (!text_.starts_with('{')) return RawJson();
  std::size_t at = 1;
  while (true) {
    at = past_blanks(text_, at);
    if (at >= text_.size() || text_[at] != '"') return RawJson();
    const std::size_t key_end = end_of_string(text_, at);
    const bool found = key_end - at == name.size() + 2 && text_.substr(at + 1, name.size()) == name;
    at = past_blanks(text_, key_end);
    if (at >= text_.size() || text_[at] != ':') return RawJson();
    at = past_blanks(text_, at + 1);
    const std::size_t end = end_of_value(text_, at);
    if (found) return RawJson(text_.substr(at, end - at));
    at = past_blanks(text_, end);
    if (at >= text_.size() || text_[at] != ',') return RawJson();
    ++at;
  }
}

std::vector<RawJson> RawJson::elements() const {
  std::vector<RawJson> all;
  if (!text_.starts_with('[')) return all;
  for (std::size_t at = past_blanks(text_, 1); at < text_.size() && text_[at] != ']';) {
    const std::size_t end = end_of_value(text_, at);
    if (end == at) break;
    all.emplace_back(text_.substr(at, end - at));
    at = past_blanks(text_, end);
    if (at >= text_.size() || text_[at] != ',') break;
    at = past_blanks(text_, at + 1);
  }
  return all;
}

double RawJson::number() const {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
  const bool whole = error == std::errc() && end == text_.data() + text_.size();
  return whole ? value : std::numeric_limits<double>::quiet_NaN();
}

std::string RawJson::text() const {
  std::string out;
  if (text_.size() < 2 || text_.front() != '"' || text_.back() != '"') return out;
  const std::string_view inside = text_.substr(1, text_.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] != '\\' || i + 1 == inside.size()) {
      out += inside[i];
      continue;
    }
    const char escaped = inside[++i];
    std::uint32_t code = 0;
    if (escaped == 'u' && i + 4 < inside.size() &&
        std::from_chars(inside.data() + i + 1, inside.data() + i + 5, code, 16).ptr == inside.data() + i + 5) {
      append_utf8(code, out);
      i += 4;
    } else {
      constexpr std::string_view kLetters = "bfnrt";
      constexpr std::string_view kMeant = "\b\f\n\r\t";
      const std::size_t letter = kLetters.find(escaped);
      out += letter == std::string_view::npos ? escaped : kMeant[letter];
    }
  }
  return platform::escape_text(out, platform::Escape::kMessage);
}

}  // namespace epsilond::agent
