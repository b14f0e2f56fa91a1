#include "platform/kernel/proc/loadavg.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto loads = epsilond::platform::parse_loadavg(text_of(data, size));
  if (loads) promise(loads->load_1min >= 0 && loads->load_5min >= 0 && loads->load_15min >= 0);
  return 0;
}
