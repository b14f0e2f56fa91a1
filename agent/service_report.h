#pragma once
// What the service manager is told: that the agent is ready, that it is alive, and in a line what it thinks.

#include <chrono>
#include <cstdint>

#include "agent/pipeline/pipeline.h"
#include "platform/fixed_string.h"
#include "platform/host/readiness.h"
#include "platform/result.h"

namespace epsilond::agent {

using StatusText = platform::FixedString<160>;

// "learning 42%", "normal", "anomalous: mem_used_bytes", "flapping: zombies", "muted", "muted: grace". With several
// models each is named behind what is said of it, "anomalous: zombies (diary)"; of those that learn, the one that has
// learned least. A model that tells something comes before one that learns.
StatusText status_text(const Pipeline& pipeline);

// Without a manager nothing is sent. Nothing waits for it either: a status that it did not take is sent at the next
// tick.
class ServiceReport {
 public:
  // From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of the environment. An error if NOTIFY_SOCKET is no socket name;
  // then there is no manager.
  platform::Result<void> find_manager();

  void ready() { static_cast<void>(readiness_.ready()); }
  void stopping() { static_cast<void>(readiness_.stopping()); }
  void reloading(std::chrono::nanoseconds monotonic) { static_cast<void>(readiness_.reloading(monotonic)); }

  // The time between two ticks. Where it is long for the watchdog of the unit, the manager is asked for a longer one:
  // kTicksPerWatchdog ticks.
  void set_interval(std::chrono::nanoseconds interval);
  // Feeds the watchdog, from the sampling loop so that it bites when that hangs, but not more often than is of use; and
  // sends the status if it has changed. Allocates nothing.
  void after_tick(const Pipeline& pipeline, std::chrono::nanoseconds monotonic);

  static constexpr int kTicksPerWatchdog = 3;

 private:
  platform::Readiness readiness_;
  std::chrono::nanoseconds watchdog_{0};  // of the unit; 0: none
  std::chrono::nanoseconds feed_every_{0};
  std::chrono::nanoseconds fed_at_{0};
  bool stretched_ = false;
  bool fed_ = false;
  StatusText status_;
};

}  // namespace epsilond::agent
