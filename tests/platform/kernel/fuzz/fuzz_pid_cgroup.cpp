#include "platform/kernel/proc/pid_cgroup.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  const std::string_view unit = epsilond::platform::parse_pid_cgroup(text);
  if (unit.empty()) return 0;
  // A part of the text, of one line and one part of its path.
  promise(unit.data() >= text.data() && unit.data() + unit.size() <= text.data() + text.size());
  promise(unit.find('/') == std::string_view::npos && unit.find('\n') == std::string_view::npos && unit != "..");
  return 0;
}
