#include "platform/kernel/culprits.h"

#include <unistd.h>

#include <algorithm>

#include "platform/kernel/proc/pid_stat.h"
#include "platform/seconds.h"

namespace epsilond::platform {
namespace {

constexpr double kYoungS = 300.0;
constexpr double kShareOfFirst = 0.25;
constexpr std::size_t kMostCandidates = 4;  // one more than are named: one may have ended since
constexpr std::size_t kLooksPerClockReading = 8;
constexpr std::size_t kStatSize = 2048;  // as in ProcessTable
constexpr int kMostAncestors = 8;

constexpr ProcessUsage kUnborn = {};

// Counters only grow; what does not is another's.
double grown(std::uint64_t now, std::uint64_t then) { return now > then ? static_cast<double>(now - then) : 0.0; }

}  // namespace

Culprits::Culprits(const ProcRoot& root, CpuClock cpu_clock)
    : root_(root),
      cpu_clock_(cpu_clock),
      ticks_per_s_(static_cast<double>(std::max(::sysconf(_SC_CLK_TCK), 1L))),
      page_bytes_(static_cast<double>(std::max(::sysconf(_SC_PAGESIZE), 1L))),
      files_(root),
      past_(files_) {}

bool Culprits::look() {
  now_.begin(past_.now());
  saw_all_ = true;
  before_ = past_.before();
  if (before_ == nullptr) return false;
  between_s_ = seconds_of(past_.now() - before_->taken());
  const std::chrono::nanoseconds deadline = cpu_clock_() + kMostCpu;
  PidList list(root_);
  for (std::size_t seen = 0; const std::optional<std::int32_t> pid = list.next(); ++seen) {
    saw_all_ = seen % kLooksPerClockReading != 0 || cpu_clock_() < deadline;
    if (!saw_all_) break;
    std::array<char, kStatSize> buffer;
    const PidStat stat = read_stat(*pid, buffer);
    if (stat.pid != 0) now_.add(usage_of(stat));
  }
  saw_all_ = saw_all_ && list.is_whole();
  now_.end(past_.now());
  return true;
}

PidStat Culprits::read_stat(std::int32_t pid, std::span<char> buffer) const {
  const std::ptrdiff_t got = files_.read(pid, "stat", buffer);
  if (got <= 0) return {};
  const Result<PidStat> stat = parse_pid_stat(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  return stat ? *stat : PidStat{};
}

const ProcessUsage* Culprits::then_of(const ProcessUsage& now) const {
  const ProcessUsage* const then = before_->find(now.pid);
  if (then != nullptr && then->is_same_process(now)) return then;
  return before_->is_newer(now) ? &kUnborn : nullptr;
}

const ProcessUsage* Culprits::living_ancestor(const ProcessUsage& then) const {
  std::int32_t pid = then.parent_pid;
  for (int i = 0; i < kMostAncestors; ++i) {
    if (const ProcessUsage* const living = now_.find(pid)) return living;
    const ProcessUsage* const dead = before_->find(pid);
    if (dead == nullptr) break;
    pid = dead->parent_pid;
  }
  return nullptr;
}

void Culprits::tally(GrowthKind kind) {
  std::fill_n(tally_, now_.rows().size(), std::uint64_t{0});
  if (kind == GrowthKind::kCpu) {
    for (const ProcessUsage& then : before_->rows()) {
      const ProcessUsage* const now = now_.find(then.pid);
      if (now != nullptr && now->is_same_process(then)) continue;
      if (const ProcessUsage* const heir = living_ancestor(then))
        tally_[row_of(*heir)] += then.cpu_ticks + then.children_ticks;
    }
    return;
  }
  for (const ProcessUsage& now : now_.rows()) {
    const ProcessUsage* const then = then_of(now);
    bool counts = now.is_zombie();
    if (kind == GrowthKind::kChildren) counts = then == &kUnborn;
    if (kind == GrowthKind::kZombies) counts = counts && (then == nullptr || !then->is_zombie());
    const ProcessUsage* const parent = counts ? now_.find(now.parent_pid) : nullptr;
    if (parent != nullptr) ++tally_[row_of(*parent)];
  }
}

double Culprits::usual(std::uint64_t used_before, const ProcessUsage& then) const {
  const double age_s = seconds_of(before_->taken()) - static_cast<double>(then.start_ticks) / ticks_per_s_;
  return static_cast<double>(used_before) / (std::max(age_s, 0.0) + kYoungS) * between_s_;
}

Culprits::Growth Culprits::cpu_growth(const ProcessUsage& now, const ProcessUsage& then) const {
  // Of the dead whose time a parent inherited, what they had used before the look is not new. Who was not looked at
  // may be dead or alive, so then no inheritance is believed.
  const double inherited =
      grown(now.children_ticks, then.children_ticks) - static_cast<double>(tally_[row_of(now)]);
  const double ticks = grown(now.cpu_ticks, then.cpu_ticks) + (saw_all_ ? std::max(inherited, 0.0) : 0.0);
  const double beyond = ticks - usual(then.cpu_ticks + then.children_ticks, then);
  return {ticks / ticks_per_s_, beyond / ticks_per_s_, "cpu_seconds"};
}

Culprits::Growth Culprits::storage_growth(GrowthKind kind, const ProcessUsage& now, const ProcessUsage& then) const {
  // Who used no processor time has read and written nothing.
  if (now.cpu_ticks == then.cpu_ticks && &then != &kUnborn) return {};
  if (then.read_bytes == ProcessUsage::kUnknownBytes) return {};
  const std::optional<PidIo> io = files_.io(now.pid);
  if (!io) return {};
  const double read = grown(io->read_bytes, then.read_bytes);
  const double written = grown(io->written_bytes, then.written_bytes);
  if (kind == GrowthKind::kReads || (kind == GrowthKind::kStorage && read > written))
    return {read, read - usual(then.read_bytes, then), "read_bytes"};
  return {written, written - usual(then.written_bytes, then), "write_bytes"};
}

Culprits::Growth Culprits::growth_of(GrowthKind kind, const ProcessUsage& now) const {
  const ProcessUsage* const then = then_of(now);
  if (then == nullptr) return {};
  const auto level = [](double by, std::string_view what) { return Growth{by, by, what}; };
  switch (kind) {
    case GrowthKind::kNone:
      break;
    case GrowthKind::kCpu:
      return cpu_growth(now, *then);
    case GrowthKind::kMemory:
      return level(grown(now.resident_pages, then->resident_pages) * page_bytes_, "rss_bytes");
    case GrowthKind::kReads:
    case GrowthKind::kWrites:
    case GrowthKind::kStorage:
      return storage_growth(kind, now, *then);
    case GrowthKind::kThreads:
      return level(grown(now.threads, then->threads), "threads");
    case GrowthKind::kDescriptors: {
      const std::optional<std::uint32_t> open = files_.descriptors(now.pid);
      if (!open || then->descriptors == ProcessUsage::kUnknown) break;
      return level(grown(*open, then->descriptors), "descriptors");
    }
    case GrowthKind::kChildren:
      return level(static_cast<double>(tally_[row_of(now)]), "children");
    case GrowthKind::kZombies:
    case GrowthKind::kAllZombies:
      return level(static_cast<double>(tally_[row_of(now)]), "zombies");
    case GrowthKind::kBlocked:
      if (now.state != 'D') break;
      // Who was blocked before is less likely to be what is new.
      return {1.0, then->state == 'D' ? 0.5 : 1.0, "blocked"};
  }
  return {};
}

double Culprits::least_worth_naming(GrowthKind kind) const {
  constexpr double kMiB = 1024.0 * 1024.0;
  switch (kind) {
    case GrowthKind::kNone:
      break;
    case GrowthKind::kCpu:
      return 0.05 * between_s_;  // of one processor
    case GrowthKind::kMemory:
      return 4.0 * kMiB;
    case GrowthKind::kReads:
    case GrowthKind::kWrites:
    case GrowthKind::kStorage:
      return kMiB;
    case GrowthKind::kDescriptors:
      return 8.0;
    case GrowthKind::kThreads:
    case GrowthKind::kChildren:
      return 2.0;
    case GrowthKind::kZombies:
    case GrowthKind::kAllZombies:
    case GrowthKind::kBlocked:
      return 0.5;
  }
  return 0.0;
}

std::size_t Culprits::find(GrowthKind kind, double at_least, std::span<GrownProcess> out) {
  if (before_ == nullptr || kind == GrowthKind::kNone) return 0;
  const bool reads_files = kind == GrowthKind::kReads || kind == GrowthKind::kWrites ||
                           kind == GrowthKind::kStorage || kind == GrowthKind::kDescriptors;
  const bool is_tallied =
      kind == GrowthKind::kCpu || kind == GrowthKind::kChildren || kind == GrowthKind::kZombies ||
      kind == GrowthKind::kAllZombies;
  if (is_tallied) tally(kind);
  const double least = std::max(at_least, least_worth_naming(kind));
  const std::chrono::nanoseconds deadline = cpu_clock_() + kMostCpu;
  std::array<Candidate, kMostCandidates> best;  // the most grown first
  std::size_t found = 0;
  std::size_t seen = 0;
  for (const ProcessUsage& now : now_.rows()) {
    if (reads_files && seen++ % kLooksPerClockReading == 0 && cpu_clock_() >= deadline) break;
    const Growth growth = growth_of(kind, now);
    if (!(growth.beyond_usual >= least)) continue;
    std::size_t place = std::min(found, best.size() - 1);
    if (found == best.size() && best[place].growth.beyond_usual >= growth.beyond_usual) continue;
    for (; place > 0 && best[place - 1].growth.beyond_usual < growth.beyond_usual; --place)
      best[place] = best[place - 1];
    best[place] = {&now, growth};
    found = std::min(found + 1, best.size());
  }

  std::size_t named = 0;
  for (std::size_t i = 0; i < found && named < out.size(); ++i) {
    if (best[i].growth.beyond_usual < kShareOfFirst * best[0].growth.beyond_usual) break;
    if (name(best[i], out[named])) ++named;
  }
  return named;
}

bool Culprits::name(const Candidate& candidate, GrownProcess& out) const {
  const ProcessUsage& process = *candidate.process;
  std::array<char, kStatSize> buffer;
  const PidStat stat = read_stat(process.pid, buffer);
  const std::optional<std::uint32_t> uid = files_.uid(process.pid);
  if (stat.pid == 0 || stat.start_ticks != process.start_ticks || !uid) return false;
  out.comm = stat.comm;
  out.pid = process.pid;
  out.uid = *uid;
  out.unit = files_.unit(process.pid);
  out.what = candidate.growth.what;
  out.delta = candidate.growth.by;
  return true;
}

}  // namespace epsilond::platform
