// Any bytes as one file or several of any format: what is found by the content, and csv files behind one another.

#include "tests/agent/history/fuzz/rows_pass.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  epsilond::fuzz::check_files({reinterpret_cast<const char*>(data), size}, {});
  return 0;
}
