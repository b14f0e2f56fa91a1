#pragma once
// Strict parsers of what flag_format renders, written from docs/flag-format.md and RFC 5424, not from the renderer.
// They hold views and fixed storage only, so an asserting frame may own their results.

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "platform/emit/flag.h"

namespace epsilond::tests {

// RFC 3629, table 3-7 of the Unicode standard: checked byte range by byte range.
inline bool valid_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto in = [](unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned a = byte(i);
    const unsigned b = byte(i + 1);
    const bool c = in(byte(i + 2), 0x80, 0xBF);
    const bool d = in(byte(i + 3), 0x80, 0xBF);
    if (a < 0x80)
      i += 1;
    else if (in(a, 0xC2, 0xDF) && in(b, 0x80, 0xBF))
      i += 2;
    else if (a == 0xE0 && in(b, 0xA0, 0xBF) && c)
      i += 3;
    else if (a == 0xED && in(b, 0x80, 0x9F) && c)
      i += 3;
    else if (in(a, 0xE1, 0xEF) && a != 0xED && in(b, 0x80, 0xBF) && c)
      i += 3;
    else if (a == 0xF0 && in(b, 0x90, 0xBF) && c && d)
      i += 4;
    else if (in(a, 0xF1, 0xF3) && in(b, 0x80, 0xBF) && c && d)
      i += 4;
    else if (a == 0xF4 && in(b, 0x80, 0x8F) && c && d)
      i += 4;
    else
      return false;
  }
  return true;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return ok_ = false;
    rest_.remove_prefix(token.size());
    return ok_;
  }
  bool peek(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool at_end() const { return rest_.empty(); }
  bool ok() const { return ok_; }
  bool fail() { return ok_ = false; }
  std::string_view rest() const { return rest_; }
  char next() {
    if (rest_.empty()) {
      ok_ = false;
      return '\0';
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  std::string_view until(char stop) {
    const std::string_view part = rest_.substr(0, rest_.find(stop));
    rest_.remove_prefix(part.size());
    return part;
  }
  std::int64_t digits(std::size_t count) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = next();
      if (c < '0' || c > '9') ok_ = false;
      value = value * 10 + (c - '0');
    }
    return value;
  }
  // The grammar of RFC 8259 section 6.
  double number() {
    const char* begin = rest_.data();
    std::size_t n = 0;
    const auto at = [&](std::size_t i) { return i < rest_.size() ? rest_[i] : '\0'; };
    const auto digit = [&](std::size_t i) { return at(i) >= '0' && at(i) <= '9'; };
    if (at(n) == '-') ++n;
    if (!digit(n)) ok_ = false;
    if (at(n) == '0')
      ++n;
    else
      while (digit(n)) ++n;
    if (at(n) == '.') {
      ++n;
      if (!digit(n)) ok_ = false;
      while (digit(n)) ++n;
    }
    if (at(n) == 'e' || at(n) == 'E') {
      ++n;
      if (at(n) == '+' || at(n) == '-') ++n;
      if (!digit(n)) ok_ = false;
      while (digit(n)) ++n;
    }
    double value = 0;
    const std::from_chars_result result = std::from_chars(begin, begin + n, value);
    if (result.ec != std::errc() || result.ptr != begin + n) ok_ = false;
    rest_.remove_prefix(n);
    return value;
  }
  double number_or_null() {
    if (!peek('n')) return number();
    take("null");
    return std::numeric_limits<double>::quiet_NaN();
  }
  // A JSON string with its quotes. What does not fit `out` is left out: invalid bytes grow when they become U+FFFD.
  template <typename Text>
  void json_string(Text& out) {
    out.clear();
    take("\"");
    while (ok_ && !peek('"')) {
      const char c = next();
      if (static_cast<unsigned char>(c) < 0x20) ok_ = false;
      if (c == '\\')
        json_escape(out);
      else
        out.append({&c, 1});
    }
    take("\"");
  }
  std::chrono::nanoseconds utc_time() {
    namespace chrono = std::chrono;
    const auto year = static_cast<int>(digits(4));
    take("-");
    const auto month = static_cast<unsigned>(digits(2));
    take("-");
    const auto day = static_cast<unsigned>(digits(2));
    take("T");
    const chrono::hours hours(digits(2));
    take(":");
    const chrono::minutes minutes(digits(2));
    take(":");
    const chrono::seconds seconds(digits(2));
    take(".");
    const chrono::milliseconds milliseconds(digits(3));
    take("Z");
    const chrono::year_month_day date{chrono::year(year), chrono::month(month), chrono::day(day)};
    if (!date.ok() || hours.count() > 23 || minutes.count() > 59 || seconds.count() > 59) ok_ = false;
    const chrono::milliseconds since_epoch =
        chrono::sys_days(date).time_since_epoch() + hours + minutes + seconds + milliseconds;
    // The first millisecond that a nanosecond count can touch begins before its range does.
    constexpr auto kEarliest = chrono::ceil<chrono::milliseconds>(chrono::nanoseconds::min());
    return since_epoch < kEarliest ? chrono::nanoseconds::min() : chrono::nanoseconds(since_epoch);
  }

 private:
  template <typename Text>
  void json_escape(Text& out) {
    const char c = next();
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    if (const std::size_t i = kFrom.find(c); i != std::string_view::npos) {
      out.append(kTo.substr(i, 1));
      return;
    }
    if (c != 'u' || rest_.size() < 4) {
      ok_ = false;
      return;
    }
    unsigned code = 0;
    const std::from_chars_result result = std::from_chars(rest_.data(), rest_.data() + 4, code, 16);
    if (result.ptr != rest_.data() + 4 || (code >= 0xD800 && code <= 0xDFFF)) ok_ = false;
    rest_.remove_prefix(4);
    std::array<char, 3> bytes{};
    std::size_t size = 0;
    if (code < 0x80) {
      bytes[size++] = static_cast<char>(code);
    } else if (code < 0x800) {
      bytes[size++] = static_cast<char>(0xC0U | (code >> 6U));
      bytes[size++] = static_cast<char>(0x80U | (code & 0x3FU));
    } else {
      bytes[size++] = static_cast<char>(0xE0U | (code >> 12U));
      bytes[size++] = static_cast<char>(0x80U | ((code >> 6U) & 0x3FU));
      bytes[size++] = static_cast<char>(0x80U | (code & 0x3FU));
    }
    out.append({bytes.data(), size});
  }

  std::string_view rest_;
  bool ok_ = true;
};

