#pragma once
// A machine that does not exist: steady, noisy work with a small job each minute, one sample per simulated second.

#include <chrono>
#include <cmath>
#include <cstdint>

#include "platform/kernel/host_sample.h"
#include "tests/support/rng.h"

namespace epsilond::tests {

class SimulatedHost {
 public:
  explicit SimulatedHost(std::uint64_t seed) : random_(seed) {}

  // What is added to the usual work, until it is set back.
  double extra_memory_bytes = 0.0;
  double extra_zombies = 0.0;
  double extra_disk_write_bytes_per_s = 0.0;
  double extra_cpu_ratio = 0.0;  // of all processors
  bool disk_is_idle = false;     // but for what is extra

  platform::HostSample next() {
    using F = platform::SampleField;
    ++second_;
    const bool job = second_ % 60 < 2;
    const double usual_write_bytes = std::exp(9.0 + normal()) + (job ? 2e6 : 0.0);
    disk_write_bytes_ += (disk_is_idle ? 0.0 : usual_write_bytes) + extra_disk_write_bytes_per_s;
    forks_ += std::floor(1.0 + std::fabs(normal()) + (job ? 20.0 : 0.0));
    page_faults_ += std::exp(5.0 + normal()) + (job ? 4000.0 : 0.0);
    switches_ += 400.0 + 60.0 * normal();
    const double user = std::fmin(90.0, 6.0 + 2.0 * std::fabs(normal()) + (job ? 20.0 : 0.0));
    user_ticks_ += std::fmin(200.0, user + 200.0 * extra_cpu_ratio);
    all_ticks_ += 200.0;
    load_ += (0.1 + (job ? 0.5 : 0.0) - load_) / 60.0;

    platform::HostSample sample;
    sample.taken_monotonic = std::chrono::seconds(second_);
    sample.set(F::kLoad1Min, load_);
    sample.set(F::kMemTotalBytes, 8e9);
    sample.set(F::kMemUsedBytes, 6e8 + 4e6 * normal() + extra_memory_bytes);
    sample.set(F::kMemAvailableBytes, 7.4e9 - extra_memory_bytes);
    sample.set(F::kProcesses, std::floor(90.0 + std::fabs(normal())) + extra_zombies);
    sample.set(F::kZombies, extra_zombies);
    sample.set(F::kForks, forks_);
    sample.set(F::kPageFaults, page_faults_);
    sample.set(F::kContextSwitches, switches_);
    sample.set(F::kCpuUserTicks, user_ticks_);
    sample.set(F::kCpuTotalTicks, all_ticks_);
    sample.set(F::kDiskWriteBytes, disk_write_bytes_);
    return sample;
  }
  long second() const { return second_; }
  // As after a boot of which the reader heard nothing.
  void reset_counters() {
    disk_write_bytes_ = forks_ = page_faults_ = switches_ = user_ticks_ = all_ticks_ = 0.0;
  }

 private:
  double normal() { return random_.normal(); }

  Rng random_;
  long second_ = 0;
  double disk_write_bytes_ = 0.0;
  double forks_ = 0.0;
  double page_faults_ = 0.0;
  double switches_ = 0.0;
  double user_ticks_ = 0.0;
  double all_ticks_ = 0.0;
  double load_ = 0.1;
};

}  // namespace epsilond::tests
