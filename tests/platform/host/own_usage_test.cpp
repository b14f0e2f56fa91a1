#include "platform/host/own_usage.h"

#include <cstdlib>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::OwnUsage;

namespace {

void memory_that_is_touched_is_resident(void**) {
  constexpr std::size_t kBytes = std::size_t{32} << 20U;
  const OwnUsage usage;
  const double before = usage.resident_bytes();
  volatile char* const memory = static_cast<char*>(std::malloc(kBytes));
  for (std::size_t i = 0; i < kBytes; i += 4096) memory[i] = 1;
  const double after = usage.resident_bytes();
  std::free(const_cast<char*>(memory));
  assert_true(before > 100e3);
  assert_true(after - before > 0.9 * static_cast<double>(kBytes));
}

void processor_time_only_grows(void**) {
  const OwnUsage usage;
  const double before = usage.cpu_s();
  volatile unsigned work = 0;
  while (usage.cpu_s() - before < 0.01) work = work + 1;
  assert_true(before >= 0.0);
  assert_true(work > 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(memory_that_is_touched_is_resident),
    cmocka_unit_test(processor_time_only_grows),
};
EPSILOND_TEST_MAIN(kTests)