inline bool parse_event(std::string_view name, platform::FlagEvent& event) {
  constexpr std::array<std::string_view, 7> kNames = {"raised", "ongoing", "cleared", "learned",
                                                      "start",  "stop",    "silent"};
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) {
      event = static_cast<platform::FlagEvent>(i);
      return true;
    }
  return false;
}

// The event as docs/flag-format.md defines it: every key, in order, no spaces, nothing after it.
inline bool parse_flag_json(std::string_view line, platform::Flag& flag) {
  flag = platform::Flag{};
  if (!valid_utf8(line)) return false;
  Scanner in(line);
  platform::FixedString<16> event;
  in.take("{\"v\":1,\"event\":");
  in.json_string(event);
  if (!parse_event(event, flag.event)) return false;
  in.take(",\"id\":");
  in.json_string(flag.id);
  in.take(",\"host\":");
  in.json_string(flag.host);
  in.take(",\"time\":\"");
  flag.wall = in.utc_time();
  in.take("\",\"model\":");
  in.json_string(flag.model);
  in.take(",\"surprise\":");
  flag.surprise = in.number_or_null();
  in.take(",\"log_super_epsilon\":");
  flag.log_super_epsilon = in.number_or_null();
  in.take(",\"threshold\":");
  flag.threshold = in.number_or_null();
  in.take(",\"duration_s\":");
  flag.duration_s = in.number_or_null();
  in.take(",\"features\":[");
  while (in.ok() && !in.peek(']')) {
    if (flag.feature_count == flag.features.size()) return false;
    if (flag.feature_count > 0) in.take(",");
    platform::FlagFeature& feature = flag.features[flag.feature_count++];
    in.take("{\"name\":");
    in.json_string(feature.name);
    in.take(",\"value\":");
    feature.value = in.number_or_null();
    in.take(",\"mean\":");
    feature.mean = in.number_or_null();
    in.take(",\"sd\":");
    feature.sd = in.number_or_null();
    in.take(",\"z\":");
    feature.z = in.number_or_null();
    in.take(",\"share\":");
    feature.share = in.number_or_null();
    in.take("}");
  }
  in.take("],\"processes\":[");
  while (in.ok() && !in.peek(']')) {
    if (flag.process_count == flag.processes.size()) return false;
    if (flag.process_count > 0) in.take(",");
    platform::FlagProcess& process = flag.processes[flag.process_count++];
    in.take("{\"comm\":");
    in.json_string(process.comm);
    in.take(",\"pid\":");
    process.pid = static_cast<std::int32_t>(in.number());
    in.take(",\"uid\":");
    process.uid = static_cast<std::uint32_t>(in.number());
    in.take(",\"what\":");
    in.json_string(process.what);
    in.take(",\"delta\":");
    process.delta = in.number_or_null();
    if (in.peek(',')) {
      in.take(",\"unit\":");
      in.json_string(process.unit);
    }
    in.take("}");
  }
  in.take("],\"text\":");
  in.json_string(flag.text);
  in.take("}");
  return in.ok() && in.at_end();
}

