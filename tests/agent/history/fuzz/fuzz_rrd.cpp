// Output of rrdtool fetch on any bytes, one file or several that are joined.

#include "tests/agent/history/fuzz/rows_pass.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const epsilond::agent::TableOptions options{.format = epsilond::agent::TableFormat::kRrd, .columns = {}};
  epsilond::fuzz::check_files({reinterpret_cast<const char*>(data), size}, options);
  return 0;
}
