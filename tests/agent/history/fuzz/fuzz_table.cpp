// The csv/tsv reader on any bytes. Rows add up, two passes agree, and no value is beyond what a cell may be.

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "agent/history/cell.h"
#include "agent/history/table_reader.h"

using epsilond::agent::RowStatus;
using epsilond::agent::TableReader;
using epsilond::agent::TableRow;

namespace {

struct Pass {
  std::uint64_t rows = 0;
  std::uint64_t good = 0;
  std::uint64_t malformed = 0;
  double sum = 0.0;
};

Pass read_all(TableReader& reader) {
  Pass pass;
  TableRow row;
  for (;;) {
    const RowStatus status = reader.next(row);
    if (status == RowStatus::kEnd || status == RowStatus::kError) break;
    if (status == RowStatus::kMalformed) continue;
    ++pass.good;
    for (std::size_t i = 0; i < reader.feature_count(); ++i) {
      if (!row.present[i]) continue;
      const double value = row.values[static_cast<Eigen::Index>(i)];
      if (!(std::fabs(value) <= epsilond::agent::kMaxMagnitude)) std::abort();
      pass.sum += value;
    }
    if (row.has_time && !std::isfinite(row.time_s)) std::abort();
  }
  pass.rows = reader.rows();
  pass.malformed = reader.malformed_rows();
  if (pass.good + pass.malformed != pass.rows) std::abort();
  return pass;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int fd = memfd_create("table", 0);
  static char path[64];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != static_cast<ssize_t>(size)) return 0;
  auto reader = TableReader::open(path, {});
  if (!reader) return 0;
  const Pass first = read_all(*reader);
  reader->rewind();
  const Pass second = read_all(*reader);
  if (first.rows != second.rows || first.malformed != second.malformed || first.sum != second.sum) std::abort();
  return 0;
}
