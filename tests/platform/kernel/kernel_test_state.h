#pragma once
// What the tests of the sources share: a clock that stands still, a tree that can be changed, a budget that a test
// owns.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "platform/host/clock.h"
#include "platform/kernel/host_sample.h"
#include "platform/kernel/host_source.h"
#include "platform/kernel/proc_root.h"
#include "platform/kernel/procfs_source.h"
#include "tests/support/temp_tree.h"

namespace epsilond::tests {

class StandingClock final : public platform::Clock {
 public:
  std::chrono::nanoseconds monotonic() const override { return std::chrono::seconds(4711); }
  std::chrono::nanoseconds since_boot() const override { return std::chrono::seconds(4711); }
  std::chrono::nanoseconds wall() const override { return std::chrono::seconds(1'700'000'000); }
  std::chrono::seconds utc_offset(std::chrono::nanoseconds) const override { return std::chrono::seconds(0); }
};

// A processor clock that goes on by a microsecond each time it is read.
inline std::chrono::nanoseconds ticking_cpu_clock() {
  static std::chrono::nanoseconds now{0};
  now += std::chrono::microseconds(1);
  return now;
}

inline constexpr std::chrono::nanoseconds kNoDeadline = std::chrono::hours(1000);

inline std::string fixture(std::string_view scenario_and_step) {
  return std::string(EPSILOND_SOURCE_DIR "/tests/fixtures/proc/").append(scenario_and_step);
}

// A procfs source on a tree of its own, with the sample it read last. Lives in *state.
struct SourceState {
  TempTree tree;
  StandingClock clock;
  std::unique_ptr<platform::ProcfsSource> source;
  platform::HostSample sample;
  bool read_ok = false;

  void use(std::string_view scenario_and_step) { tree.become(fixture(scenario_and_step)); }
  void open() {
    platform::Result<platform::ProcRoot> root = platform::ProcRoot::make(tree.path());
    if (root)
      source = platform::ProcfsSource::make(std::move(*root), std::chrono::seconds(1), std::chrono::seconds(1), clock,
                                            ticking_cpu_clock);
  }
  void read() {
    if (!source) open();
    read_ok = source && static_cast<bool>(source->read(sample));
  }
  // Puts a fixture into the tree and reads it.
  void read_fixture(std::string_view scenario_and_step) {
    use(scenario_and_step);
    read();
  }
  const platform::SourcePart& part(platform::ProcfsSource::Part which) const { return source->parts()[which]; }
};

inline int make_source_state(void** state) {
  *state = new SourceState;
  return 0;
}
inline int drop_source_state(void** state) {
  delete static_cast<SourceState*>(*state);
  return 0;
}

}  // namespace epsilond::tests
