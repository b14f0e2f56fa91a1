#include "platform/kernel/proc/parse_error.h"

#include <cstddef>

namespace epsilond::platform {
namespace {

FixedString<40> quotable(std::string_view text) {
  FixedString<40> shown;
  for (const char c : text) {
    const char safe = c >= ' ' && c <= '~' ? c : '?';
    if (!shown.append(std::string_view(&safe, 1))) break;
  }
  return shown;
}

}  // namespace

Result<void> require_whole_lines(const char* file, std::string_view text) {
  if (text.empty()) return make_error(ErrorCode::kMalformed, 0, "%s: empty", file);
  if (text.back() != '\n') return make_error(ErrorCode::kMalformed, 0, "%s: ends inside a line", file);
  return {};
}

Error missing_key(const char* file, std::string_view key) {
  return make_error(ErrorCode::kMalformed, 0, "%s: %s missing", file, quotable(key).c_str());
}

Error bad_value(const char* file, std::string_view key, std::string_view text) {
  return make_error(ErrorCode::kMalformed, 0, "%s: %s malformed: \"%s\"", file, quotable(key).c_str(),
                    quotable(text).c_str());
}

Error sum_overflow(const char* file) {
  return make_error(ErrorCode::kMalformed, 0, "%s: a sum does not fit in 64 bits", file);
}

bool add_product(std::uint64_t& sum, std::uint64_t value, std::uint64_t factor) {
  std::uint64_t product = 0;
  std::uint64_t total = 0;
  if (__builtin_mul_overflow(value, factor, &product) || __builtin_add_overflow(sum, product, &total)) return false;
  sum = total;
  return true;
}

}  // namespace epsilond::platform
