#pragma once
// Where samples come from: the kernel's files, libstatgrab, a fixture tree, or a test.

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/kernel/host_sample.h"
#include "platform/kernel/process_growth.h"
#include "platform/kernel/process_witness.h"
#include "platform/result.h"

namespace epsilond::platform {

// The health of one thing a source reads, usually a kernel file. The agent logs it when `ok` changes, not each time.
struct SourcePart {
  std::string_view name;         // "meminfo", "pressure/io", "process scan": static text
  bool ok = true;                // did the last pass read and parse it?
  Error error;                   // why not, when !ok
  std::uint64_t failures = 0;    // passes in which it was not ok, since start
  SampleFields tells;            // the fields that come from it, on a kernel that tells all
};

class HostSource {
 public:
  HostSource() = default;
  HostSource(const HostSource&) = delete;
  HostSource& operator=(const HostSource&) = delete;
  virtual ~HostSource() = default;

  // One pass over everything. Clears `out` first; what could not be read is absent. Fails only if nothing at all
  // could be read. The procfs path does not allocate.
  virtual Result<void> read(HostSample& out) = 0;

  // One part alone, by its place in parts(), as a pass reads it: to see what it costs. Clears `out` first. kUnsupported
  // from a source that cannot read its parts one by one. Not for the agent: parts() stays as it is.
  virtual Result<void> read_part(std::size_t part, HostSample& out) {
    static_cast<void>(part);
    out.clear();
    return make_error(ErrorCode::kUnsupported, 0, "this source reads all its parts at once");
  }

  // One entry per part, in a fixed order for the lifetime of the source.
  virtual std::span<const SourcePart> parts() const = 0;

  // How old, at worst, the counts of processes by state are: what it takes to look at all of them. Zero for a source
  // that looks at all of them in each read.
  virtual std::chrono::nanoseconds scan_delay() const { return std::chrono::nanoseconds{0}; }

  // Who grew, as of the last read; null for a source that does not know. Lives as long as the source.
  virtual ProcessGrowth* process_growth() { return nullptr; }

  // Tells `witness`, which must outlive the source, of its passes over all processes from now on. False if it makes none.
  virtual bool tell(ProcessWitness& /*witness*/) { return false; }
};

}  // namespace epsilond::platform
