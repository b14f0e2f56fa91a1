// The library was built with the system's own time_t, 4 bytes on 32-bit ARM, and its structures hold one.
#undef _TIME_BITS
#include "platform/kernel/statgrab_source.h"

#include <statgrab.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/kernel/proc/device_rows.h"
#include "platform/kernel/proc/parse_error.h"

namespace epsilond::platform {
namespace {

// libstatgrab keeps its state in the process; so does the count of those who use it.
int open_sessions = 0;

Error statgrab_error(const char* what) {
  sg_error_details details{};
  sg_get_error_details(&details);
  const char* const words = sg_str_error(details.error);
  return make_error(ErrorCode::kUnavailable, details.errno_value, "libstatgrab: %s: %s%s%s", what,
                    words != nullptr ? words : "unknown error", details.error_arg != nullptr ? ": " : "",
                    details.error_arg != nullptr ? details.error_arg : "");
}

void set(HostSample& out, SampleField field, std::uint64_t value) { out.set(field, static_cast<double>(value)); }

Result<void> read_memory(HostSample& out) {
  const sg_mem_stats* const memory = sg_get_mem_stats(nullptr);
  if (memory == nullptr) return statgrab_error("memory");
  set(out, SampleField::kMemTotalBytes, memory->total);
  set(out, SampleField::kMemUsedBytes, memory->used);
  return {};
}

Result<void> read_swap(HostSample& out) {
  const sg_swap_stats* const swap = sg_get_swap_stats(nullptr);
  if (swap == nullptr) return statgrab_error("swap");
  set(out, SampleField::kSwapUsedBytes, swap->used);
  return {};
}

Result<void> read_cpu(HostSample& out) {
  const sg_cpu_stats* const cpu = sg_get_cpu_stats(nullptr);
  if (cpu == nullptr) return statgrab_error("cpu");
  set(out, SampleField::kCpuUserTicks, cpu->user + cpu->nice);
  set(out, SampleField::kCpuSystemTicks, cpu->kernel);
  set(out, SampleField::kCpuIowaitTicks, cpu->iowait);
  // The library's own total leaves waiting for I/O out.
  set(out, SampleField::kCpuTotalTicks, cpu->user + cpu->nice + cpu->kernel + cpu->idle + cpu->iowait);
  set(out, SampleField::kContextSwitches, cpu->context_switches);
  set(out, SampleField::kInterrupts, cpu->interrupts);
  return {};
}

// Which of `names` are of the lowest layer, as for the kernel's own files.
std::vector<bool> choose(DeviceKind kind, const std::vector<std::string_view>& names, const ProcRoot& root,
                         NamesHash& hash) {
  std::vector<DeviceLayer> layers;
  std::string_view disk;
  for (const std::string_view name : names) {
    layers.push_back(device_layer(kind, name, disk, &root));
    if (!is_partition_of(name, disk)) disk = name;
  }
  DeviceLayer lowest = DeviceLayer::kNever;
  for (const DeviceLayer layer : layers) lowest = std::min(lowest, layer);
  std::vector<bool> counted(names.size(), false);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (layers[i] != lowest || lowest == DeviceLayer::kNever) continue;
    counted[i] = true;
    hash.add(names[i]);
  }
  return counted;
}

std::string_view text_of(const char* name) { return name != nullptr ? std::string_view(name) : std::string_view(); }

}  // namespace

Result<StatgrabSession> StatgrabSession::open() {
  if (open_sessions == 0 && sg_init(0) != SG_ERROR_NONE) {
    const Error error = statgrab_error("initialisation");
    sg_shutdown();
    return error;
  }
  ++open_sessions;
  return StatgrabSession();
}

StatgrabSession::StatgrabSession(StatgrabSession&& other) noexcept : open_(std::exchange(other.open_, false)) {}

StatgrabSession::~StatgrabSession() {
  if (open_ && --open_sessions == 0) sg_shutdown();
}

Result<void> StatgrabSession::read_load(HostSample& out) const {
  const sg_load_stats* const load = sg_get_load_stats(nullptr);
  if (load == nullptr) return statgrab_error("load");
  // The library does not look whether its own reading succeeded.
  for (const double value : {load->min1, load->min5, load->min15})
    if (!std::isfinite(value) || value < 0.0)
      return make_error(ErrorCode::kMalformed, 0, "libstatgrab: load: %g is no load average", value);
  out.set(SampleField::kLoad1Min, load->min1);
  out.set(SampleField::kLoad5Min, load->min5);
  out.set(SampleField::kLoad15Min, load->min15);
  return {};
}

Result<std::unique_ptr<StatgrabSource>> StatgrabSource::make(ProcRoot root, const Clock& clock) {
  if (!root.is_host())
    return make_error(ErrorCode::kUnsupported, 0, "libstatgrab reads this host only; use source procfs for a root");
  Result<StatgrabSession> session = StatgrabSession::open();
  if (!session) return session.error();
  return std::unique_ptr<StatgrabSource>(new StatgrabSource(std::move(*session), std::move(root), clock));
}

