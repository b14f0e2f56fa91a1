#include "agent/control/run_watch.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "agent/control/run_name.h"
#include "agent/history/replay_output.h"
#include "agent/watch/usage_readings.h"
#include "platform/kernel/proc/net_dev.h"
#include "platform/kernel/process_table.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::Command;
using platform::CommandUsage;
using platform::NetDev;
using platform::Result;
using platform::seconds_of;
using platform::TreeUsage;
using platform::UsageField;

// How much of the time between two samples may go into looking at memory page by page; what is not reached is looked
// at first in the next round.
constexpr double kMemoryShare = 0.05;
// A command goes from one phase to the next sooner than a machine takes up another life.
constexpr double kAcceptAfterS = 900.0;
// After it was stopped by ^Z, or not looked at on a busy machine, it has sooner caught up, too.
constexpr double kGraceS = 5.0;
constexpr std::array kPrmonGauges = {UsageField::kPssBytes,  UsageField::kRssBytes,  UsageField::kSwapBytes,
                                     UsageField::kVmemBytes, UsageField::kProcesses, UsageField::kThreads};
constexpr std::size_t kNetTextBytes = std::size_t{256} * 1024;

// Every feature, so that the rows are those of watch_features(); what only control groups know stays absent.
WatchConfig watch_of(const RunOptions& options) {
  WatchConfig watch;
  watch.name = run_name(options.command.front());
  watch.features.set();
  return watch;
}

Config config_of(const RunOptions& options) {
  Config config;
  config.interval_s = options.interval_s;
  config.history_s = 2.0 * options.interval_s;  // nobody asks for it
  config.state_path.clear();
  ModelConfig model;
  model.name = "run";
  for (std::size_t i = 0; i < watch_features().size(); ++i) model.features[i] = !needs_cgroup(i);
  model.baseline = models::BaselineKind::kGlobal;
  model.warm_up_s = options.warm_up_s;
  model.accept_after_s = kAcceptAfterS;
  model.grace_s = kGraceS;
  if (options.false_alarms_per_week) model.false_alarms_per_week = *options.false_alarms_per_week;
  config.models.push_back(model);
  return config;
}

// Flags as JSON lines, for readers that follow along.
class FlagLines final : public platform::Emitter {
 public:
  explicit FlagLines(platform::OutputFile& out) : out_(out) {}
  Result<void> emit(const platform::Flag& flag) override {
    const Result<void> written = write_event_line(out_, flag);
    return written ? out_.flush() : written;
  }
  std::string_view name() const override { return "flags"; }

 private:
  platform::OutputFile& out_;
};

std::uint64_t grown(std::uint64_t before, std::uint64_t now) { return now >= before ? now - before : 0; }

bool is_whole(double seconds) { return seconds == std::floor(seconds); }

// To what somebody else knows of what grows.
void raise_to(TreeUsage& usage, UsageField field, double value) {
  if (!usage.has(field) || usage.value(field) < value) usage.set(field, value);
}

}  // namespace

RunWatch::RunWatch(const RunOptions& options, const platform::ProcRoot& root, RunOutputs& outputs,
                   platform::OutputFile& flags, Voice& voice)
    : outputs_(outputs),
      voice_(voice),
      root_(root),
      tree_(root, {.comm = {}, .pid = static_cast<std::int32_t>(::getpid()), .itself = false},
            platform::thread_cpu_time),
      memory_budget_s_(kMemoryShare * options.interval_s),
      net_dev_("net/dev", nullptr),
      rows_(std::vector<WatchConfig>{watch_of(options)}),
      table_(rows_.behind({})) {
  std::vector<std::unique_ptr<platform::Emitter>> emitters;
  emitters.push_back(std::make_unique<FlagLines>(flags));
  pipeline_ = std::make_unique<Pipeline>(config_of(options), table_, std::move(emitters));
  if (outputs_.prmon.file() != nullptr) prmon_.emplace(*outputs_.prmon.file(), is_whole(options.interval_s));
  if (outputs_.prmon.file() != nullptr || outputs_.json_summary.file() != nullptr) net_text_.resize(kNetTextBytes);
  if (platform::OutputFile* csv = outputs_.csv.file()) {
    std::string header = "timestamp";
    for (std::size_t i = 0; i < table_.size(); ++i)
      if (!needs_cgroup(i)) header += "," + std::string(table_[i].name);
    csv->write(header + "\n");
  }
}

void RunWatch::sample(const Command& command) {
  look(seconds_of(command.elapsed()));
  PrmonSample row;
  row.unix_s = seconds_of(clock_.wall());
  row.wall_s = totals_.wall_s;
  row.usage = totals_.usage;
  if (!row.usage.has(UsageField::kProcesses))  // it has ended already
    for (const UsageField gauge : kPrmonGauges) row.usage.set(gauge, 0.0);
  row.network = read_network();
  ++totals_.samples;
  prmon_summary_.add(row);
  if (prmon_) prmon_->write(row);
  outputs_.prmon.sync(voice_);
  feed(row.wall_s);
}

