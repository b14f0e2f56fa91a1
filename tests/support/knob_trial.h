#pragma once
// How often the agent's own pipeline cries wolf on an undisturbed host: the measurement behind the promise of
// `false_alarms_per_week`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/config/config.h"
#include "tests/support/undisturbed_host.h"

namespace epsilond::tests {

inline constexpr std::size_t kMostTrialWeeks = 16;

struct KnobTrial {
  HostKind host = HostKind::kStationary;
  std::uint64_t seed = 1;
  double interval_s = 60.0;
  std::size_t weeks = 8;  // 1 .. kMostTrialWeeks
  agent::ModelKind model = agent::ModelKind::kProduct;
  double warm_up_s = 900.0;
};

// What became of one knob on one host. Flagged rows at most episode_gap_s() apart are one episode, as one incident is
// one to whoever is woken by it; an episode belongs to the week in which it began. Trivially copyable.
struct KnobCount {
  std::array<std::uint32_t, kMostTrialWeeks> episodes{};  // by week
  std::uint32_t episodes_first_hour = 0;                  // after the warm-up; part of episodes[0]
  std::uint32_t episodes_first_day = 0;                   // part of episodes[0]
  std::uint32_t raised = 0;                               // RAISED events, not joined
  std::uint32_t learned = 0;                              // LEARNED events
  std::uint64_t rows = 0;
  std::uint64_t flagged_rows = 0;
  std::array<std::uint32_t, UndisturbedHost::kFeatures> named_first{};  // RAISED events, by the feature they name first

  std::uint32_t total() const;
};

// 30 min; 60 s at intervals of at most 2 s.
double episode_gap_s(double interval_s);

// One host, watched at each of `knobs` (1 .. 9 of them; false alarms per week) by a model of its own, for what is
// flagged decides what is learned. `out` is as long as `knobs`.
void run_knob_trial(const KnobTrial& trial, std::span<const double> knobs, std::span<KnobCount> out);

}  // namespace epsilond::tests
