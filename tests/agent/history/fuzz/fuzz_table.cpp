// The csv/tsv reader on any bytes. Rows add up, two passes agree, and no value is beyond what a cell may be.

#include "agent/history/table_reader.h"

#include "tests/agent/history/fuzz/rows_pass.h"

using epsilond::agent::TableReader;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const epsilond::fuzz::MemoryFile file;
  if (!file.write({reinterpret_cast<const char*>(data), size})) return 0;
  auto reader = TableReader::open(file.path().c_str(), {});
  if (reader) epsilond::fuzz::check_two_passes(*reader);
  return 0;
}
