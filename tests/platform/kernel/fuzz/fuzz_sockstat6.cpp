#include "platform/kernel/proc/sockstat.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto sockets = epsilond::platform::parse_sockstat6(text_of(data, size));
  if (!sockets) promise(sockets.error().context.view().starts_with("net/sockstat6: "));
  return 0;
}
