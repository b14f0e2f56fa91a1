#include "platform/kernel/proc/smaps_rollup.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (const auto swap = epsilond::platform::parse_status_swap_bytes(text)) {
    promise(*swap % 1024 == 0);
    promise(text.find("VmSwap:") != std::string_view::npos);
  }
  const auto memory = epsilond::platform::parse_smaps_rollup(text);
  if (!memory) return 0;
  promise(text.ends_with('\n') && text.find("Pss:") != std::string_view::npos);
  promise(memory->pss_bytes % 1024 == 0 && memory->swap_bytes % 1024 == 0);
  return 0;
}
