#include "agent/report/page_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "platform/emit/escape.h"
#include "platform/emit/text_writer.h"

namespace epsilond::agent {
namespace {

std::string_view script_escape(char character) {
  switch (character) {
    case '<':
      return "\\u003c";
    case '>':
      return "\\u003e";
    case '&':
      return "\\u0026";
    default:
      return {};
  }
}

}  // namespace

void PageJson::begin_value(std::string_view key) {
  if (!first_) out_.write(",");
  first_ = false;
  if (key.empty()) return;
  out_.write("\"");
  out_.write(key);
  out_.write("\":");
}

void PageJson::begin(std::string_view key, std::string_view bracket) {
  begin_value(key);
  out_.write(bracket);
  first_ = true;
}

void PageJson::end(std::string_view bracket) {
  out_.write(bracket);
  first_ = false;
}

void PageJson::number(std::string_view key, double value) {
  begin_value(key);
  if (!std::isfinite(value)) {
    out_.write("null");
    return;
  }
  std::array<char, 32> buffer;
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out_.write({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

void PageJson::count(std::string_view key, std::uint64_t value) {
  begin_value(key);
  out_.write(std::to_string(value));
}

void PageJson::flag(std::string_view key, bool value) {
  begin_value(key);
  out_.write(value ? "true" : "false");
}

void PageJson::string(std::string_view key, std::string_view text) {
  begin_value(key);
  std::string buffer(text.size() * 6 + 8, '\0');  // the longest escape of a byte has six
  platform::TextWriter writer(buffer);
  platform::put_escaped(writer, text, platform::Escape::kJson);
  out_.write("\"");
  std::string_view rest = writer.view();
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find_first_of("<>&"), rest.size());
    out_.write(rest.substr(0, plain));
    if (plain < rest.size()) out_.write(script_escape(rest[plain]));
    rest.remove_prefix(std::min(plain + 1, rest.size()));
  }
  out_.write("\"");
}

void PageJson::Range::add(double value) {
  if (!std::isfinite(value)) {
    ++absent;
    return;
  }
  low = present == 0 ? value : std::min(low, value);
  high = present == 0 ? value : std::max(high, value);
  ++present;
}

float PageJson::Range::scaled(double value) const {
  if (!std::isfinite(value)) return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>((value - middle()) / half());
}

bool PageJson::begin_floats(std::string_view key, std::size_t count, const Range& range) {
  begin_object(key);
  this->count("n", count);
  if (range.absent == 0 && range.low == range.high) {
    number("c", range.low);
    end_object();
    return false;
  }
  number("o", range.middle());
  number("s", range.half());
  begin_base64("f");
  return true;
}

void PageJson::begin_base64(std::string_view key) {
  begin_value(key);
  out_.write("\"");
}

void PageJson::bits(std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    group_ = group_ << 8U | static_cast<std::uint32_t>(value >> (8U * static_cast<unsigned>(i)) & 0xffU);
    if (++group_bytes_ == 3) put_group();
  }
}

void PageJson::put_group() {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::uint32_t whole = group_ << (8U * static_cast<unsigned>(3 - group_bytes_));
  std::array<char, 4> text;
  for (unsigned i = 0; i < 4; ++i)
    text[i] = static_cast<int>(i) <= group_bytes_ ? kDigits[whole >> (18U - 6U * i) & 0x3fU] : '=';
  out_.write({text.data(), text.size()});
  group_ = 0;
  group_bytes_ = 0;
}

void PageJson::end_base64() {
  if (group_bytes_ > 0) put_group();
  out_.write("\"");
  end("}");
}

}  // namespace epsilond::agent