void RunWatch::take_stock(const Command& command) { look(seconds_of(command.elapsed())); }

void RunWatch::settle(const Command& command) {
  look(totals_.wall_s);
  const CommandUsage waited_for = command.usage();
  raise_to(totals_.usage, UsageField::kUserSeconds, waited_for.user_s);
  raise_to(totals_.usage, UsageField::kSystemSeconds, waited_for.system_s);
  const auto largest = static_cast<double>(waited_for.peak_process_bytes);
  totals_.peak_process_rss_bytes = std::max(totals_.peak_process_rss_bytes, largest);
  totals_.peak_rss_bytes = std::max(totals_.peak_rss_bytes, largest);
}

void RunWatch::finish() {
  pipeline_->end_open_episodes({.wall = clock_.wall(), .utc_offset = clock_.utc_offset(clock_.wall())},
                               "the command has ended");
  totals_.episodes = pipeline_->event_count(platform::FlagEvent::kRaised);
  prmon_summary_.finish(totals_.wall_s, totals_.peak_rss_bytes, totals_.usage);
}

std::string RunWatch::json_summary() const { return prmon_summary_.json(); }

void RunWatch::look(double wall_s) {
  totals_.wall_s = wall_s;
  const Result<void> found = tree_.find();
  if (!found && !trouble_said_) {
    voice_.say("", "the processes of the command cannot be watched: %s", found.error().context.c_str());
    trouble_said_ = true;
  }
  if (tree_.overflowed() && !overflow_said_) {
    voice_.say("", "the command has more than %zu processes: the others are not watched",
               platform::ProcessTree::kMostProcesses);
    overflow_said_ = true;
  }
  read_memory();
  tree_.read(clock_.since_boot());
  totals_.usage = tree_.usage();
  const bool any = totals_.usage.has(UsageField::kProcesses);
  totals_.processes_left = any ? static_cast<std::uint64_t>(totals_.usage.value(UsageField::kProcesses)) : 0;
  totals_.processes_at_most = std::max(totals_.processes_at_most, totals_.processes_left);
  if (totals_.usage.has(UsageField::kRssBytes))
    totals_.peak_rss_bytes = std::max(totals_.peak_rss_bytes, totals_.usage.value(UsageField::kRssBytes));
}

void RunWatch::read_memory() {
  const auto deadline = platform::thread_cpu_time() + std::chrono::duration<double>(memory_budget_s_);
  for (std::size_t i = 0; i < tree_.processes() && platform::thread_cpu_time() < deadline; ++i)
    if (!tree_.read_memory()) return;
}

std::optional<NetDev> RunWatch::read_network() {
  if (net_text_.empty()) return std::nullopt;
  const Result<std::string_view> text = net_dev_.read(root_, net_text_);
  if (!text || !interfaces_.update(*text, &root_)) return std::nullopt;
  const Result<NetDev> now = platform::parse_net_dev(*text, interfaces_);
  if (!now) return std::nullopt;
  if (!network_at_start_) network_at_start_ = *now;
  const NetDev& start = *network_at_start_;
  return NetDev{.rx_bytes = grown(start.rx_bytes, now->rx_bytes),
                .rx_packets = grown(start.rx_packets, now->rx_packets),
                .tx_bytes = grown(start.tx_bytes, now->tx_bytes),
                .tx_packets = grown(start.tx_packets, now->tx_packets),
                .errors = grown(start.errors, now->errors)};
}

void RunWatch::feed(double wall_s) {
  const double elapsed_s = wall_s - previous_wall_s_;
  const Readings readings = observe_usage(previous_ ? &*previous_ : nullptr, totals_.usage, elapsed_s);
  const std::chrono::nanoseconds wall = clock_.wall();
  if (previous_)  // as in the agent, the first sample only is what rates grow from
    pipeline_->step(readings, {.wall = wall, .utc_offset = clock_.utc_offset(wall), .since_boot = clock_.since_boot()});
  outputs_.flags.sync(voice_);
  write_csv(readings, seconds_of(wall));
  previous_ = totals_.usage;
  previous_wall_s_ = wall_s;
}

void RunWatch::write_csv(const Readings& readings, double unix_s) {
  platform::OutputFile* csv = outputs_.csv.file();
  if (csv == nullptr) return;
  char cell[40];
  std::snprintf(cell, sizeof cell, "%.3f", unix_s);
  std::string row = cell;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (needs_cgroup(i)) continue;
    row += ',';
    if (!readings.present[i]) continue;
    std::snprintf(cell, sizeof cell, "%.15g", readings.values[i]);
    row += cell;
  }
  csv->write(row + "\n");
  outputs_.csv.sync(voice_);
}

}  // namespace epsilond::agent
