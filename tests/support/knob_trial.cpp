#include "tests/support/knob_trial.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "agent/history/feature_columns.h"
#include "agent/pipeline/pipeline.h"

namespace epsilond::tests {
namespace {

constexpr double kWeekS = 604800.0;
constexpr double kDayS = 86400.0;
constexpr double kHourS = 3600.0;
constexpr double kStartUnixS = 1795305600.0;  // 2026-11-22 00:00 UTC, a Sunday
constexpr std::size_t kRememberedRows = 2;    // nobody looks at the ring buffer

std::string model_name(std::size_t knob) { return std::string("knob") + static_cast<char>('0' + knob); }

// Counts what the models of a trial send.
class Counter final : public platform::Emitter {
 public:
  Counter(HostKind host, std::span<KnobCount> counts) : host_(host), counts_(counts) {}

  platform::Result<void> emit(const platform::Flag& flag) override {
    KnobCount& count = counts_[static_cast<std::size_t>(flag.model.view().back() - '0')];
    if (flag.event == platform::FlagEvent::kLearned) ++count.learned;
    if (flag.event != platform::FlagEvent::kRaised) return {};
    ++count.raised;
    for (std::size_t i = 0; i < UndisturbedHost::kFeatures && flag.feature_count > 0; ++i)
      if (flag.features[0].name == UndisturbedHost::feature_name(host_, i)) ++count.named_first[i];
    return {};
  }
  std::string_view name() const override { return "counter"; }

 private:
  HostKind host_;
  std::span<KnobCount> counts_;
};

agent::Config trial_config(const KnobTrial& trial, std::span<const double> knobs) {
  agent::Config config;
  config.host = "simulated";
  config.interval_s = trial.interval_s;
  config.history_s = static_cast<double>(kRememberedRows) * trial.interval_s;
  for (std::size_t i = 0; i < knobs.size(); ++i) {
    agent::ModelConfig model;
    model.name = model_name(i);
    model.kind = trial.model;
    for (std::size_t k = 0; k < UndisturbedHost::kFeatures; ++k) model.features.set(k);
    model.false_alarms_per_week = knobs[i];
    model.warm_up_s = trial.warm_up_s;
    config.models.push_back(model);
  }
  return config;
}

}  // namespace

std::uint32_t KnobCount::total() const { return std::accumulate(episodes.begin(), episodes.end(), std::uint32_t{0}); }

double episode_gap_s(double interval_s) { return interval_s <= 2.0 ? 60.0 : 1800.0; }

void run_knob_trial(const KnobTrial& trial, std::span<const double> knobs, std::span<KnobCount> out) {
  std::fill(out.begin(), out.end(), KnobCount{});
  std::vector<std::string> names;
  for (std::size_t i = 0; i < UndisturbedHost::kFeatures; ++i)
    names.emplace_back(UndisturbedHost::feature_name(trial.host, i));
  std::vector<std::unique_ptr<platform::Emitter>> emitters;
  emitters.push_back(std::make_unique<Counter>(trial.host, out));
  // Columns of which neither meaning nor unit is known: no resolution helps the detector.
  agent::Pipeline pipeline(trial_config(trial, knobs), agent::FeatureColumns::for_replay(names, {}).table(),
                           std::move(emitters));
  UndisturbedHost host(trial.host, trial.seed, trial.interval_s);
  agent::Readings readings;
  for (std::size_t i = 0; i < UndisturbedHost::kFeatures; ++i) readings.present.set(i);
  readings.elapsed_s = trial.interval_s;
  std::vector<double> flagged_at_s(knobs.size(), -std::numeric_limits<double>::infinity());
  const double gap_s = episode_gap_s(trial.interval_s);
  const auto rows = static_cast<std::uint64_t>(static_cast<double>(trial.weeks) * kWeekS / trial.interval_s);
  for (std::uint64_t row = 0; row < rows; ++row) {
    const double time_s = static_cast<double>(row) * trial.interval_s;
    std::ranges::copy(host.next(), readings.values.begin());
    pipeline.step(readings, {.wall = std::chrono::nanoseconds(std::llround((kStartUnixS + time_s) * 1e9))});
    for (std::size_t i = 0; i < knobs.size(); ++i) {
      ++out[i].rows;
      if (!pipeline.watchers()[i]->anomalous()) continue;
      ++out[i].flagged_rows;
      if (time_s - flagged_at_s[i] > gap_s) {
        ++out[i].episodes[static_cast<std::size_t>(time_s / kWeekS)];
        if (time_s < trial.warm_up_s + kHourS) ++out[i].episodes_first_hour;
        if (time_s < kDayS) ++out[i].episodes_first_day;
      }
      flagged_at_s[i] = time_s;
    }
  }
}

}  // namespace epsilond::tests
