#include "agent/history/row_source.h"

#include <utility>

#include "agent/history/table_reader.h"

namespace epsilond::agent {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

std::string shown_name(const std::string& path) { return path == "-" ? "standard input" : path; }

Result<std::unique_ptr<RowSource>> open_rows(std::span<const std::string> paths, const TableOptions& options,
                                             std::string& failed_file) {
  failed_file = shown_name(paths.front());
  if (paths.size() != 1) return make_error(ErrorCode::kInvalid, 0, "one file, %zu given", paths.size());
  Result<TableReader> reader = TableReader::open(paths.front().c_str(), options);
  if (!reader) return reader.error();
  return std::unique_ptr<RowSource>(std::make_unique<TableReader>(std::move(*reader)));
}

}  // namespace epsilond::agent
