#include "platform/kernel/proc/stat.h"

#include <array>
#include <cstddef>
#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {
namespace {

constexpr const char* kFile = "stat";

// The columns of the "cpu" line. The guest columns that follow are already inside user and nice.
enum CpuColumn : std::size_t { kUser, kNice, kSystem, kIdle, kIowait, kIrq, kSoftirq, kSteal, kCpuColumns };
constexpr std::size_t kLeastCpuColumns = kIdle + 1;

std::optional<CpuTicks> parse_cpu(FieldCursor fields) {
  std::array<std::uint64_t, kCpuColumns> ticks{};
  CpuTicks cpu;
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const std::optional<std::string_view> field = fields.next();
    if (!field && i >= kLeastCpuColumns) break;
    const std::optional<std::uint64_t> value = field ? parse_integer<std::uint64_t>(*field) : std::nullopt;
    if (!value || !add_product(cpu.total, *value)) return std::nullopt;
    ticks[i] = *value;
  }
  // None of these sums overflows: each is a part of the total.
  cpu.user = ticks[kUser] + ticks[kNice];
  cpu.system = ticks[kSystem];
  cpu.idle = ticks[kIdle];
  cpu.iowait = ticks[kIowait];
  cpu.irq = ticks[kIrq] + ticks[kSoftirq];
  cpu.steal = ticks[kSteal];
  return cpu;
}

struct Key {
  std::string_view name;
  std::uint64_t SystemStat::*member;
};
constexpr std::array kKeys = {
    Key{"intr", &SystemStat::interrupts},       Key{"ctxt", &SystemStat::context_switches},
    Key{"processes", &SystemStat::forks},       Key{"procs_running", &SystemStat::running},
    Key{"procs_blocked", &SystemStat::blocked},
};

}  // namespace

Result<SystemStat> parse_stat(std::string_view text) {
  if (const Result<void> whole = require_whole_lines(kFile, text); !whole) return whole.error();
  SystemStat stat;
  bool has_cpu = false;
  std::array<bool, kKeys.size()> has_key{};
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    FieldCursor fields(*line);
    const std::string_view key = fields.next().value_or(std::string_view());
    if (key == "cpu") {
      const std::optional<CpuTicks> cpu = parse_cpu(fields);
      if (!cpu) return bad_value(kFile, key, *line);
      stat.cpu = *cpu;
      has_cpu = true;
      continue;
    }
    if (key.starts_with("cpu")) {
      ++stat.cpu_count;
      continue;
    }
    for (std::size_t i = 0; i < kKeys.size(); ++i) {
      if (key != kKeys[i].name) continue;
      const std::optional<std::uint64_t> value = fields.next_unsigned();
      if (!value) return bad_value(kFile, key, *line);
      stat.*kKeys[i].member = *value;
      has_key[i] = true;
    }
  }
  if (!has_cpu) return missing_key(kFile, "cpu");
  for (std::size_t i = 0; i < kKeys.size(); ++i)
    if (!has_key[i]) return missing_key(kFile, kKeys[i].name);
  return stat;
}

}  // namespace epsilond::platform
