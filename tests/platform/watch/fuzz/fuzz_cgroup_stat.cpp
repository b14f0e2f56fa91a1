#include "platform/watch/cgroup_stat.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

namespace {

bool every(const void*, std::string_view) { return true; }
bool none(const void*, std::string_view) { return false; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (const auto cpu = epsilond::platform::parse_cgroup_cpu(text)) promise(text.ends_with('\n'));
  if (const auto io = epsilond::platform::parse_cgroup_io(text, every, nullptr))
    promise(text.empty() || text.ends_with('\n'));
  if (const auto io = epsilond::platform::parse_cgroup_io(text, none, nullptr))
    promise(io->read_bytes == 0 && io->write_bytes == 0);
  if (epsilond::platform::parse_cgroup_number(text)) promise(text.find_first_not_of("0123456789\n") == text.npos);
  return 0;
}
