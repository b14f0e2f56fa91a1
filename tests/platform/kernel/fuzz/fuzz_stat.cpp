#include "platform/kernel/proc/stat.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto stat = epsilond::platform::parse_stat(text_of(data, size));
  if (!stat) return 0;
  const epsilond::platform::CpuTicks& cpu = stat->cpu;
  promise(cpu.user + cpu.system + cpu.idle + cpu.iowait + cpu.irq + cpu.steal == cpu.total);
  return 0;
}
