// Output of sadf -d on any bytes, one file or several; with little memory, so that the bound is met too.

#include "tests/agent/history/fuzz/rows_pass.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const epsilond::agent::TableOptions options{
      .format = epsilond::agent::TableFormat::kSar, .columns = {}, .max_joined_bytes = 16384};
  epsilond::fuzz::check_files({reinterpret_cast<const char*>(data), size}, options);
  return 0;
}
