#include "platform/kernel/proc/snmp.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto snmp = epsilond::platform::parse_snmp(text_of(data, size));
  if (!snmp) promise(snmp.error().context.view().starts_with("net/snmp: "));
  return 0;
}
