#pragma once
// What the harnesses of table readers ask of any file: rows add up, two passes agree, no value is beyond what a cell
// may be.

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/cell.h"
#include "agent/history/row_source.h"

namespace epsilond::fuzz {

struct Pass {
  std::uint64_t rows = 0;
  std::uint64_t good = 0;
  std::uint64_t malformed = 0;
  double sum = 0.0;
  bool failed = false;

  bool operator==(const Pass&) const = default;
};

inline Pass read_all(agent::RowSource& source) {
  Pass pass;
  agent::TableRow row;
  for (;;) {
    const agent::RowStatus status = source.next(row);
    pass.failed = status == agent::RowStatus::kError;
    if (status == agent::RowStatus::kEnd || pass.failed) break;
    if (status == agent::RowStatus::kMalformed) {
      if (source.malformed().reason.empty() || source.malformed().row + 1 != source.rows()) std::abort();
      continue;
    }
    ++pass.good;
    if (row.row + 1 != source.rows()) std::abort();
    for (std::size_t i = 0; i < source.feature_count(); ++i) {
      if (!row.present[i]) continue;
      const double value = row.values[static_cast<Eigen::Index>(i)];
      if (!(std::fabs(value) <= agent::kMaxMagnitude)) std::abort();
      pass.sum += value;
    }
    if (row.has_time && !std::isfinite(row.time_s)) std::abort();
    if (row.has_time && row.time_text.empty()) std::abort();
  }
  pass.rows = source.rows();
  pass.malformed = source.malformed_rows();
  if (pass.good + pass.malformed != pass.rows) std::abort();
  return pass;
}

inline void check_two_passes(agent::RowSource& source) {
  const Pass first = read_all(source);
  source.rewind();
  if (!(first == read_all(source))) std::abort();
}

// A file in memory that is written anew for every input.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("table", 0)) {
    char name[64];
    std::snprintf(name, sizeof name, "/proc/self/fd/%d", fd_);
    path_ = name;
  }
  bool write(std::string_view text) const {
    return ::ftruncate(fd_, 0) == 0 && ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  }
  const std::string& path() const { return path_; }

 private:
  int fd_;
  std::string path_;
};

// Reads `text` as one or, cut at each byte 0x01, as several files of `format`.
inline void check_files(std::string_view text, const agent::TableOptions& options) {
  static const MemoryFile files[3];
  std::vector<std::string> paths;
  for (const MemoryFile& file : files) {
    const std::size_t end = text.find('\x01');
    if (!file.write(text.substr(0, end))) return;
    paths.push_back(file.path());
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  std::string failed_file;
  const auto rows = agent::open_rows(paths, options, failed_file);
  if (rows) check_two_passes(**rows);
}

}  // namespace epsilond::fuzz
