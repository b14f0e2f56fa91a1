#include "platform/kernel/procfs_source.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "platform/kernel/proc/diskstats.h"
#include "platform/kernel/proc/file_nr.h"
#include "platform/kernel/proc/loadavg.h"
#include "platform/kernel/proc/meminfo.h"
#include "platform/kernel/proc/net_dev.h"
#include "platform/kernel/proc/pressure.h"
#include "platform/kernel/proc/snmp.h"
#include "platform/kernel/proc/stat.h"
#include "platform/kernel/proc/vmstat.h"

namespace epsilond::platform {
namespace {

void set(HostSample& out, SampleField field, std::uint64_t value) { out.set(field, static_cast<double>(value)); }

// `whole` - `rest`, absent if a source that invents its numbers (lxcfs, a balloon) makes the rest the larger one.
void set_used(HostSample& out, SampleField field, std::uint64_t whole, std::uint64_t rest) {
  if (rest <= whole) set(out, field, whole - rest);
}

// What each part tells, in the order of Part.
constexpr std::array<SampleFields, ProcfsSource::kPartCount> kTells = [] {
  using enum SampleField;
  return std::array<SampleFields, ProcfsSource::kPartCount>{
      sample_fields({kLoad1Min, kLoad5Min, kLoad15Min, kThreads}),
      sample_fields({kMemTotalBytes, kMemUsedBytes, kMemAvailableBytes, kMemSharedBytes, kSwapUsedBytes}),
      sample_fields({kRunning, kCpuCount, kForks, kCpuUserTicks, kCpuSystemTicks, kCpuIowaitTicks, kCpuIrqTicks,
                     kCpuStealTicks, kCpuTotalTicks, kContextSwitches, kInterrupts}),
      sample_fields({kSwapInBytes, kSwapOutBytes, kPageFaults, kMajorFaults}),
      sample_fields({kDiskReadBytes, kDiskWriteBytes, kDiskOperations, kDiskBusyMs}),
      sample_fields({kNetRxBytes, kNetTxBytes, kNetRxPackets, kNetTxPackets, kNetErrors}),
      sample_fields({kPressureCpuSomeUs, kPressureCpuFullUs}),
      sample_fields({kPressureMemorySomeUs, kPressureMemoryFullUs}),
      sample_fields({kPressureIoSomeUs, kPressureIoFullUs}),
      sample_fields({kOpenFiles}),
      sample_fields({kTcpSockets}),
      sample_fields({kTcpSockets}),
      sample_fields({kTcpRetransmits}),
      sample_fields({kProcesses, kBlocked, kZombies})};
}();

// True if the sums are over the same devices as those of the pass before, or are the first.
bool comparable(std::optional<std::uint64_t>& before, std::uint64_t now) {
  return std::exchange(before, now).value_or(now) == now;
}

}  // namespace

std::unique_ptr<ProcfsSource> ProcfsSource::make(ProcRoot root, std::chrono::nanoseconds cpu_budget,
                                                 std::chrono::nanoseconds interval, const Clock& clock,
                                                 ProcessTable::CpuClock cpu_clock) {
  return std::unique_ptr<ProcfsSource>(new ProcfsSource(std::move(root), cpu_budget, interval, clock, cpu_clock));
}

ProcfsSource::ProcfsSource(ProcRoot root, std::chrono::nanoseconds cpu_budget, std::chrono::nanoseconds interval,
                           const Clock& clock, ProcessTable::CpuClock cpu_clock)
    : root_(std::move(root)),
      cpu_budget_(cpu_budget),
      interval_(interval),
      clock_(clock),
      cpu_clock_(cpu_clock),
      page_bytes_(static_cast<double>(std::max(::sysconf(_SC_PAGESIZE), 1L))),
      // Those without a function (null) are read until nothing comes.
      // Our own network may not be that of the machine: seen from inside a container, or with PrivateNetwork= of the
      // unit. The net directory then shows ours; that of the first process shows the machine's.
      files_{KeptFile("loadavg", whole_lines_are_enough),
             KeptFile("meminfo", whole_lines_are_enough),
             KeptFile("stat", whole_lines_are_enough),
             KeptFile("vmstat", vmstat_is_enough),
             KeptFile("diskstats", nullptr),
             KeptFile("net/dev", nullptr, "1/net/dev"),
             KeptFile("pressure/cpu", whole_lines_are_enough),
             KeptFile("pressure/memory", whole_lines_are_enough),
             KeptFile("pressure/io", whole_lines_are_enough),
             KeptFile("sys/fs/file-nr", whole_lines_are_enough),
             KeptFile("net/sockstat", whole_lines_are_enough, "1/net/sockstat"),
             KeptFile("net/sockstat6", whole_lines_are_enough, "1/net/sockstat6"),
             KeptFile("net/snmp", whole_lines_are_enough, "1/net/snmp")},
      culprits_(root_, cpu_clock),
      processes_(root_, cpu_clock, &culprits_.past()) {
  for (std::size_t part = 0; part < files_.size(); ++part) parts_[part].name = files_[part].path();
  parts_[kProcessScan].name = "process scan";
  for (std::size_t part = 0; part < kPartCount; ++part) parts_[part].tells = kTells[part];
}

Result<void> ProcfsSource::read_loadavg(HostSample& out) {
  const Result<std::string_view> text = text_of(kLoadAvg);
  if (!text) return text.error();
  const Result<LoadAvg> loads = parse_loadavg(*text);
  if (!loads) return loads.error();
  out.set(SampleField::kLoad1Min, loads->load_1min);
  out.set(SampleField::kLoad5Min, loads->load_5min);
  out.set(SampleField::kLoad15Min, loads->load_15min);
  set(out, SampleField::kThreads, loads->total_tasks);
  return {};
}

Result<void> ProcfsSource::read_meminfo(HostSample& out) {
  const Result<std::string_view> text = text_of(kMemInfo);
  if (!text) return text.error();
  const Result<MemInfo> memory = parse_meminfo(*text);
  if (!memory) return memory.error();
  set(out, SampleField::kMemTotalBytes, memory->total_bytes);
  if (memory->available_bytes) {
    set(out, SampleField::kMemAvailableBytes, *memory->available_bytes);
    set_used(out, SampleField::kMemUsedBytes, memory->total_bytes, *memory->available_bytes);
  }
  if (memory->shared_bytes) set(out, SampleField::kMemSharedBytes, *memory->shared_bytes);
  if (memory->swap_total_bytes && memory->swap_free_bytes)
    set_used(out, SampleField::kSwapUsedBytes, *memory->swap_total_bytes, *memory->swap_free_bytes);
  return {};
}

Result<void> ProcfsSource::read_stat(HostSample& out) {
  const Result<std::string_view> text = text_of(kStat);
  if (!text) return text.error();
  const Result<SystemStat> stat = parse_stat(*text);
  if (!stat) return stat.error();
  set(out, SampleField::kCpuUserTicks, stat->cpu.user);
  set(out, SampleField::kCpuSystemTicks, stat->cpu.system);
  set(out, SampleField::kCpuIowaitTicks, stat->cpu.iowait);
  set(out, SampleField::kCpuIrqTicks, stat->cpu.irq);
  set(out, SampleField::kCpuStealTicks, stat->cpu.steal);
  set(out, SampleField::kCpuTotalTicks, stat->cpu.total);
  if (stat->cpu_count > 0) set(out, SampleField::kCpuCount, stat->cpu_count);
  set(out, SampleField::kInterrupts, stat->interrupts);
  set(out, SampleField::kContextSwitches, stat->context_switches);
  set(out, SampleField::kForks, stat->forks);
  set(out, SampleField::kRunning, stat->running);
  return {};
}

Result<void> ProcfsSource::read_vmstat(HostSample& out) {
  const Result<std::string_view> text = text_of(kVmStat);
  if (!text) return text.error();
  const Result<VmStat> stat = parse_vmstat(*text);
  if (!stat) return stat.error();
  if (stat->swap_in_pages) out.set(SampleField::kSwapInBytes, static_cast<double>(*stat->swap_in_pages) * page_bytes_);
  if (stat->swap_out_pages)
    out.set(SampleField::kSwapOutBytes, static_cast<double>(*stat->swap_out_pages) * page_bytes_);
  set(out, SampleField::kPageFaults, stat->page_faults);
  set(out, SampleField::kMajorFaults, stat->major_faults);
  return {};
}

Result<void> ProcfsSource::read_diskstats(HostSample& out) {
  const Result<std::string_view> text = text_of(kDiskStats);
  if (!text) return text.error();
  if (const Result<void> updated = disks_.update(*text, &root_); !updated) return updated;
  const Result<DiskStats> disks = parse_diskstats(*text, disks_);
  if (!disks) return disks.error();
  const bool same_disks = comparable(disks_before_, disks_.counted_names_hash());
  if (disks_.counted() == 0) return make_error(ErrorCode::kUnsupported, 0, "diskstats: there is no disk to count");
  if (!same_disks) return {};
  set(out, SampleField::kDiskReadBytes, disks->read_bytes);
  set(out, SampleField::kDiskWriteBytes, disks->write_bytes);
  set(out, SampleField::kDiskOperations, disks->operations);
  set(out, SampleField::kDiskBusyMs, disks->busy_ms);
  return {};
}

Result<void> ProcfsSource::read_net_dev(HostSample& out) {
  const Result<std::string_view> text = text_of(kNetDev);
  if (!text) return text.error();
  if (const Result<void> updated = interfaces_.update(*text, &root_); !updated) return updated;
  const Result<NetDev> network = parse_net_dev(*text, interfaces_);
  if (!network) return network.error();
  const bool same_interfaces = comparable(interfaces_before_, interfaces_.counted_names_hash());
  if (interfaces_.counted() == 0)
    return make_error(ErrorCode::kUnsupported, 0, "net/dev: there is no interface but loopback");
  if (!same_interfaces) return {};
  set(out, SampleField::kNetRxBytes, network->rx_bytes);
  set(out, SampleField::kNetTxBytes, network->tx_bytes);
  set(out, SampleField::kNetRxPackets, network->rx_packets);
  set(out, SampleField::kNetTxPackets, network->tx_packets);
  set(out, SampleField::kNetErrors, network->errors);
  return {};
}

Result<void> ProcfsSource::read_pressure(Part part, SampleField some, SampleField full, HostSample& out) {
  const Result<std::string_view> text = text_of(part);
  if (!text) return text.error();
  const Result<Pressure> pressure = parse_pressure(files_[part].path(), *text);
  if (!pressure) return pressure.error();
  set(out, some, pressure->some_us);
  if (pressure->full_us) set(out, full, *pressure->full_us);
  return {};
}

Result<void> ProcfsSource::read_file_nr(HostSample& out) {
  const Result<std::string_view> text = text_of(kFileNr);
  if (!text) return text.error();
  const Result<FileNr> files = parse_file_nr(*text);
  if (!files) return files.error();
  set(out, SampleField::kOpenFiles, files->allocated);
  return {};
}

Result<SockStat> ProcfsSource::sockets_in(Part part, Result<SockStat> (*parse)(std::string_view)) {
  const Result<std::string_view> text = text_of(part);
  if (!text) return text.error();
  return parse(*text);
}

// Of both families: one count. Reports the second file itself.
Result<void> ProcfsSource::read_sockets(HostSample& out) {
  const Result<SockStat> ipv4 = sockets_in(kSockStat, parse_sockstat);
  const Result<SockStat> ipv6 = sockets_in(kSockStat6, parse_sockstat6);
  report(kSockStat6, ipv6 ? Result<void>() : Result<void>(ipv6.error()));
  if (!ipv4) return ipv4.error();
  // A host without IPv6 has no such file; any other trouble would make the sum drop.
  const bool has_no_ipv6 = !ipv6 && ipv6.error().code == ErrorCode::kNotFound;
  if (ipv6 || has_no_ipv6)
    out.set(SampleField::kTcpSockets,
            static_cast<double>(ipv4->tcp_in_use) + (ipv6 ? static_cast<double>(ipv6->tcp_in_use) : 0.0));
  return {};
}

Result<void> ProcfsSource::read_snmp(HostSample& out) {
  const Result<std::string_view> text = text_of(kSnmp);
  if (!text) return text.error();
  const Result<Snmp> snmp = parse_snmp(*text);
  if (!snmp) return snmp.error();
  set(out, SampleField::kTcpRetransmits, snmp->tcp_retransmits);
  return {};
}

Result<void> ProcfsSource::scan_processes(std::chrono::nanoseconds cpu_deadline, HostSample& out) {
  culprits_.past().set_time(clock_.since_boot());
  const Result<void> scanned = processes_.scan(cpu_deadline);
  const ProcessCounts& counts = processes_.counts();
  if (counts.processes) set(out, SampleField::kProcesses, *counts.processes);
  if (counts.blocked) set(out, SampleField::kBlocked, *counts.blocked);
  if (counts.zombies) set(out, SampleField::kZombies, *counts.zombies);
  return scanned;
}

void ProcfsSource::report(Part part, const Result<void>& outcome) {
  SourcePart& reported = parts_[part];
  reported.ok = static_cast<bool>(outcome);
  if (reported.ok) return;
  reported.error = outcome.error();
  ++reported.failures;
}

Result<void> ProcfsSource::read_file(Part part, HostSample& out) {
  switch (part) {
    case kLoadAvg:
      return read_loadavg(out);
    case kMemInfo:
      return read_meminfo(out);
    case kStat:
      return read_stat(out);
    case kVmStat:
      return read_vmstat(out);
    case kDiskStats:
      return read_diskstats(out);
    case kNetDev:
      return read_net_dev(out);
    case kPressureCpu:
      return read_pressure(part, SampleField::kPressureCpuSomeUs, SampleField::kPressureCpuFullUs, out);
    case kPressureMemory:
      return read_pressure(part, SampleField::kPressureMemorySomeUs, SampleField::kPressureMemoryFullUs, out);
    case kPressureIo:
      return read_pressure(part, SampleField::kPressureIoSomeUs, SampleField::kPressureIoFullUs, out);
    case kFileNr:
      return read_file_nr(out);
    case kSockStat:
      return read_sockets(out);
    case kSnmp:
      return read_snmp(out);
    case kSockStat6:
    case kProcessScan:
    case kPartCount:
      break;
  }
  return make_error(ErrorCode::kInvalid, 0, "no such file");
}

Result<void> ProcfsSource::read_part(std::size_t part, HostSample& out) {
  out.clear();
  out.taken_monotonic = clock_.monotonic();
  if (part == kProcessScan) return scan_processes(cpu_clock_() + cpu_budget_, out);
  if (part == kSockStat6) {
    const Result<SockStat> sockets = sockets_in(kSockStat6, parse_sockstat6);
    return sockets ? Result<void>() : Result<void>(sockets.error());
  }
  return read_file(static_cast<Part>(part), out);
}

Result<void> ProcfsSource::read(HostSample& out) {
  const std::chrono::nanoseconds cpu_start = cpu_clock_();
  const std::chrono::nanoseconds allowed = cpu_budget_ + saved_budget_;
  out.clear();
  out.taken_monotonic = clock_.monotonic();
  for (std::size_t part = 0; part < kProcessScan; ++part)
    if (part != kSockStat6) report(static_cast<Part>(part), read_file(static_cast<Part>(part), out));
  report(kProcessScan, scan_processes(cpu_start + allowed, out));
  saved_budget_ = std::clamp(allowed - (cpu_clock_() - cpu_start), std::chrono::nanoseconds{0}, kSavedReads * cpu_budget_);
  if (out.present_count() > 0) return {};
  return make_error(ErrorCode::kUnavailable, 0, "nothing could be read; %s", parts_[kLoadAvg].error.context.c_str());
}

std::chrono::nanoseconds ProcfsSource::scan_delay() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(interval_ * (processes_.slices_per_pass() - 1.0));
}

}  // namespace epsilond::platform
