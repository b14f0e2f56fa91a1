#include "agent/config/config_lines.h"

#include <ini.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "agent/config/config_values.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_comment(std::string_view text) { return text.starts_with(';') || text.starts_with('#'); }

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none. RFC 3629, section 4.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  }
  if (length == 0 || text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  return length;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

class LineFeeder {
 public:
  LineFeeder(std::string_view text, LineSink& sink) : rest_(text), sink_(sink) {}

  // The next line for inih, or nothing at the end. Lines that only we understand go out empty, so that both count
  // alike.
  bool next(char* buffer, std::size_t capacity) {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool for_inih = judge(line) && line.size() < capacity;
    const std::size_t length = for_inih ? line.size() : 0;
    std::memcpy(buffer, line.data(), length);
    buffer[length] = '\0';
    return true;
  }

  void key(const char* name, const char* value) {
    ++keys_heard_;
    sink_.on_key(number_, name, trim(value));
  }
  // inih told us of as many keys as we gave it lines with one.
  bool agreed() const { return keys_heard_ == keys_given_; }

 private:
  // True for a line with a key. Everything else is dealt with here.
  bool judge(std::string_view line) {
    if (line.size() > kMaxLineBytes) return bad({}, "the line is longer than 199 bytes");
    if (const auto control = std::find_if(line.begin(), line.end(), is_control); control != line.end()) {
      std::array<char, 64> what;
      std::snprintf(what.data(), what.size(), "control character 0x%02x", static_cast<unsigned char>(*control));
      return bad({}, what.data());
    }
    if (!is_utf8(line)) return bad({}, "the line is not UTF-8");
    const std::string_view content = trim(line);
    if (content.empty() || is_comment(content)) return false;
    if (content.data() != line.data())
      return bad(content,
                 "the line is indented; a value may not go on over several lines, and keys begin at the first column");
    if (content.front() == '[') return section(content);
    return key_line(content);
  }

  bool section(std::string_view content) {
    const std::size_t end = content.find(']');
    if (end == std::string_view::npos) return bad(content, "the closing ] is missing");
    const std::string_view behind = trim(content.substr(end + 1));
    if (!behind.empty() && !is_comment(behind)) return bad(content, "text follows the closing ]");
    sink_.on_section(number_, trim(content.substr(1, end - 1)));
    return false;
  }

  bool key_line(std::string_view content) {
    const std::size_t equals = content.find('=');
    if (equals == std::string_view::npos) return bad(content, "\"=\" is missing; a line is: key = value");
    const std::string_view name = trim(content.substr(0, equals));
    if (name.empty()) return bad(content, "a key is missing before \"=\"");
    // Keeps inih out of trouble: it would cut a key at 49 bytes, at a colon and at a comment.
    constexpr std::size_t kMaxKeyBytes = 40;
    constexpr std::string_view kKeyLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (name.size() > kMaxKeyBytes) return bad(content, "the key is longer than 40 bytes");
    if (name.find_first_not_of(kKeyLetters) != std::string_view::npos)
      return bad(content, "the key \"" + std::string(name) + "\" has a character that is not a letter, a digit or _");
    ++keys_given_;
    return true;
  }

  bool bad(std::string_view text, std::string_view what) {
    sink_.on_bad_line(number_, text, what);
    return false;
  }

  std::string_view rest_;
  LineSink& sink_;
  unsigned number_ = 0;
  std::size_t keys_given_ = 0;
  std::size_t keys_heard_ = 0;
};

char* feed(char* buffer, int capacity, void* feeder) {
  if (capacity <= 0) return nullptr;
  return static_cast<LineFeeder*>(feeder)->next(buffer, static_cast<std::size_t>(capacity)) ? buffer : nullptr;
}

// inih hands out no line number, but it calls this right after it has taken the line from the feeder, which counts.
int hear(void* feeder, const char*, const char* name, const char* value) {
  static_cast<LineFeeder*>(feeder)->key(name, value);
  return 1;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void read_lines(std::string_view text, LineSink& sink) {
  if (text.size() > kMaxConfigBytes) {
    sink.on_bad_line(0, {}, "the file is larger than 256 KiB");
    return;
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  LineFeeder feeder(text, sink);
  const int line = ini_parse_stream(feed, &feeder, hear, &feeder);
  if (line != 0 || !feeder.agreed())
    sink.on_bad_line(static_cast<unsigned>(std::max(line, 0)), {},
                     "inih reads the file differently; please report this");
}

}  // namespace epsilond::agent