StatgrabSource::StatgrabSource(StatgrabSession session, ProcRoot root, const Clock& clock)
    : session_(std::move(session)), root_(std::move(root)), clock_(clock) {
  constexpr std::array<std::string_view, kPartCount> kNames = {
      "libstatgrab load", "libstatgrab memory",  "libstatgrab swap",     "libstatgrab cpu",
      "libstatgrab disk", "libstatgrab network", "libstatgrab processes"};
  using enum SampleField;
  constexpr std::array<SampleFields, kPartCount> kTells = {
      sample_fields({kLoad1Min, kLoad5Min, kLoad15Min}),
      sample_fields({kMemTotalBytes, kMemUsedBytes}),
      sample_fields({kSwapUsedBytes}),
      sample_fields({kCpuUserTicks, kCpuSystemTicks, kCpuIowaitTicks, kCpuTotalTicks, kContextSwitches, kInterrupts}),
      sample_fields({kDiskReadBytes, kDiskWriteBytes}),
      sample_fields({kNetRxBytes, kNetTxBytes, kNetRxPackets, kNetTxPackets}),
      sample_fields({kProcesses, kRunning, kZombies})};
  for (std::size_t part = 0; part < kPartCount; ++part) {
    parts_[part].name = kNames[part];
    parts_[part].tells = kTells[part];
  }
}

Result<void> StatgrabSource::read_disks(HostSample& out) {
  std::size_t entries = 0;
  const sg_disk_io_stats* const disks = sg_get_disk_io_stats(&entries);
  if (disks == nullptr) return statgrab_error("disk");
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < entries; ++i) names.push_back(text_of(disks[i].disk_name));
  NamesHash hash;
  const std::vector<bool> counted = choose(DeviceKind::kDisk, names, root_, hash);
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  bool any = false;
  for (std::size_t i = 0; i < entries; ++i) {
    if (!counted[i]) continue;
    any = true;
    if (!add_product(read_bytes, disks[i].read_bytes) || !add_product(write_bytes, disks[i].write_bytes))
      return sum_overflow("libstatgrab: disk");
  }
  if (!any) return make_error(ErrorCode::kUnsupported, 0, "libstatgrab: disk: there is no disk to count");
  if (std::exchange(disks_before_, hash.value()).value_or(hash.value()) != hash.value()) return {};
  set(out, SampleField::kDiskReadBytes, read_bytes);
  set(out, SampleField::kDiskWriteBytes, write_bytes);
  return {};
}

Result<void> StatgrabSource::read_network(HostSample& out) {
  std::size_t entries = 0;
  const sg_network_io_stats* const interfaces = sg_get_network_io_stats(&entries);
  if (interfaces == nullptr) return statgrab_error("network");
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < entries; ++i) names.push_back(text_of(interfaces[i].interface_name));
  NamesHash hash;
  const std::vector<bool> counted = choose(DeviceKind::kInterface, names, root_, hash);
  std::array<std::uint64_t, 4> sums{};
  bool any = false;
  for (std::size_t i = 0; i < entries; ++i) {
    if (!counted[i]) continue;
    any = true;
    const sg_network_io_stats& row = interfaces[i];
    if (!add_product(sums[0], row.rx) || !add_product(sums[1], row.tx) || !add_product(sums[2], row.ipackets) ||
        !add_product(sums[3], row.opackets))
      return sum_overflow("libstatgrab: network");
  }
  if (!any) return make_error(ErrorCode::kUnsupported, 0, "libstatgrab: network: there is no interface but loopback");
  if (std::exchange(interfaces_before_, hash.value()).value_or(hash.value()) != hash.value()) return {};
  set(out, SampleField::kNetRxBytes, sums[0]);
  set(out, SampleField::kNetTxBytes, sums[1]);
  set(out, SampleField::kNetRxPackets, sums[2]);
  set(out, SampleField::kNetTxPackets, sums[3]);
  return {};
}

Result<void> StatgrabSource::read_processes(HostSample& out) {
  const sg_process_count* const processes = sg_get_process_count_of(sg_entire_process_count);
  if (processes == nullptr) return statgrab_error("processes");
  set(out, SampleField::kProcesses, processes->total);
  set(out, SampleField::kRunning, processes->running);
  const std::optional<std::uint64_t> before = std::exchange(zombies_before_, processes->zombie);
  if (before || processes->zombie == 0)
    set(out, SampleField::kZombies, std::min<std::uint64_t>(before.value_or(0), processes->zombie));
  return {};
}

void StatgrabSource::report(std::size_t part, const Result<void>& outcome) {
  SourcePart& reported = parts_[part];
  reported.ok = static_cast<bool>(outcome);
  if (reported.ok) return;
  reported.error = outcome.error();
  ++reported.failures;
}

Result<void> StatgrabSource::read_one(std::size_t part, HostSample& out) {
  switch (part) {
    case kLoad:
      return session_.read_load(out);
    case kMemory:
      return read_memory(out);
    case kSwap:
      return read_swap(out);
    case kCpu:
      return read_cpu(out);
    case kDisk:
      return read_disks(out);
    case kNetwork:
      return read_network(out);
    case kProcesses:
      return read_processes(out);
    default:
      return make_error(ErrorCode::kInvalid, 0, "libstatgrab: no such part");
  }
}

Result<void> StatgrabSource::read_part(std::size_t part, HostSample& out) {
  out.clear();
  out.taken_monotonic = clock_.monotonic();
  return read_one(part, out);
}

Result<void> StatgrabSource::read(HostSample& out) {
  out.clear();
  out.taken_monotonic = clock_.monotonic();
  for (std::size_t part = 0; part < kPartCount; ++part) report(part, read_one(part, out));
  if (out.present_count() > 0) return {};
  return make_error(ErrorCode::kUnavailable, 0, "nothing could be read; %s", parts_[kLoad].error.context.c_str());
}

}  // namespace epsilond::platform