struct SdParam {
  std::string_view id;
  std::string_view name;
  platform::FixedString<256> value;  // unescaped
};

struct Rfc5424 {
  int priority = -1;
  std::chrono::nanoseconds time{0};
  std::string_view host, app_name, procid, msgid;
  std::array<SdParam, 32> params;
  std::size_t param_count = 0;
  std::string_view message;

  std::string_view param(std::string_view id, std::string_view name) const {
    for (std::size_t i = 0; i < param_count; ++i)
      if (params[i].id == id && params[i].name == name) return params[i].value;
    return {};
  }
  std::string_view param(std::string_view name) const { return param("epsilond@32473", name); }
};

inline bool printable_word(std::string_view word, std::size_t limit) {
  if (word.empty() || word.size() > limit) return false;
  for (const char c : word)
    if (c < 33 || c > 126) return false;
  return true;
}

// RFC 5424 section 6, with structured data required and unknown escapes and control characters refused.
inline bool parse_rfc5424(std::string_view datagram, Rfc5424& out) {
  out = Rfc5424{};
  if (!valid_utf8(datagram)) return false;
  for (const char c : datagram)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  Scanner in(datagram);
  in.take("<");
  const std::string_view priority = in.until('>');
  if (priority.empty() || priority.size() > 3 || (priority.size() > 1 && priority[0] == '0')) return false;
  std::from_chars(priority.data(), priority.data() + priority.size(), out.priority);
  if (out.priority < 0 || out.priority > 191) return false;
  in.take(">1 ");
  out.time = in.utc_time();
  const auto word = [&](std::size_t limit) {
    in.take(" ");
    const std::string_view text = in.until(' ');
    if (!printable_word(text, limit)) in.fail();
    return text;
  };
  out.host = word(255);
  out.app_name = word(48);
  out.procid = word(128);
  out.msgid = word(32);
  in.take(" ");
  if (!in.peek('[')) return false;
  while (in.ok() && in.peek('[')) {
    in.next();
    std::size_t length = 0;
    while (length < in.rest().size() && in.rest()[length] != ' ' && in.rest()[length] != ']') ++length;
    const std::string_view id = in.rest().substr(0, length);
    if (!printable_word(id, 32) || id.find_first_of("=]\"") != std::string_view::npos) return false;
    in.take(id);
    while (in.ok() && in.peek(' ')) {
      in.next();
      if (out.param_count == out.params.size()) return false;
      SdParam& param = out.params[out.param_count++];
      param.id = id;
      param.name = in.until('=');
      if (!printable_word(param.name, 32) || param.name.find_first_of("]\" ") != std::string_view::npos) return false;
      in.take("=\"");
      while (in.ok() && !in.peek('"')) {
        char c = in.next();
        if (c == ']') return false;
        if (c == '\\') {
          c = in.next();
          if (c != '"' && c != '\\' && c != ']') return false;
        }
        if (!param.value.append({&c, 1})) return false;
      }
      in.take("\"");
    }
    in.take("]");
  }
  if (!in.ok()) return false;
  if (in.at_end()) return true;
  in.take(" ");
  out.message = in.rest();
  return in.ok() && !out.message.empty();
}

}  // namespace epsilond::tests
