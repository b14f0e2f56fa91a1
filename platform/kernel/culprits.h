#pragma once
// Finds out who grew: a look at all processes now, against what ProcessPast remembers of some seconds ago.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "platform/kernel/process_files.h"
#include "platform/kernel/process_growth.h"
#include "platform/kernel/process_past.h"
#include "platform/kernel/process_usage.h"

namespace epsilond::platform {

// A level (memory, threads, descriptors, children) counts by how much it rose. Of processor time and bytes a process is
// granted what it would have used at its pace until then, so that a busy server is not named for being busy:
//
//   usual = used until the look before / (age then + 5 minutes) * time between the looks
//
// The 5 minutes make a young process prove itself: what began with the trouble is not usual. Processor time of children
// that have ended goes to the parent that waited for them, less what they had used before the look.
//
// What we may not see (hidepid, files of other users' processes) is absent, and is nobody's. Holds a reference to the
// root. No allocation after construction; 0.8 MB at the most, of which 200 bytes a process are ever touched.
class Culprits final : public ProcessGrowth {
 public:
  using CpuClock = std::chrono::nanoseconds (*)();

  // Processor time that a look may take, and a find() that has to read more files: some 1,500 processes. Those that
  // the kernel lists after these are not seen.
  static constexpr std::chrono::milliseconds kMostCpu{10};

  // `cpu_clock` is what kMostCpu is measured by.
  Culprits(const ProcRoot& root, CpuClock cpu_clock);
  Culprits(const Culprits&) = delete;
  Culprits& operator=(const Culprits&) = delete;

  ProcessPast& past() { return past_; }

  bool look() override;
  std::size_t find(GrowthKind kind, double at_least, std::span<GrownProcess> out) override;
  // By the last look.
  std::size_t processes_seen() const { return now_.rows().size(); }

 private:
  struct Growth {
    double by = 0.0;
    double beyond_usual = 0.0;
    std::string_view what;
  };
  struct Candidate {
    const ProcessUsage* process = nullptr;
    Growth growth;
  };

  Growth growth_of(GrowthKind kind, const ProcessUsage& now) const;
  Growth cpu_growth(const ProcessUsage& now, const ProcessUsage& then) const;
  Growth storage_growth(GrowthKind kind, const ProcessUsage& now, const ProcessUsage& then) const;
  double usual(std::uint64_t used_before, const ProcessUsage& then) const;
  double least_worth_naming(GrowthKind kind) const;
  // What `now` was at the look before; zeros for a process that is new since; null if it was overlooked then.
  const ProcessUsage* then_of(const ProcessUsage& now) const;
  // `now` is a row of now_.
  std::size_t row_of(const ProcessUsage& now) const { return static_cast<std::size_t>(&now - now_.rows().data()); }
  // Counts in `tally_` what processes do to their parents: children born, zombies, ticks of the dead.
  void tally(GrowthKind kind);
  const ProcessUsage* living_ancestor(const ProcessUsage& then) const;
  bool name(const Candidate& candidate, GrownProcess& out) const;
  // `comm` points into `buffer`. Pid 0 if there is nothing to be read.
  PidStat read_stat(std::int32_t pid, std::span<char> buffer) const;

  const ProcRoot& root_;
  const CpuClock cpu_clock_;
  const double ticks_per_s_;
  const double page_bytes_;
  const ProcessFiles files_;
  ProcessPast past_;
  const UsageTable* before_ = nullptr;  // of the last look
  double between_s_ = 0.0;              // the two
  bool saw_all_ = false;
  UsageTable now_;
  std::uint64_t tally_[UsageTable::kMost];  // by row of now_
};

}  // namespace epsilond::platform
