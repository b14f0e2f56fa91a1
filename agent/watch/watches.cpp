#include "agent/watch/watches.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "agent/pipeline/wiring.h"
#include "agent/watch/usage_readings.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::ProcessTree;
using platform::ProcRoot;
using platform::Result;
using platform::TreeUsage;

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Result<std::unique_ptr<Watches>> Watches::make(const Config& config, std::string_view root,
                                               const platform::Clock& clock, ProcessTree::CpuClock cpu_clock) {
  Result<ProcRoot> opened = ProcRoot::make(root);
  if (!opened) return opened.error();
  const std::string_view prefix = opened->is_host() ? std::string_view() : root;
  std::unique_ptr<Watches> made(new Watches(config, std::move(*opened), clock, cpu_clock));
  std::span<double> rest = made->values_;
  for (const WatchConfig& watch : config.watches) {
    made->watches_.push_back(std::make_unique<Watch>(watch, made->root_, prefix, cpu_clock));
    made->watches_.back()->values = rest.first(watch.features.count());
    rest = rest.subspan(watch.features.count());
  }
  return made;
}

Watches::Watches(const Config& config, ProcRoot root, const platform::Clock& clock, ProcessTree::CpuClock cpu_clock)
    : root_(std::move(root)),
      clock_(clock),
      cpu_clock_(cpu_clock),
      budget_(to_nanoseconds(config.interval_s * config.cpu_budget_ratio * kWatchShareOfBudget)),
      most_rss_bytes_(static_cast<std::uint64_t>(config.interval_s * kMostRssPerSecond)),
      rows_(config.watches),
      values_(watch_rows(config.watches), kAbsent) {}

void Watches::saw(const platform::PidStat& stat) {
  for (const std::unique_ptr<Watch>& watch : watches_)
    if (watch->reader.needs_passes()) watch->reader.saw(stat);
}

void Watches::end_pass() {
  for (const std::unique_ptr<Watch>& watch : watches_)
    if (watch->reader.needs_passes()) watch->reader.end_pass();
}

void Watches::drop_pass() {
  for (const std::unique_ptr<Watch>& watch : watches_)
    if (watch->reader.needs_passes()) watch->reader.drop_pass();
}

void Watches::step() {
  const std::chrono::nanoseconds now = clock_.since_boot();
  const std::chrono::nanoseconds began = cpu_clock_();
  const std::chrono::nanoseconds allowed = budget_ + saved_;
  const std::chrono::nanoseconds deadline = began + allowed;
  for (const std::unique_ptr<Watch>& watch : watches_) {
    if (!told_ && watch->reader.needs_passes() && (!watch->reader.tree().looked() || cpu_clock_() < deadline))
      static_cast<void>(watch->reader.find());  // a list that cannot be read is reported of the host
    if (watch->reader.read(now, deadline)) take(*watch);
  }
  for (const std::unique_ptr<Watch>& watch : watches_) measure_memory(*watch, now, deadline);
  saved_ = std::min(allowed - (cpu_clock_() - began), kSavedSteps * budget_);
}

void Watches::measure_memory(Watch& watch, std::chrono::nanoseconds now, std::chrono::nanoseconds deadline) {
  ProcessTree& tree = watch.reader.tree();
  bool begins = tree.memory_turn_over();
  const bool first = watch.memory_turn_began.count() == 0;
  if (begins && !first && now - watch.memory_turn_began < kMemoryEvery) return;
  while (cpu_clock_() < deadline && tree.read_memory(most_rss_bytes_)) {
    if (std::exchange(begins, false)) watch.memory_turn_began = now;
    if (tree.memory_turn_over()) return;
  }
}

void Watches::look_at_all() {
  const std::chrono::nanoseconds now = clock_.since_boot();
  for (const std::unique_ptr<Watch>& watch : watches_) {
    if (watch->reader.needs_passes()) static_cast<void>(watch->reader.find());
    watch->reader.tree().read_all_memory();
    if (watch->reader.read(now)) take(*watch);
  }
}

void Watches::take(Watch& watch) {
  const TreeUsage& now = watch.reader.usage();
  const bool comparable = watch.epoch_before == watch.reader.epoch() && watch.epoch_before > 0;
  const double elapsed_s = platform::seconds_of(now.taken - watch.before.taken);
  std::size_t row = 0;
  for (std::size_t i = 0; i < kWatchFeatureCount; ++i) {
    if (!watch.config.features[i]) continue;
    watch.values[row++] = usage_value(i, comparable ? &watch.before : nullptr, now, elapsed_s).value_or(kAbsent);
  }
  watch.before = now;
  watch.epoch_before = watch.reader.epoch();
  if (!watch.reader.is_there()) watch.memory_turn_began = {};
}

void Watches::report() {
  for (const std::unique_ptr<Watch>& watch : watches_) watch->log.report(watch->config, watch->reader);
}

}  // namespace epsilond::agent
