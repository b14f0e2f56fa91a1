#include "platform/kernel/proc/diskstats.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  epsilond::platform::DeviceRows rows(epsilond::platform::DeviceKind::kDisk);
  if (!rows.update(text, nullptr)) return 0;
  const auto disks = epsilond::platform::parse_diskstats(text, rows);
  if (disks) promise(disks->read_bytes % 512 == 0 && disks->write_bytes % 512 == 0);
  if (disks && rows.counted() == 0) promise(disks->operations == 0 && disks->busy_ms == 0);
  return 0;
}
