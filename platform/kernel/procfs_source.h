#pragma once
// A HostSource that reads the kernel's own files, one descriptor kept for each, without allocating.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "platform/host/clock.h"
#include "platform/kernel/culprits.h"
#include "platform/kernel/host_source.h"
#include "platform/kernel/proc/device_rows.h"
#include "platform/kernel/proc/sockstat.h"
#include "platform/kernel/proc_root.h"
#include "platform/kernel/process_table.h"
#include "platform/result.h"

namespace epsilond::platform {

class ProcfsSource final : public HostSource {
 public:
  // The parts, in the order of parts().
  enum Part : std::size_t {
    kLoadAvg,
    kMemInfo,
    kStat,
    kVmStat,
    kDiskStats,
    kNetDev,
    kPressureCpu,
    kPressureMemory,
    kPressureIo,
    kFileNr,
    kSockStat,
    kSockStat6,
    kSnmp,
    kProcessScan,
    kPartCount
  };

  // No file may be larger. proc_stat(5) is the largest: about 128 bytes per processor and 2 per interrupt source.
  // Memory is used only as far as the largest file reaches.
  static constexpr std::size_t kLargestFile = std::size_t{512} * 1024;

  // `cpu_budget` is the processor time that one read() may take on average, and `interval` the time between reads. The
  // system-wide files are read whatever they cost; what they leave of the budget goes to the process scan, which stretches
  // over several reads if need be. What a read leaves over is saved for later ones, up to kSavedReads budgets, so that a
  // sudden herd of processes is looked at whole. `clock` must outlive the source. Nothing is read yet.
  static constexpr int kSavedReads = 8;
  static std::unique_ptr<ProcfsSource> make(ProcRoot root, std::chrono::nanoseconds cpu_budget,
                                            std::chrono::nanoseconds interval, const Clock& clock,
                                            ProcessTable::CpuClock cpu_clock = thread_cpu_time);

  Result<void> read(HostSample& out) override;
  Result<void> read_part(std::size_t part, HostSample& out) override;
  std::span<const SourcePart> parts() const override { return parts_; }

  // How long the process scan takes to get round; zero if one read is enough. A zombie counts after two rounds.
  std::chrono::nanoseconds scan_delay() const override;

  // What the process scan remembers for it costs a few microseconds a process every five seconds, of cpu_budget.
  ProcessGrowth* process_growth() override { return &culprits_; }
  bool tell(ProcessWitness& witness) override {
    culprits_.past().set_witness(&witness);
    return true;
  }

 private:
  ProcfsSource(ProcRoot root, std::chrono::nanoseconds cpu_budget, std::chrono::nanoseconds interval,
               const Clock& clock, ProcessTable::CpuClock cpu_clock);

  Result<void> read_loadavg(HostSample& out);
  Result<void> read_meminfo(HostSample& out);
  Result<void> read_stat(HostSample& out);
  Result<void> read_vmstat(HostSample& out);
  Result<void> read_diskstats(HostSample& out);
  Result<void> read_net_dev(HostSample& out);
  Result<void> read_pressure(Part part, SampleField some, SampleField full, HostSample& out);
  Result<void> read_file_nr(HostSample& out);
  Result<void> read_sockets(HostSample& out);
  Result<void> read_file(Part part, HostSample& out);
  Result<void> read_snmp(HostSample& out);
  Result<void> scan_processes(std::chrono::nanoseconds cpu_deadline, HostSample& out);

  Result<SockStat> sockets_in(Part part, Result<SockStat> (*parse)(std::string_view));
  Result<std::string_view> text_of(Part part) { return files_[part].read(root_, buffer_); }
  void report(Part part, const Result<void>& outcome);

  const ProcRoot root_;
  const std::chrono::nanoseconds cpu_budget_;
  std::chrono::nanoseconds saved_budget_{0};
  const std::chrono::nanoseconds interval_;
  const Clock& clock_;
  const ProcessTable::CpuClock cpu_clock_;
  const double page_bytes_;
  std::array<KeptFile, kProcessScan> files_;
  std::array<SourcePart, kPartCount> parts_;
  DeviceRows disks_{DeviceKind::kDisk};
  DeviceRows interfaces_{DeviceKind::kInterface};
  std::optional<std::uint64_t> disks_before_;  // which devices the last sums were over
  std::optional<std::uint64_t> interfaces_before_;
  Culprits culprits_;
  ProcessTable processes_;
  char buffer_[kLargestFile];
};

}  // namespace epsilond::platform
