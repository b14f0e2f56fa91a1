// prmon's text output on any bytes, one file or several.

#include "tests/agent/history/fuzz/rows_pass.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const epsilond::agent::TableOptions options{.format = epsilond::agent::TableFormat::kPrmon, .columns = {}};
  epsilond::fuzz::check_files({reinterpret_cast<const char*>(data), size}, options);
  return 0;
}
