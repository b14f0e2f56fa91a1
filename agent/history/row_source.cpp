#include "agent/history/row_source.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/history/chained_rows.h"
#include "agent/history/rrd_reader.h"
#include "agent/history/sar_reader.h"
#include "agent/history/table_reader.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::InputFile;
using platform::make_error;
using platform::Result;

using Rows = std::unique_ptr<RowSource>;

template <typename Reader>
Result<Rows> rows_of(Result<Reader> reader) {
  if (!reader) return reader.error();
  return Rows(std::make_unique<Reader>(std::move(*reader)));
}

// Opens every file and settles their format. `failed_file` as in open_rows().
Result<std::vector<RowFile>> open_files(std::span<const std::string> paths, TableFormat wanted, TableFormat& format,
                                        std::string& failed_file) {
  std::vector<RowFile> files;
  std::array<char, kFormatHeadBytes> head;
  for (const std::string& path : paths) {
    failed_file = shown_name(path);
    Result<InputFile> input = InputFile::open(path.c_str());
    if (!input) return input.error();
    std::size_t have = 0;
    while (have < head.size()) {
      Result<std::size_t> count = input->read(std::span(head).subspan(have));
      if (!count) return count.error();
      if (*count == 0) break;
      have += *count;
    }
    input->rewind();
    Result<TableFormat> chosen = choose_table_format(wanted, {head.data(), have});
    if (!chosen) return chosen.error();
    if (files.empty())
      format = *chosen;
    else if (*chosen != format)
      return make_error(ErrorCode::kMalformed, 0, "the content looks like %s, but the first file is %s",
                        describe(*chosen), describe(format));
    files.push_back({std::move(*input), failed_file});
  }
  return files;
}

}  // namespace

std::string shown_name(const std::string& path) { return path == "-" ? "standard input" : path; }

Result<Rows> open_rows(std::span<const std::string> paths, const TableOptions& options, std::string& failed_file) {
  failed_file = shown_name(paths.front());
  if (paths.size() > kMaxRowFiles)
    return make_error(ErrorCode::kInvalid, 0, "at most %zu files, %zu given", kMaxRowFiles, paths.size());
  if (std::count(paths.begin(), paths.end(), "-") > 1) {
    failed_file = shown_name("-");
    return make_error(ErrorCode::kInvalid, 0, "is given twice, and can be read only once");
  }
  TableFormat format = TableFormat::kAuto;
  Result<std::vector<RowFile>> files = open_files(paths, options.format, format, failed_file);
  if (!files) return files.error();
  if (format == TableFormat::kRrd) return rows_of(RrdReader::open(std::move(*files), options, failed_file));
  if (files->size() > 1) return rows_of(ChainedRows::open(std::move(*files), format, options, failed_file));
  return open_row_file(std::move(files->front()), format, options, nullptr);
}

Result<Rows> open_row_file(RowFile file, TableFormat format, const TableOptions& options, const ColumnPlan* lead) {
  if (format == TableFormat::kSar) return rows_of(SarReader::open(std::move(file), options, lead));
  return rows_of(TableReader::open(std::move(file), format, options, lead));
}

}  // namespace epsilond::agent
