#include "agent/history/table_format.h"

#include <algorithm>
#include <array>

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

struct FormatWord {
  std::string_view word;
  TableFormat format;
  const char* description;
};

constexpr std::array kFormats = {
    FormatWord{"auto", TableFormat::kAuto, "a table"},
    FormatWord{"csv", TableFormat::kCsv, "csv"},
    FormatWord{"tsv", TableFormat::kTsv, "tsv"},
    FormatWord{"prmon", TableFormat::kPrmon, "prmon's text output"},
    FormatWord{"rrd", TableFormat::kRrd, "the output of rrdtool fetch"},
    FormatWord{"sar", TableFormat::kSar, "the output of sadf -d"},
};

// Columns of prmon's monitors: https://github.com/HSF/prmon, doc/ and package/src/*mon.cpp.
constexpr std::array<std::string_view, 20> kPrmonColumns = {
    "utime",      "stime",    "pss",        "rss",        "swap",     "vmem",        "rchar",
    "wchar",      "nprocs",   "nthreads",   "read_bytes", "rx_bytes", "write_bytes", "tx_bytes",
    "rx_packets", "gpufbmem", "tx_packets", "gpumempct",  "gpusmpct", "ngpus"};
// A table with a column "Time" and so many of these is prmon's.
constexpr std::size_t kFewPrmonColumns = 3;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Takes the first line that is not blank off the front of `text`.
std::string_view take_line(std::string_view& text) {
  std::string_view line;
  do {
    const std::size_t end = std::min(text.find('\n'), text.size());
    line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  } while (is_blank_line(line) && !text.empty());
  return line;
}

// `920804700: 1.0e+00 nan`
bool looks_like_rrd_row(std::string_view line) {
  const std::size_t first = std::min(line.find_first_not_of(' '), line.size());
  std::size_t at = first;
  while (at < line.size() && is_digit(line[at])) ++at;
  if (at == first || at == line.size() || line[at] != ':') return false;
  return at + 1 == line.size() || is_blank(line[at + 1]);
}

bool looks_like_rrd(std::string_view first, std::string_view second) {
  return looks_like_rrd_row(first) || (looks_like_rrd_row(second) && first.find_first_of(",;:\"") == first.npos);
}

bool looks_like_sar(std::string_view first) {
  if (first.starts_with("# hostname;interval;timestamp")) return true;
  const std::size_t host = first.find(';');
  if (host == first.npos || !first.substr(host).starts_with(";-1;")) return false;
  const std::size_t time = first.find(';', host + 4);
  return time != first.npos &&
         (first.substr(time).starts_with(";LINUX-RESTART") || first.substr(time).starts_with(";COM "));
}

bool looks_like_prmon(std::string_view first) {
  if (first.find_first_of(",;\"") != first.npos) return false;
  bool has_time = false;
  std::size_t known = 0;
  for (std::size_t at = 0; at < first.size();) {
    const std::size_t begin = at;
    while (at < first.size() && !is_blank(first[at])) ++at;
    const std::string_view word = first.substr(begin, at - begin);
    has_time |= word == "Time";
    if (word == "wtime") known += kFewPrmonColumns;  // nobody else has it; the others are words of every monitor
    known += std::find(kPrmonColumns.begin(), kPrmonColumns.end(), word) != kPrmonColumns.end() ? 1U : 0U;
    while (at < first.size() && is_blank(first[at])) ++at;
  }
  return has_time && known >= kFewPrmonColumns;
}

bool is_separated(TableFormat format) { return format == TableFormat::kCsv || format == TableFormat::kTsv; }

}  // namespace

std::optional<TableFormat> parse_table_format(std::string_view word) {
  for (const FormatWord& entry : kFormats)
    if (entry.word == word) return entry.format;
  return std::nullopt;
}

const char* describe(TableFormat format) {
  for (const FormatWord& entry : kFormats)
    if (entry.format == format) return entry.description;
  return "a table";
}

TableFormat detect_table_format(std::string_view head) {
  head = without_byte_order_mark(head);
  const std::string_view first = take_line(head);
  const std::string_view second = take_line(head);
  if (looks_like_sar(first)) return TableFormat::kSar;
  if (looks_like_rrd(first, second)) return TableFormat::kRrd;
  if (looks_like_prmon(first)) return TableFormat::kPrmon;
  return guess_separator(first) == '\t' ? TableFormat::kTsv : TableFormat::kCsv;
}

Result<TableFormat> choose_table_format(TableFormat wanted, std::string_view head) {
  const TableFormat found = detect_table_format(head);
  std::string_view rest = without_byte_order_mark(head);
  const std::string_view first = take_line(rest);
  if (Result<void> text = check_is_text(first); !text) return text.error();
  if (is_blank_line(first) && head.size() < kFormatHeadBytes)
    return make_error(ErrorCode::kMalformed, 0, "the file is empty");
  if (wanted == TableFormat::kAuto || wanted == found) return found;
  const bool separated = first.find_first_of(",\t") != first.npos;
  if (is_separated(wanted) && is_separated(found)) {
    if (!separated || first.find(wanted == TableFormat::kCsv ? ',' : '\t') != first.npos) return wanted;
  }
  const char* like = describe(found);
  if (is_separated(found) && !separated)
    like = first.find(';') != first.npos ? "text with semicolons" : "text without columns";
  return make_error(ErrorCode::kMalformed, 0, "this is not %s: the content looks like %s", describe(wanted), like);
}

Result<void> check_is_text(std::string_view line) {
  const char* what = nullptr;
  if (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF"))
    what = "the text is UTF-16: convert it to UTF-8";
  else if (line.starts_with(std::string_view("RRD\0", 4)))
    what = "this is the database itself: give the output of 'rrdtool fetch FILE AVERAGE'";
  else if (line.starts_with("\x96\xD5") || line.starts_with("\xD5\x96"))
    what = "this is sysstat's binary file: give the output of 'sadf -d FILE -- -A'";
  else if (line.find('\0') != line.npos)
    what = "the header holds a NUL byte: not a text file";
  if (what == nullptr) return {};
  return make_error(ErrorCode::kMalformed, 0, "%s", what);
}

char guess_separator(std::string_view header) {
  std::size_t commas = 0;
  std::size_t tabs = 0;
  bool quoted = false;
  for (const char c : header) {
    if (c == '"') quoted = !quoted;
    commas += !quoted && c == ',' ? 1U : 0U;
    tabs += !quoted && c == '\t' ? 1U : 0U;
  }
  return tabs > commas ? '\t' : ',';
}

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

}  // namespace epsilond::agent
