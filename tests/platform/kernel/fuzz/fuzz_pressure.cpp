#include "platform/kernel/proc/pressure.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto pressure = epsilond::platform::parse_pressure("pressure/io", text_of(data, size));
  if (!pressure) promise(pressure.error().context.view().starts_with("pressure/io: "));
  return 0;
}
