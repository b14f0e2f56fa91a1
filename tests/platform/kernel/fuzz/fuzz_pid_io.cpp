#include "platform/kernel/proc/pid_io.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  const auto io = epsilond::platform::parse_pid_io(text);
  if (!io) return 0;
  promise(text.ends_with('\n'));
  promise(text.find("read_bytes:") != std::string_view::npos && text.find("write_bytes:") != std::string_view::npos);
  return 0;
}
