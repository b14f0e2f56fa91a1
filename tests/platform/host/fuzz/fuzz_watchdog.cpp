// What a service manager asks for in the environment, from any two texts: taken only if both are plain positive numbers
// and the second, where there is one, is our process.
//
// The input: WATCHDOG_USEC, a byte 1, and WATCHDOG_PID, which is absent without that byte.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/host/readiness.h"
#include "tests/support/fuzz_source.h"

using epsilond::platform::parse_watchdog;
using epsilond::tests::require_promise;

namespace {

constexpr long kPid = 4411;

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A variable of the environment ends at its first zero byte.
  std::string usec(reinterpret_cast<const char*>(data), size);
  const std::size_t end = usec.find('\x01');
  std::string pid = end == std::string::npos ? std::string() : usec.substr(end + 1);
  usec.resize(std::min(end, usec.size()));
  usec.resize(std::min(usec.find('\0'), usec.size()));
  pid.resize(std::min(pid.find('\0'), pid.size()));
  const bool has_pid = end != std::string::npos;
  const auto time = parse_watchdog(usec.c_str(), has_pid ? pid.c_str() : nullptr, kPid);
  require_promise(!parse_watchdog(nullptr, has_pid ? pid.c_str() : nullptr, kPid));
  if (!time) return 0;
  require_promise(time->count() > 0 && is_number(usec));
  require_promise(!has_pid || is_number(pid));
  // Whoever is not asked is not asked, whatever the time.
  require_promise(!has_pid || !parse_watchdog(usec.c_str(), pid.c_str(), kPid + 1));
  return 0;
}
