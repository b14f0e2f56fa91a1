#include "agent/pipeline/culprits.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "agent/pipeline/feature_table.h"

namespace epsilond::agent {
namespace {

using platform::Flag;
using platform::FlagFeature;
using platform::FlagProcess;
using platform::GrownProcess;
using platform::SampleField;

constexpr double kOddByShare = 0.05;
// A slow leak is noticed when hundreds of times what it grows in a few seconds are gone.
constexpr double kLeastPart = 0.02;

struct Row {
  SampleField field;
  Behind behind;
};

using enum platform::GrowthKind;
constexpr bool kFalls = true;
constexpr bool kSameUnit = true;

// What a network does to a machine shows in the processor time of who serves it: the kernel counts no bytes by process.
constexpr std::array kRows = {
    Row{SampleField::kLoad1Min, {kCpu, kBlocked}},
    Row{SampleField::kLoad5Min, {kCpu, kBlocked}},
    Row{SampleField::kLoad15Min, {kCpu, kBlocked}},
    Row{SampleField::kMemUsedBytes, {kMemory, kNone, false, kSameUnit}},
    Row{SampleField::kMemAvailableBytes, {kMemory, kNone, kFalls, kSameUnit}},
    Row{SampleField::kMemSharedBytes, {kMemory, kNone, false, kSameUnit}},
    Row{SampleField::kSwapUsedBytes, {kMemory}},
    Row{SampleField::kSwapInBytes, {kMemory, kReads}},
    Row{SampleField::kSwapOutBytes, {kMemory, kWrites}},
    Row{SampleField::kProcesses, {kChildren, kCpu}},
    Row{SampleField::kRunning, {kCpu}},
    Row{SampleField::kBlocked, {kBlocked}},
    Row{SampleField::kZombies, {kZombies, kAllZombies}},
    Row{SampleField::kThreads, {kThreads, kChildren}},
    Row{SampleField::kForks, {kCpu, kChildren}},
    Row{SampleField::kCpuUserTicks, {kCpu}},
    Row{SampleField::kCpuSystemTicks, {kCpu}},
    Row{SampleField::kCpuIowaitTicks, {kStorage, kBlocked}},
    Row{SampleField::kCpuIrqTicks, {kCpu}},
    Row{SampleField::kContextSwitches, {kCpu}},
    Row{SampleField::kInterrupts, {kCpu}},
    Row{SampleField::kPageFaults, {kCpu, kMemory}},
    Row{SampleField::kMajorFaults, {kReads, kMemory}},
    Row{SampleField::kDiskReadBytes, {kReads, kCpu}},
    Row{SampleField::kDiskWriteBytes, {kWrites, kCpu}},
    Row{SampleField::kDiskOperations, {kStorage, kCpu}},
    Row{SampleField::kDiskBusyMs, {kStorage, kCpu}},
    Row{SampleField::kNetRxBytes, {kCpu}},
    Row{SampleField::kNetTxBytes, {kCpu}},
    Row{SampleField::kNetRxPackets, {kCpu}},
    Row{SampleField::kNetTxPackets, {kCpu}},
    Row{SampleField::kNetErrors, {kCpu}},
    Row{SampleField::kPressureCpuSomeUs, {kCpu}},
    Row{SampleField::kPressureCpuFullUs, {kCpu}},
    Row{SampleField::kPressureMemorySomeUs, {kMemory, kCpu}},
    Row{SampleField::kPressureMemoryFullUs, {kMemory, kCpu}},
    Row{SampleField::kPressureIoSomeUs, {kStorage, kBlocked}},
    Row{SampleField::kPressureIoFullUs, {kStorage, kBlocked}},
    Row{SampleField::kOpenFiles, {kDescriptors, kNone, false, kSameUnit}},
    Row{SampleField::kTcpSockets, {kDescriptors, kCpu}},
    Row{SampleField::kTcpRetransmits, {kCpu}},
};

bool rose(const FlagFeature& feature, const Behind& behind) {
  return behind.falls ? feature.value < feature.mean : feature.value > feature.mean;
}

// Those found so far; each process once, whatever else it does.
class Culprits {
 public:
  explicit Culprits(std::span<FlagProcess> out) : out_(out) {}

  void add(const GrownProcess& grown) {
    for (const FlagProcess& known : out_.first(count_))
      if (known.pid == grown.pid) return;
    if (full()) return;
    FlagProcess& process = out_[count_++];
    process.comm = grown.comm;
    process.pid = grown.pid;
    process.uid = grown.uid;
    process.what = grown.what;
    process.delta = grown.delta;
    process.unit = grown.unit;
  }
  bool full() const { return count_ == out_.size(); }
  std::size_t count() const { return count_; }

 private:
  std::span<FlagProcess> out_;
  std::size_t count_ = 0;
};

// How the growth of one process is written: its amount in `unit` ("" for one decimal), then `words`.
struct Words {
  std::string_view what;
  std::string_view unit;
  const char* words;
};
constexpr std::array kWords = {
    Words{"rss_bytes", "bytes", ""},          Words{"cpu_seconds", "", " s CPU"},  Words{"read_bytes", "bytes", " read"},
    Words{"write_bytes", "bytes", " written"}, Words{"threads", "1", " threads"},   Words{"descriptors", "1", " open files"},
    Words{"children", "1", " processes"},     Words{"zombies", "1", " zombies"},
};

}  // namespace

std::optional<Behind> growth_behind(SampleField field) {
  for (const Row& row : kRows)
    if (row.field == field) return row.behind;
  return std::nullopt;
}

std::size_t find_culprits(const Snapshot& snapshot, const ModelView& view, platform::ProcessGrowth& growth,
                          std::span<FlagProcess> out) {
  Flag odd;
  rank_features(snapshot, view, kMaxNamedFeatures, odd);
  Culprits culprits(out);
  for (std::size_t i = 0; i < odd.feature_count && !culprits.full(); ++i) {
    const FlagFeature& feature = odd.features[i];
    if (i > 0 && !(feature.share >= kOddByShare)) break;
    std::optional<Behind> behind;
    for (const Feature& row : view.table)
      if (feature.name == row.name) behind = growth_behind(row.field);
    const bool counts = behind && rose(feature, *behind);
    if (i == 0 && behind && !counts) break;
    if (!counts) continue;
    const double at_least = behind->same_unit ? kLeastPart * std::fabs(feature.value - feature.mean) : 0.0;
    std::array<GrownProcess, platform::kMaxFlagProcesses> grown;
    std::size_t found = growth.find(behind->first, at_least, grown);
    if (found == 0) found = growth.find(behind->second, 0.0, grown);
    for (std::size_t k = 0; k < found; ++k) culprits.add(grown[k]);
  }
  return culprits.count();
}

void append_culprits(std::span<const FlagProcess> processes, platform::FixedString<1024>& text) {
  const char* separator = ";";
  for (const FlagProcess& process : processes) {
    char line[128];
    std::snprintf(line, sizeof line, "%s %s[%d] blocked", separator, process.comm.c_str(), process.pid);
    for (const Words& row : kWords) {
      if (process.what != row.what) continue;
      char amount[40];
      std::snprintf(amount, sizeof amount, "%.1f", process.delta);
      std::snprintf(line, sizeof line, "%s %s[%d] +%s%s", separator, process.comm.c_str(), process.pid,
                    row.unit.empty() ? amount : format_quantity(process.delta, row.unit).c_str(), row.words);
    }
    text.append(line);
    separator = ",";
  }
}

}  // namespace epsilond::agent
