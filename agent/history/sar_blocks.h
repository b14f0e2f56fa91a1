#pragma once
// The lines of `sadf -d`: which block each belongs to, for which instance and time, and in which columns its values go.
//
// sadf(1), sysstat 11 and 12. The output is blocks, one per activity, each under a header such as
//   # hostname;interval;timestamp;DEV;tps;rkB/s
//   vm;600;2026-11-22 10:00:01 UTC;sda;1.00;4.00
// one behind the other up to the next restart of the machine (`vm;-1;...;LINUX-RESTART`), then the same again.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/history/table_columns.h"

namespace epsilond::agent {

enum class SarLineKind : std::uint8_t {
  kData,
  kHeader,
  kRecurringHeader,  // of a block that the segment has had already: another output begins here
  kRestart,
  kComment,
  kMalformed,  // reason() says why
  kUnusable,   // the file cannot be read at all: reason() says why
};

// Where a line belongs among the rows of its segment; rows come in this order.
struct SarPlace {
  std::uint32_t run = 0;  // how often the clock was set back before
  double time_s = 0.0;
  std::uint32_t repeat = 0;  // how often the same instance had this time before
  auto operator<=>(const SarPlace&) const = default;
};

struct SarLine {
  SarPlace place;
  std::string_view time_text;  // without the zone
  bool is_local_time = false;  // a date that does not say UTC
  std::span<const std::string_view> values;
  std::span<const std::uint32_t> columns;  // of each value: its place in names()
};

class SarBlocks {
 public:
  static constexpr std::size_t kMaxColumns = std::size_t{1} << 16U;
  static constexpr std::size_t kMaxBlocks = 1024;
  static constexpr std::size_t kMaxHeaderBytes = std::size_t{16} * 1024;
  static constexpr std::size_t kMaxNameBytes = 256;  // of a column in a header, and of an instance

  // What `text`, a line without its end, is. `line` is set for kData only, and valid until the next call or as long as
  // the text. Columns are added as their instances are met; their order is that of the file.
  SarLineKind read(std::string_view text, SarLine& line);
  // Times from now on are not compared with those before: after a restart, a recurring header, or at the start.
  void begin_segment();
  // The file is read once more; columns stay.
  void rewind();

  // NAME; INSTANCE.NAME for one of several devices, interfaces, ...; in lower case the kind in front of an instance
  // that is a number (cpu0.%user). The CPU -1, which is all of them, has plain names. A name that another block has
  // already gets "#2" behind it.
  const std::vector<std::string>& names() const { return names_; }
  const std::string& reason() const { return reason_; }

 private:
  struct Series {
    std::vector<std::uint32_t> columns;
    std::uint64_t segment = 0;
    SarPlace last;
  };
  struct Block {
    std::string kind;  // "DEV", "CPU", ...: what the instances are; empty where there are none
    std::vector<std::string> names;
    bool is_list = false;  // one name with a star stands for any number of values
    std::unordered_map<std::string, Series> series;
    std::uint64_t segment = 0;
    std::uint32_t run = 0;
    double last_time_s = -std::numeric_limits<double>::infinity();
  };

  SarLineKind read_header(std::string_view text);
  SarLineKind read_data(SarLine& line);
  bool read_time(SarLine& line);
  bool add_columns(const Block& block, std::string_view instance, Series& series, std::size_t count);
  std::string unique_name(std::string name);
  void find_place(Block& block, Series& series, SarPlace& place) const;
  SarLineKind fail(SarLineKind kind, std::string reason);

  std::unordered_map<std::string, Block> blocks_;
  Block* current_ = nullptr;
  std::uint64_t segment_ = 1;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> uses_;  // of a name, over all blocks
  std::vector<std::string_view> cells_;
  std::string instance_;
  std::string reason_;
};

}  // namespace epsilond::agent
