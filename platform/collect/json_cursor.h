#pragma once
// Reads JSON (RFC 8259) strictly and in one pass, from bytes that anybody may have sent: bounded in depth, no
// allocation, every failure final.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/emit/text_writer.h"
#include "platform/fixed_string.h"

namespace epsilond::platform {

// Each function reads one value with the blanks before it, and returns false where the text is not that; then nothing
// more is to be read.
class JsonCursor {
 public:
  static constexpr unsigned kDeepest = 8;
  static constexpr std::size_t kLongestKey = 64;

  explicit JsonCursor(std::string_view text) : rest_(text) {}

  // `take(name)` must read or skip the value of each member; false from it ends all. A name beyond kLongestKey is
  // handed out empty.
  template <typename Take>
  bool read_object(Take&& take) {
    if (!enter('{')) return false;
    if (leave('}')) return true;
    do {
      char key[kLongestKey];
      TextWriter name(key);
      if (!read_text(name) || !next(':') || !take(name.overflowed() ? std::string_view() : name.view())) return false;
    } while (next(','));
    return leave('}');
  }
  // `take()` must read or skip each element.
  template <typename Take>
  bool read_array(Take&& take) {
    if (!enter('[')) return false;
    if (leave(']')) return true;
    do {
      if (!take()) return false;
    } while (next(','));
    return leave(']');
  }
  // False also for one that does not fit whole.
  template <std::size_t Capacity>
  bool read_string(FixedString<Capacity>& out) {
    char buffer[Capacity];
    TextWriter writer(buffer);
    if (!read_text(writer) || writer.overflowed()) return false;
    out.assign(writer.view());
    return true;
  }
  // A finite number.
  bool read_number(double& out);
  // False, and nothing is read, for anything but null.
  bool read_null();
  // Any value, deep down to kDeepest.
  bool skip_value();
  // Nothing but blanks is left.
  bool at_end();

 private:
  void skip_blanks();
  bool next(char c);
  bool enter(char c);
  bool leave(char c);
  // Unescaped; what does not fit overflows the writer.
  bool read_text(TextWriter& out);
  bool read_escape(TextWriter& out);
  bool read_code_unit(std::uint32_t& out);

  std::string_view rest_;
  unsigned depth_ = 0;
};

}  // namespace epsilond::platform
