#include "agent/pipeline/feature_table.h"

#include <cmath>

#include "models/elementary.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::HostSample;
using platform::SampleField;

constexpr FeatureKind kGauge = FeatureKind::kGauge;
constexpr FeatureKind kRate = FeatureKind::kRate;
constexpr FeatureKind kCpuShare = FeatureKind::kCpuShare;
constexpr FeatureKind kTimeShare = FeatureKind::kTimeShare;
constexpr Transform kIdentity = Transform::kIdentity;
constexpr Transform kLog1p = Transform::kLog1p;

constexpr Sizing kPerProcessor = Sizing::kPerProcessor;
constexpr Sizing kShareOfMemory = Sizing::kShareOfMemory;

constexpr double kMiB = 1024.0 * 1024.0;

// A scale is the rate at which a person would begin to call the machine busy; a resolution is a wobble that a login, a
// package check or a timer makes on any healthy machine. docs/features.md gives the reasons row by row.
constexpr std::array kFeatures = {
    // name, unit, description, kind, field, factor, transform, scale, resolution[, blame[, sizing]]
    Feature{"load_1min", "1", "load (1 min)", kGauge, SampleField::kLoad1Min, 1, kLog1p, 1, 0.25, 0.5, kPerProcessor},
    Feature{"load_5min", "1", "load (5 min)", kGauge, SampleField::kLoad5Min, 1, kLog1p, 1, 0.25, 0.5, kPerProcessor},
    Feature{"load_15min", "1", "load (15 min)", kGauge, SampleField::kLoad15Min, 1, kLog1p, 1, 0.25, 0.5, kPerProcessor},
    Feature{"mem_used_bytes", "bytes", "memory used", kGauge, SampleField::kMemUsedBytes, 1, kIdentity, 1, 16 * kMiB, 1, kShareOfMemory},
    Feature{"mem_available_bytes", "bytes", "memory available", kGauge, SampleField::kMemAvailableBytes, 1, kIdentity, 1,
            16 * kMiB, 0.5, kShareOfMemory},
    Feature{"mem_shared_bytes", "bytes", "shared memory", kGauge, SampleField::kMemSharedBytes, 1, kIdentity, 1,
            16 * kMiB, 1, kShareOfMemory},
    Feature{"swap_used_bytes", "bytes", "swap used", kGauge, SampleField::kSwapUsedBytes, 1, kIdentity, 1, 16 * kMiB, 1, kShareOfMemory},
    Feature{"swap_in_bytes_per_s", "bytes/s", "swap in", kRate, SampleField::kSwapInBytes, 1, kLog1p, kMiB, 0.3},
    Feature{"swap_out_bytes_per_s", "bytes/s", "swap out", kRate, SampleField::kSwapOutBytes, 1, kLog1p, kMiB, 0.3},
    Feature{"processes", "1", "processes", kGauge, SampleField::kProcesses, 1, kIdentity, 1, 8, 0.8},
    Feature{"running", "1", "runnable tasks", kGauge, SampleField::kRunning, 1, kLog1p, 2, 0.4, 0.5, kPerProcessor},
    Feature{"blocked", "1", "blocked processes", kGauge, SampleField::kBlocked, 1, kLog1p, 2, 0.4, 0.8},
    Feature{"zombies", "1", "zombies", kGauge, SampleField::kZombies, 1, kIdentity, 1, 1},
    Feature{"threads", "1", "threads", kGauge, SampleField::kThreads, 1, kIdentity, 1, 16, 0.8},
    Feature{"forks_per_s", "1/s", "forks", kRate, SampleField::kForks, 1, kLog1p, 50, 0.4, 0.8},
    Feature{"cpu_user_ratio", "ratio", "CPU user", kCpuShare, SampleField::kCpuUserTicks, 1, kIdentity, 1, 0.05, 0.8},
    Feature{"cpu_system_ratio", "ratio", "CPU system", kCpuShare, SampleField::kCpuSystemTicks, 1, kIdentity, 1, 0.05, 0.5},
    Feature{"cpu_iowait_ratio", "ratio", "CPU waiting for I/O", kCpuShare, SampleField::kCpuIowaitTicks, 1, kIdentity, 1,
            0.05, 0.5},
    Feature{"cpu_irq_ratio", "ratio", "CPU interrupts", kCpuShare, SampleField::kCpuIrqTicks, 1, kIdentity, 1, 0.05, 0.5},
    Feature{"cpu_steal_ratio", "ratio", "CPU stolen", kCpuShare, SampleField::kCpuStealTicks, 1, kIdentity, 1, 0.05},
    Feature{"context_switches_per_s", "1/s", "context switches", kRate, SampleField::kContextSwitches, 1, kLog1p, 5000,
            0.3, 0.6},
    Feature{"interrupts_per_s", "1/s", "interrupts", kRate, SampleField::kInterrupts, 1, kLog1p, 5000, 0.3, 0.5},
    Feature{"page_faults_per_s", "1/s", "page faults", kRate, SampleField::kPageFaults, 1, kLog1p, 20000, 0.4, 0.5},
    Feature{"major_faults_per_s", "1/s", "major page faults", kRate, SampleField::kMajorFaults, 1, kLog1p, 100, 0.4, 0.6},
    Feature{"disk_read_bytes_per_s", "bytes/s", "disk reads", kRate, SampleField::kDiskReadBytes, 1, kLog1p, 4 * kMiB,
            0.3},
    Feature{"disk_write_bytes_per_s", "bytes/s", "disk writes", kRate, SampleField::kDiskWriteBytes, 1, kLog1p, 4 * kMiB,
            0.3},
    Feature{"disk_operations_per_s", "1/s", "disk operations", kRate, SampleField::kDiskOperations, 1, kLog1p, 200, 0.4, 0.8},
    Feature{"disk_busy_ratio", "ratio", "disk busy", kTimeShare, SampleField::kDiskBusyMs, 1e-3, kIdentity, 1, 0.1, 0.6},
    Feature{"net_rx_bytes_per_s", "bytes/s", "network in", kRate, SampleField::kNetRxBytes, 1, kLog1p, kMiB, 0.3},
    Feature{"net_tx_bytes_per_s", "bytes/s", "network out", kRate, SampleField::kNetTxBytes, 1, kLog1p, kMiB, 0.3},
    Feature{"net_rx_packets_per_s", "1/s", "packets in", kRate, SampleField::kNetRxPackets, 1, kLog1p, 2000, 0.3, 0.8},
    Feature{"net_tx_packets_per_s", "1/s", "packets out", kRate, SampleField::kNetTxPackets, 1, kLog1p, 2000, 0.3, 0.8},
    Feature{"net_errors_per_s", "1/s", "network errors and drops", kRate, SampleField::kNetErrors, 1, kLog1p, 10, 0.3},
    Feature{"pressure_cpu_some_ratio", "ratio", "CPU pressure (some)", kTimeShare, SampleField::kPressureCpuSomeUs, 1e-6,
            kIdentity, 1, 0.1, 0.4},
    Feature{"pressure_cpu_full_ratio", "ratio", "CPU pressure (full)", kTimeShare, SampleField::kPressureCpuFullUs, 1e-6,
            kIdentity, 1, 0.1, 0.4},
    Feature{"pressure_memory_some_ratio", "ratio", "memory pressure (some)", kTimeShare,
            SampleField::kPressureMemorySomeUs, 1e-6, kIdentity, 1, 0.05, 0.4},
    Feature{"pressure_memory_full_ratio", "ratio", "memory pressure (full)", kTimeShare,
            SampleField::kPressureMemoryFullUs, 1e-6, kIdentity, 1, 0.05, 0.4},
    Feature{"pressure_io_some_ratio", "ratio", "I/O pressure (some)", kTimeShare, SampleField::kPressureIoSomeUs, 1e-6,
            kIdentity, 1, 0.1, 0.4},
    Feature{"pressure_io_full_ratio", "ratio", "I/O pressure (full)", kTimeShare, SampleField::kPressureIoFullUs, 1e-6,
            kIdentity, 1, 0.1, 0.4},
    Feature{"open_files", "1", "open files", kGauge, SampleField::kOpenFiles, 1, kIdentity, 1, 64},
    Feature{"tcp_sockets", "1", "TCP sockets", kGauge, SampleField::kTcpSockets, 1, kIdentity, 1, 8},
    Feature{"tcp_retransmits_per_s", "1/s", "TCP retransmits", kRate, SampleField::kTcpRetransmits, 1, kLog1p, 10, 0.3},
};

