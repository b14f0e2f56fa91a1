#include "platform/kernel/process_usage.h"

#include <algorithm>

#include "platform/kernel/pid_rows.h"

namespace epsilond::platform {

ProcessUsage usage_of(const PidStat& stat) {
  constexpr std::int64_t kMostPages = ProcessUsage::kUnknown - 1;
  ProcessUsage usage;
  usage.start_ticks = stat.start_ticks;
  usage.cpu_ticks = stat.user_ticks + stat.system_ticks;
  usage.children_ticks = stat.children_ticks;
  usage.read_bytes = usage.written_bytes = ProcessUsage::kUnknownBytes;
  usage.pid = stat.pid;
  usage.parent_pid = stat.parent_pid;
  usage.resident_pages = static_cast<std::uint32_t>(std::clamp(stat.resident_pages, std::int64_t{0}, kMostPages));
  usage.threads = stat.threads;
  usage.descriptors = ProcessUsage::kUnknown;
  usage.state = stat.state;
  return usage;
}

void UsageTable::begin(std::chrono::nanoseconds now) {
  complete_ = false;
  sorted_ = true;
  size_ = 0;
  newest_start_ = 0;
  began_ = ended_ = now;
}

void UsageTable::add(const ProcessUsage& usage) {
  newest_start_ = std::max(newest_start_, usage.start_ticks);
  if (size_ == kMost) return;
  sorted_ = sorted_ && (size_ == 0 || rows_[size_ - 1].pid < usage.pid);
  rows_[size_++] = usage;
}

void UsageTable::end(std::chrono::nanoseconds now) {
  ended_ = now;
  complete_ = true;
}

const ProcessUsage* UsageTable::find(std::int32_t pid) const { return find_pid(rows(), sorted_, pid); }

}  // namespace epsilond::platform
