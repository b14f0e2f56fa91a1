#pragma once
// What was read from the kernel in one pass: gauges and raw counters, as the kernel gives them, before any rate.

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace epsilond::platform {

// Units are in the names. Counters only grow (until a reset or a wrap); gauges may move both ways.
enum class SampleField : std::uint8_t {
  // gauges
  kLoad1Min,
  kLoad5Min,
  kLoad15Min,
  kMemTotalBytes,
  kMemUsedBytes,       // MemTotal - MemAvailable
  kMemAvailableBytes,  // MemAvailable (Linux 3.14); absent where the kernel does not say
  kMemSharedBytes,     // Shmem: tmpfs and shared memory
  kSwapUsedBytes,      // SwapTotal - SwapFree
  kProcesses,          // all processes, zombies and kernel threads included
  kRunning,            // runnable tasks, this one included
  kBlocked,            // processes in uninterruptible sleep (state D)
  kZombies,            // zombies seen in at least two scans
  kThreads,            // all tasks of the system
  kOpenFiles,          // allocated file handles
  kTcpSockets,         // TCP sockets in use, IPv4 and IPv6
  kCpuCount,           // online processors
  // counters
  kForks,
  kCpuUserTicks,  // user + nice, in USER_HZ; guest time is inside, as the kernel counts it
  kCpuSystemTicks,
  kCpuIowaitTicks,
  kCpuIrqTicks,  // hardware and software interrupts
  kCpuStealTicks,
  kCpuTotalTicks,  // every state, idle and iowait included
  kContextSwitches,
  kInterrupts,
  kSwapInBytes,
  kSwapOutBytes,
  kPageFaults,
  kMajorFaults,
  kDiskReadBytes,  // whole disks only
  kDiskWriteBytes,
  kDiskOperations,
  kDiskBusyMs,  // summed over whole disks
  kNetRxBytes,  // every interface but loopback
  kNetTxBytes,
  kNetRxPackets,
  kNetTxPackets,
  kNetErrors,  // errors and drops, both directions
  kTcpRetransmits,
  kPressureCpuSomeUs,
  kPressureCpuFullUs,
  kPressureMemorySomeUs,
  kPressureMemoryFullUs,
  kPressureIoSomeUs,
  kPressureIoFullUs,
  kCount,
};

inline constexpr std::size_t kSampleFieldCount = static_cast<std::size_t>(SampleField::kCount);

using SampleFields = std::bitset<kSampleFieldCount>;  // bit i = the field of that number

constexpr SampleFields sample_fields(std::initializer_list<SampleField> fields) {
  static_assert(kSampleFieldCount <= 64);
  unsigned long long bits = 0;
  for (const SampleField field : fields) bits |= 1ULL << static_cast<unsigned>(field);
  return SampleFields(bits);
}

class HostSample {
 public:
  // Doubles hold every integer below 2^53: 9 PB of bytes, 285 years of microseconds.
  void set(SampleField field, double value) {
    values_[index(field)] = value;
    present_.set(index(field));
  }
  void clear() { present_.reset(); }
  bool has(SampleField field) const { return present_.test(index(field)); }
  // The value; meaningless unless has(field).
  double value(SampleField field) const { return values_[index(field)]; }
  std::size_t present_count() const { return present_.count(); }
  const SampleFields& present() const { return present_; }

  std::chrono::nanoseconds taken_monotonic{0};  // CLOCK_MONOTONIC when the pass began

 private:
  static std::size_t index(SampleField field) { return static_cast<std::size_t>(field); }
  std::array<double, kSampleFieldCount> values_{};
  SampleFields present_;
};

}  // namespace epsilond::platform