static_assert(kFeatures.size() <= models::kMaxFeatures);

std::optional<double> growth(const HostSample& previous, const HostSample& current, SampleField field) {
  if (!previous.has(field) || !current.has(field)) return std::nullopt;
  const double grown = current.value(field) - previous.value(field);
  if (!(grown >= 0.0)) return std::nullopt;  // a reset or a wrap is not a rate
  return grown;
}

std::optional<double> feature_value(const Feature& feature, const HostSample& previous, const HostSample& current,
                                    double elapsed_s) {
  if (feature.kind == FeatureKind::kGauge) {
    if (!current.has(feature.field)) return std::nullopt;
    return current.value(feature.field);
  }
  if (!(elapsed_s > 0.0)) return std::nullopt;
  const std::optional<double> grown = growth(previous, current, feature.field);
  if (!grown) return std::nullopt;
  if (feature.kind == FeatureKind::kCpuShare) {
    const std::optional<double> all = growth(previous, current, SampleField::kCpuTotalTicks);
    if (!all || *all <= 0.0) return std::nullopt;
    return std::fmin(*grown / *all, 1.0);
  }
  return *grown * feature.factor / elapsed_s;
}

}  // namespace

std::span<const Feature> features() { return kFeatures; }

MachineSize machine_size(const HostSample& sample) {
  MachineSize size;
  if (sample.has(SampleField::kMemTotalBytes)) size.memory_bytes = sample.value(SampleField::kMemTotalBytes);
  if (sample.has(SampleField::kCpuCount)) size.processors = std::fmax(1.0, sample.value(SampleField::kCpuCount));
  return size;
}

