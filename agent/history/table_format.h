#pragma once
// The formats of input tables, told apart by their first lines and never by the name of the file.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/result.h"

namespace epsilond::agent {

enum class TableFormat : std::uint8_t {
  kAuto,
  kCsv,
  kTsv,
  kPrmon,  // the text output of prmon
  kRrd,    // the output of `rrdtool fetch`
  kSar,    // the output of `sadf -d`
};

// How much of a file is looked at to tell its format.
inline constexpr std::size_t kFormatHeadBytes = std::size_t{16} * 1024;
// What parse_table_format() understands.
inline constexpr const char* kTableFormatWords = "auto, csv, tsv, prmon, rrd, sar";

std::optional<TableFormat> parse_table_format(std::string_view word);

// The format of a text that begins with `head`; what is none of the others is kCsv, or kTsv where the first line has
// more tabs than commas. Never kAuto.
TableFormat detect_table_format(std::string_view head);

// The format to read `head` in, where the operator named `wanted`. kMalformed when he named one and the content
// looks like another: the error says like which. A first line with commas and tabs may be either csv or tsv. Also
// kMalformed: `head` is shorter than kFormatHeadBytes and blank, or check_is_text() has something against it.
platform::Result<TableFormat> choose_table_format(TableFormat wanted, std::string_view head);

// "csv", "prmon's text output": for sentences.
const char* describe(TableFormat format);

// kMalformed when `line`, the first of a file, belongs to no text that is read here: UTF-16, a NUL byte, or the binary
// file of rrdtool or sysstat, with what to do instead.
platform::Result<void> check_is_text(std::string_view line);

// The separator that `header` uses more often, outside quotes: a comma or a tab.
char guess_separator(std::string_view header);

// Without the byte order mark that it may begin with.
std::string_view without_byte_order_mark(std::string_view text);
// Empty, or a lone '\r'.
inline bool is_blank_line(std::string_view line) { return line.empty() || line == "\r"; }

}  // namespace epsilond::agent
