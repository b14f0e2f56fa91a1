#include "agent/history/json_line.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "platform/emit/escape.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/number_text.h"
#include "platform/emit/text_writer.h"

namespace epsilond::agent {

using platform::Escape;
using platform::TextWriter;

void JsonLine::key(std::string_view name) {
  if (text_.back() != '{' && text_.back() != '[') text_ += ',';
  text_ += '"';
  text_ += name;
  text_ += "\":";
}

void JsonLine::number(std::string_view name, double value) {
  key(name);
  if (!std::isfinite(value)) {
    text_ += "null";
    return;
  }
  std::array<char, 32> buffer;
  TextWriter writer(buffer);
  platform::put_number(writer, value);
  text_ += writer.view();
}

void JsonLine::exact(std::string_view name, double value) {
  key(name);
  if (!std::isfinite(value)) {
    text_ += "null";
    return;
  }
  std::array<char, 32> buffer;
  text_.append(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr);
}

void JsonLine::count(std::string_view name, std::uint64_t value) {
  key(name);
  text_ += std::to_string(value);
}

void JsonLine::boolean(std::string_view name, bool value) {
  key(name);
  text_ += value ? "true" : "false";
}

void JsonLine::string(std::string_view name, std::string_view value) {
  key(name);
  std::string buffer(value.size() * 6 + 8, '\0');  // the longest escape of a byte has six
  TextWriter writer(buffer);
  platform::put_escaped(writer, value, Escape::kJson);
  text_ += '"';
  text_ += writer.view();
  text_ += '"';
}

std::string rfc3339(double unix_s) {
  std::array<char, 64> buffer;
  TextWriter writer(buffer);
  platform::put_utc_time(writer,
                         std::chrono::nanoseconds(static_cast<std::int64_t>(std::llround(unix_s * 1e3)) * 1000000));
  return std::string(writer.view());
}

}  // namespace epsilond::agent
