#include "agent/history/sar_blocks.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent/history/cell.h"
#include "agent/history/table_format.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kHeaderStart = "# hostname;interval;timestamp";
constexpr std::size_t kLeadingCells = 3;  // hostname, interval, timestamp
// First columns that name an instance: sysstat, rndr_stats.c and activity.c (hdr_line).
constexpr std::array<std::string_view, 13> kKinds = {
    "CPU", "INTR", "TTY", "DEV", "IFACE", "FILESYSTEM", "MOUNTPOINT", "FCHOST", "BUS", "FAN", "TEMP", "IN", "BAT"};

void split_at_semicolons(std::string_view text, std::vector<std::string_view>& cells) {
  cells.clear();
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    cells.push_back(text.substr(begin, end - begin));
    if (end == text.size()) return;
    begin = end + 1;
  }
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// What stands in front of the names of an instance's columns.
std::string prefix_of(std::string_view kind, std::string_view instance) {
  if (kind.empty()) return {};
  if (kind == "CPU" && (instance == "-1" || instance == "all")) return {};
  return (is_number(instance) ? lower(kind) : std::string()) + std::string(instance) + ".";
}

// The values of a list are those of all CPUs together, then of each.
std::string list_name(std::size_t index) { return index == 0 ? "all" : "cpu" + std::to_string(index - 1); }

}  // namespace

void SarBlocks::begin_segment() {
  ++segment_;
  current_ = nullptr;
}

void SarBlocks::rewind() { begin_segment(); }

SarLineKind SarBlocks::fail(SarLineKind kind, std::string reason) {
  reason_ = std::move(reason);
  return kind;
}

SarLineKind SarBlocks::read(std::string_view text, SarLine& line) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.starts_with(kHeaderStart)) return read_header(text);
  if (text.find('\0') != std::string_view::npos) return fail(SarLineKind::kMalformed, "a NUL byte");
  split_at_semicolons(text, cells_);
  if (cells_.size() <= kLeadingCells)
    return fail(SarLineKind::kMalformed, "'" + printable(text) + "' is no line of sadf -d");
  if (cells_[1] == "-1") {
    if (cells_[3].starts_with("LINUX-RESTART")) return SarLineKind::kRestart;
    if (cells_[3].starts_with("COM ")) return SarLineKind::kComment;
  }
  return read_data(line);
}

SarLineKind SarBlocks::read_header(std::string_view text) {
  if (text.size() > kMaxHeaderBytes) return fail(SarLineKind::kUnusable, "a header of more than 16384 bytes");
  if (text.find("[...]") != std::string_view::npos)
    return fail(SarLineKind::kUnusable, "instances side by side in one line: leave out the option -h of sadf");
  const auto [found, is_new] = blocks_.try_emplace(std::string(text));
  Block& block = found->second;
  current_ = &block;
  if (is_new) {
    if (blocks_.size() > kMaxBlocks) return fail(SarLineKind::kUnusable, "more than 1024 different headers");
    split_at_semicolons(text, cells_);
    if (std::any_of(cells_.begin(), cells_.end(), [](std::string_view name) { return name.size() > kMaxNameBytes; }))
      return fail(SarLineKind::kUnusable, "a name of more than 256 bytes in a header");
    std::span<const std::string_view> names(cells_);
    names = names.subspan(std::min(names.size(), kLeadingCells));
    if (!names.empty() && std::find(kKinds.begin(), kKinds.end(), names[0]) != kKinds.end()) {
      block.kind = names[0];
      names = names.subspan(1);
    }
    block.is_list = names.size() == 1 && names[0].ends_with('*');
    block.names.assign(names.begin(), names.end());
  }
  if (block.segment == segment_) return SarLineKind::kRecurringHeader;
  block.segment = segment_;
  block.run = 0;
  block.last_time_s = -std::numeric_limits<double>::infinity();
  return SarLineKind::kHeader;
}

SarLineKind SarBlocks::read_data(SarLine& line) {
  if (current_ == nullptr) return fail(SarLineKind::kMalformed, "no header stands above this line");
  if (!read_time(line))
    return fail(SarLineKind::kMalformed,
                "'" + printable(cells_[2]) + "' is neither epoch seconds nor YYYY-MM-DD HH:MM:SS");
  Block& block = *current_;
  const bool has_instances = !block.kind.empty();
  instance_ = has_instances ? cells_[kLeadingCells] : std::string_view();
  line.values = std::span<const std::string_view>(cells_).subspan(kLeadingCells + (has_instances ? 1 : 0));
  if (instance_.size() > kMaxNameBytes) return fail(SarLineKind::kMalformed, "a name of more than 256 bytes");
  const std::size_t count = line.values.size();
  if (count == 0 || (!block.is_list && count != block.names.size()))
    return fail(SarLineKind::kMalformed, std::to_string(count) + (count == 1 ? " value, " : " values, ") +
                                             std::to_string(block.names.size()) + " in the header above");
  Series& series = block.series[instance_];
  if (series.columns.size() < count && !add_columns(block, instance_, series, count))
    return fail(SarLineKind::kUnusable, "more than 65536 columns");
  find_place(block, series, line.place);
  line.columns = series.columns;
  return SarLineKind::kData;
}

// `2026-11-22 10:00:01 UTC`, without a zone for local time, or epoch seconds.
bool SarBlocks::read_time(SarLine& line) {
  constexpr std::size_t kDateBytes = 19;
  std::string_view text = cells_[2];
  std::string_view zone;
  if (text.size() > kDateBytes && text[kDateBytes] == ' ') {
    zone = text.substr(kDateBytes + 1);
    text = text.substr(0, kDateBytes);
  }
  const std::optional<double> time_s = parse_timestamp(text);
  if (!time_s) return false;
  line.time_text = text;
  line.is_local_time = text.size() == kDateBytes && text[4] == '-' && zone != "UTC";
  line.place = {.run = 0, .time_s = *time_s, .repeat = 0};
  return true;
}

bool SarBlocks::add_columns(const Block& block, std::string_view instance, Series& series, std::size_t count) {
  if (names_.size() + count > kMaxColumns) return false;
  const std::string prefix = prefix_of(block.kind, instance);
  for (std::size_t i = series.columns.size(); i < count; ++i) {
    series.columns.push_back(static_cast<std::uint32_t>(names_.size()));
    names_.push_back(unique_name(prefix + (block.is_list ? list_name(i) : block.names[i])));
  }
  return true;
}

std::string SarBlocks::unique_name(std::string name) {
  for (;;) {
    const std::uint32_t uses = ++uses_[name];
    if (uses == 1) return name;
    name += "#" + std::to_string(uses);
  }
}

void SarBlocks::find_place(Block& block, Series& series, SarPlace& place) const {
  if (place.time_s < block.last_time_s) ++block.run;
  block.last_time_s = place.time_s;
  place.run = block.run;
  const bool again = series.segment == segment_ && series.last.run == place.run && series.last.time_s == place.time_s;
  place.repeat = again ? series.last.repeat + 1 : 0;
  series.segment = segment_;
  series.last = place;
}

}  // namespace epsilond::agent