std::vector<Feature> features_for(const MachineSize& size) {
  std::vector<Feature> table(kFeatures.begin(), kFeatures.end());
  for (Feature& feature : table) {
    if (feature.sizing == kPerProcessor) feature.scale *= size.processors;
    if (feature.sizing == kShareOfMemory)
      feature.resolution = std::fmax(feature.resolution, kMemoryResolution * size.memory_bytes);
  }
  return table;
}

std::optional<std::size_t> find_feature(std::string_view name) {
  for (std::size_t i = 0; i < kFeatures.size(); ++i)
    if (kFeatures[i].name == name) return i;
  return std::nullopt;
}

double apply_transform(const Feature& feature, double value) {
  return feature.transform == Transform::kLog1p ? models::log1p(value / feature.scale) : value;
}

double invert_transform(const Feature& feature, double transformed) {
  return feature.transform == Transform::kLog1p ? feature.scale * models::expm1(transformed) : transformed;
}

Readings observe(const HostSample& previous, const HostSample& current, bool first) {
  Readings readings;
  if (!first)
    readings.elapsed_s = platform::seconds_of(current.taken_monotonic - previous.taken_monotonic);
  for (std::size_t i = 0; i < kFeatures.size(); ++i) {
    const Feature& feature = kFeatures[i];
    if (first && feature.kind != FeatureKind::kGauge) continue;
    if (const std::optional<double> value = feature_value(feature, previous, current, readings.elapsed_s)) {
      readings.values[i] = *value;
      readings.present.set(i);
    }
  }
  return readings;
}

}  // namespace epsilond::agent
