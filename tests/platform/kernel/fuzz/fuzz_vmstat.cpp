#include "platform/kernel/proc/vmstat.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::platform::parse_vmstat;
using epsilond::platform::vmstat_is_enough;
using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  const auto stat = parse_vmstat(text);
  // A text that is read although its last line is cut is read the same without that line.
  const auto shorter = parse_vmstat(text.substr(0, text.rfind('\n') + 1));
  promise(static_cast<bool>(stat) == static_cast<bool>(shorter));
  if (stat) promise(stat->page_faults == shorter->page_faults && stat->major_faults == shorter->major_faults);
  if (const std::size_t enough = vmstat_is_enough(text); enough > 0)
    promise(enough <= text.size() && text[enough - 1] == '\n' &&
            text.substr(0, enough).find("pgmajfault ") != std::string_view::npos);
  return 0;
}
