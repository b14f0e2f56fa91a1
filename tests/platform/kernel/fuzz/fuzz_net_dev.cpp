#include "platform/kernel/proc/net_dev.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  epsilond::platform::DeviceRows rows(epsilond::platform::DeviceKind::kInterface);
  if (!rows.update(text, nullptr)) return 0;
  const auto network = epsilond::platform::parse_net_dev(text, rows);
  if (network && rows.counted() == 0) promise(network->rx_bytes == 0 && network->errors == 0);
  return 0;
}
