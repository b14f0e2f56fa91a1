#include "platform/kernel/proc/file_nr.h"
#include "tests/platform/kernel/fuzz/fuzz_text.h"

using epsilond::tests::promise;
using epsilond::tests::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto files = epsilond::platform::parse_file_nr(text_of(data, size));
  if (!files) promise(files.error().context.view().starts_with("sys/fs/file-nr: "));
  return 0;
}
