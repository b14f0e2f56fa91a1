#include "platform/kernel/proc/pid_stat.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  const auto stat = epsilond::platform::parse_pid_stat(text);
  if (!stat) return 0;
  promise(stat->pid > 0);
  // The name is a part of the text, and no ") " comes after the one that ends it.
  promise(stat->comm.data() >= text.data() && stat->comm.data() + stat->comm.size() < text.data() + text.size());
  const std::string_view rest =
      text.substr(static_cast<std::size_t>(stat->comm.data() - text.data()) + stat->comm.size());
  promise(rest.starts_with(") ") && rest.substr(1).find(") ") == std::string_view::npos);
  return 0;
}
