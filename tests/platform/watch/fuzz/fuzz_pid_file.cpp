#include "platform/watch/pid_file.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  const auto pid = epsilond::platform::parse_pid_file(text);
  if (!pid) return 0;
  promise(*pid > 0);
  const std::string_view line = text.substr(0, text.find('\n'));
  promise(line.find_first_of("0123456789") != line.npos);
  return 0;
}
