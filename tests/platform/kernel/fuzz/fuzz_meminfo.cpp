#include "platform/kernel/proc/meminfo.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto memory = epsilond::platform::parse_meminfo(text_of(data, size));
  if (memory) promise(memory->total_bytes % 1024 == 0);
  return 0;
}
