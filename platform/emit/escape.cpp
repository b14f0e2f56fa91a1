#include "platform/emit/escape.h"

#include <array>

namespace epsilond::platform {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "...";

struct Character {
  char32_t code = 0;
  std::size_t length = 1;  // bytes it takes in the input
  bool valid = false;
};

constexpr unsigned char_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// Decodes the character at the front of a text that is not empty (RFC 3629: no surrogates, no overlong forms, nothing
// above U+10FFFF). An invalid sequence is one invalid byte.
Character decode_utf8(std::string_view text) {
  const unsigned lead = char_at(text, 0);
  if (lead < 0x80U) return {lead, 1, true};
  std::size_t length = 0;
  char32_t code = 0;
  char32_t smallest = 0;
  if (lead >= 0xC2U && lead <= 0xDFU) {
    length = 2;
    code = lead & 0x1FU;
    smallest = 0x80;
  } else if ((lead & 0xF0U) == 0xE0U) {
    length = 3;
    code = lead & 0x0FU;
    smallest = 0x800;
  } else if (lead >= 0xF0U && lead <= 0xF4U) {
    length = 4;
    code = lead & 0x07U;
    smallest = 0x10000;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = char_at(text, i);
    if ((next & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (next & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest || code > 0x10FFFF || surrogate) return {};
  return {code, length, true};
}

constexpr bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string_view short_json_escape(char32_t code) {
  switch (code) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

void put_json_control(TextWriter& out, char32_t code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<char, 6> escaped = {'\\', 'u', '0', '0', '0', '0'};
  for (std::size_t i = 0; i < 4; ++i) escaped[5 - i] = kHex[(code >> (4 * i)) & 0xFU];
  out.put({escaped.data(), escaped.size()});
}

void put_character(TextWriter& out, std::string_view bytes, const Character& character, Escape escape) {
  if (!character.valid) {
    out.put(kReplacement);
    return;
  }
  const char32_t code = character.code;
  switch (escape) {
    case Escape::kJson:
      if (const std::string_view escaped = short_json_escape(code); !escaped.empty()) {
        out.put(escaped);
        return;
      }
      if (is_control(code)) {
        put_json_control(out, code);
        return;
      }
      break;
    case Escape::kSdValue:
      if (is_control(code)) return;
      if (code == '"' || code == '\\' || code == ']') {
        const std::array<char, 2> escaped = {'\\', static_cast<char>(code)};
        out.put({escaped.data(), escaped.size()});
        return;
      }
      break;
    case Escape::kMessage:
      if (is_control(code)) {
        out.put(' ');
        return;
      }
      break;
  }
  out.put(bytes);
}

}  // namespace

void put_escaped(TextWriter& out, std::string_view text, Escape escape) {
  while (!text.empty() && !out.overflowed()) {
    const Character character = decode_utf8(text);
    put_character(out, text.substr(0, character.length), character, escape);
    text.remove_prefix(character.length);
  }
}

std::string escape_text(std::string_view text, Escape escape) {
  constexpr std::size_t kMostOfOne = 6;  // \u001b in place of a byte
  std::string out(kMostOfOne * text.size(), '\0');
  TextWriter writer(out);
  put_escaped(writer, text, escape);
  out.resize(writer.size());
  return out;
}

bool put_escaped_cut(TextWriter& out, std::string_view text, Escape escape, std::size_t budget) {
  const std::size_t start = out.size();
  if (budget > out.room()) budget = out.room();
  std::size_t cut_at = start;  // the end of the last character that leaves room for the ellipsis
  while (!text.empty()) {
    const Character character = decode_utf8(text);
    put_character(out, text.substr(0, character.length), character, escape);
    text.remove_prefix(character.length);
    const std::size_t used = out.size() - start;
    if (out.overflowed() || used > budget) {
      out.rewind(cut_at);
      if (budget >= kEllipsis.size()) out.put(kEllipsis);
      return false;
    }
    if (used + kEllipsis.size() <= budget) cut_at = out.size();
  }
  return true;
}

void put_header_word(TextWriter& out, std::string_view text, std::size_t limit) {
  if (text.empty()) text = "-";
  for (const char byte : text.substr(0, limit)) out.put(byte > ' ' && byte < '\x7F' ? byte : '_');
}

}  // namespace epsilond::platform
