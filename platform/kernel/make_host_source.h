#pragma once
// Chooses and builds the source of samples.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "platform/host/clock.h"
#include "platform/kernel/host_source.h"
#include "platform/result.h"

namespace epsilond::platform {

enum class SourceChoice : std::uint8_t {
  kAuto,      // on the real host: the kernel's files, and libstatgrab for the load averages; else as kProcfs
  kStatgrab,  // libstatgrab alone; the real host only
  kProcfs,    // the kernel's files alone
};

struct HostSourceOptions {
  SourceChoice choice = SourceChoice::kAuto;
  std::string_view root;                             // "" or "/": the real host; else a directory with proc/ and sys/
  std::chrono::nanoseconds cpu_budget{2'000'000};    // processor time per read, as for ProcfsSource
  std::chrono::nanoseconds interval{1'000'000'000};  // between reads
};

// `clock` must outlive the source. kUnsupported for libstatgrab with a root; else why the root cannot be opened. A
// libstatgrab that cannot be initialised fails kStatgrab; kAuto does without, and says so in its parts.
Result<std::unique_ptr<HostSource>> make_host_source(const HostSourceOptions& options, const Clock& clock);

}  // namespace epsilond::platform
