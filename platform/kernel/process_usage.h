#pragma once
// What the processes of this machine had used at one look at all of them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "platform/kernel/proc/pid_stat.h"

namespace epsilond::platform {

// Left uninitialised on purpose: pages of a table that no process ever needed cost no memory.
struct ProcessUsage {
  static constexpr std::uint64_t kUnknownBytes = ~std::uint64_t{0};
  static constexpr std::uint32_t kUnknown = ~std::uint32_t{0};

  std::uint64_t start_ticks;     // USER_HZ after boot, as all ticks
  std::uint64_t cpu_ticks;       // its own, all threads
  std::uint64_t children_ticks;  // of children that it waited for
  std::uint64_t read_bytes;      // both from storage; kUnknownBytes where nobody could or did look
  std::uint64_t written_bytes;
  std::int32_t pid;
  std::int32_t parent_pid;
  std::uint32_t resident_pages;
  std::uint32_t threads;
  std::uint32_t descriptors;  // kUnknown as above
  char state;

  bool is_same_process(const ProcessUsage& other) const { return pid == other.pid && start_ticks == other.start_ticks; }
  bool is_zombie() const { return state == 'Z' && threads <= 1; }
};

// Without bytes and descriptors, which are unknown.
ProcessUsage usage_of(const PidStat& stat);

// Fixed size; no allocation ever. 64 bytes a process, of which only those that are filled take memory.
class UsageTable {
 public:
  static constexpr std::size_t kMost = 4096;  // of more, those that come last are not remembered

  void begin(std::chrono::nanoseconds now);
  void add(const ProcessUsage& usage);
  void end(std::chrono::nanoseconds now);

  bool complete() const { return complete_; }
  std::chrono::nanoseconds ended() const { return ended_; }
  // The middle of the look.
  std::chrono::nanoseconds taken() const { return began_ + (ended_ - began_) / 2; }
  std::span<const ProcessUsage> rows() const { return {rows_, size_}; }
  // Null if there is none of that number. Quick where processes were added in the order of their numbers.
  const ProcessUsage* find(std::int32_t pid) const;
  // A process that is not here began after the look, rather than having been overlooked.
  bool is_newer(const ProcessUsage& usage) const { return usage.start_ticks >= newest_start_; }

 private:
  bool complete_ = false;
  bool sorted_ = true;
  std::size_t size_ = 0;
  std::uint64_t newest_start_ = 0;
  std::chrono::nanoseconds began_{0};
  std::chrono::nanoseconds ended_{0};
  ProcessUsage rows_[kMost];
};

}  // namespace epsilond::platform
