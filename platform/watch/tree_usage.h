#pragma once
// What a service or a command uses and has used: the sum over its processes. What prmon measures, and descriptors.

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace epsilond::platform {

// Units are in the names. Counters never fall: not when a process ends, and not when the service is started anew.
enum class UsageField : std::uint8_t {
  // gauges: of the processes that are there
  kPssBytes,     // resident memory, a page shared by n processes counted as 1/n of it; smaps_rollup (Linux 4.14)
  kRssBytes,     // resident memory; a page that two of the processes share counts twice
  kSwapBytes,
  kVmemBytes,    // address space
  kMemoryBytes,  // charged to the control group, its page cache included; control groups only
  kProcesses,
  kThreads,
  kDescriptors,  // open files and sockets
  // counters
  kUserSeconds,
  kSystemSeconds,
  kReadChars,   // rchar: bytes that read() and its like returned, from wherever
  kWriteChars,  // wchar
  kReadBytes,   // read_bytes: fetched from storage
  kWriteBytes,  // write_bytes: sent, or to be sent, to storage
  kCount,
};

inline constexpr std::size_t kUsageFieldCount = static_cast<std::size_t>(UsageField::kCount);
inline constexpr std::size_t kFirstUsageCounter = static_cast<std::size_t>(UsageField::kUserSeconds);

class TreeUsage {
 public:
  // Doubles hold every integer below 2^53: 9 PB of bytes.
  void set(UsageField field, double value) {
    values_[index(field)] = value;
    present_.set(index(field));
  }
  void clear() { present_.reset(); }
  bool has(UsageField field) const { return present_.test(index(field)); }
  // The value; meaningless unless has(field).
  double value(UsageField field) const { return values_[index(field)]; }

  std::chrono::nanoseconds taken{0};  // the time that the reader was told

 private:
  static std::size_t index(UsageField field) { return static_cast<std::size_t>(field); }
  std::array<double, kUsageFieldCount> values_{};
  std::bitset<kUsageFieldCount> present_;
};

}  // namespace epsilond::platform
