#include "platform/watch/process_tree.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "platform/kernel/proc/pid_io.h"
#include "platform/kernel/proc/smaps_rollup.h"
#include "platform/seconds.h"
#include "platform/shortage.h"

namespace epsilond::platform {
namespace {

constexpr std::size_t kStatSize = 2048;  // as in ProcessTable
constexpr std::size_t kLooksPerClockReading = 4;

constexpr std::size_t counter(UsageField field) { return static_cast<std::size_t>(field) - kFirstUsageCounter; }
constexpr std::array kIoFields = {UsageField::kReadChars, UsageField::kWriteChars, UsageField::kReadBytes,
                                  UsageField::kWriteBytes};

std::string_view text_of(const char* buffer, std::ptrdiff_t size) {
  return {buffer, static_cast<std::size_t>(std::max<std::ptrdiff_t>(size, 0))};
}

bool is_short(std::ptrdiff_t got) { return got < 0 && is_shortage(static_cast<int>(-got)); }

bool is_refusal(std::ptrdiff_t got) { return got == -EACCES || got == -EPERM; }

Sighting sighting_of(const PidStat& stat) { return {stat.pid, stat.parent_pid, stat.start_ticks}; }

}  // namespace

ProcessTree::ProcessTree(const ProcRoot& root, const TreeRoots& roots, CpuClock cpu_clock)
    : root_(root),
      files_(root),
      cpu_clock_(cpu_clock),
      ticks_per_s_(static_cast<double>(std::max(::sysconf(_SC_CLK_TCK), 1L))),
      page_bytes_(static_cast<std::uint64_t>(std::max(::sysconf(_SC_PAGESIZE), 1L))),
      roots_(roots),
      members_(root.is_procfs()) {}

Result<void> ProcessTree::find() {
  PidList list(root_);
  if (!list.is_open()) {
    drop_pass();
    return make_error(ErrorCode::kUnavailable, 0, "processes cannot be listed");
  }
  while (const std::optional<std::int32_t> pid = list.next()) {
    std::array<char, kStatSize> buffer;
    const std::ptrdiff_t got = files_.read(*pid, "stat", buffer);
    if (is_short(got)) unread_ = true;
    if (const Result<PidStat> stat = parse_pid_stat(text_of(buffer.data(), got)); stat) saw(*stat);
  }
  if (!list.is_whole()) unread_ = true;
  const bool whole = !unread_;
  end_pass();
  return whole ? Result<void>() : make_error(ErrorCode::kUnavailable, 0, "not all processes can be looked at");
}

void ProcessTree::saw(const PidStat& stat) {
  const bool by_pid = roots_.pid != 0 && (roots_.itself ? stat.pid : stat.parent_pid) == roots_.pid;
  const bool by_name = !roots_.comm.empty() && roots_.comm == stat.comm;
  members_.saw(sighting_of(stat), by_pid || by_name);
}

bool ProcessTree::list(std::int32_t pid) {
  if (members_.is_full()) {
    members_.leave_out();
    return false;
  }
  if (const TreeMember* const known = members_.find(pid)) {
    members_.saw(known->who, true);
    return true;
  }
  std::array<char, kStatSize> buffer;
  const std::ptrdiff_t got = files_.read(pid, "stat", buffer);
  if (is_short(got)) unread_ = true;
  if (const Result<PidStat> stat = parse_pid_stat(text_of(buffer.data(), got)); stat)
    members_.saw(sighting_of(*stat), true);
  return true;
}

void ProcessTree::drop_pass() {
  unread_ = false;
  members_.drop_pass();
}

void ProcessTree::end_pass() {
  if (unread_) return drop_pass();
  members_.end_pass();
  ++passes_;
  pass_before_ = std::exchange(last_pass_, now_);
}

bool ProcessTree::read(std::chrono::nanoseconds now, std::chrono::nanoseconds cpu_deadline) {
  // Who was there at the first look counts whole; before the second pass nobody can tell who is new since.
  if (now_.count() == 0) last_pass_ = pass_before_ = now;
  now_ = now;
  std::size_t looked_at = 0;
  for (TreeMember& member : members_.all()) {
    if (member.read) continue;
    if (looked_at >= kLeastPerRead && looked_at % kLooksPerClockReading == 0 && cpu_deadline != kNoDeadline &&
        cpu_clock_() >= cpu_deadline)
      return false;
    ++looked_at;
    read_member(member);
  }
  check_elder_children();
  if (std::exchange(missed_, false)) return publish_nothing(now);
  is_unsure_ = false;
  const bool first = passes_ <= 1;
  const double newborn_s = seconds_of(pass_before_);
  members_.settle(first ? 0 : static_cast<std::uint64_t>(newborn_s * ticks_per_s_));
  publish(now);
  return true;
}

// A sum without one of them would be less than what they use.
bool ProcessTree::publish_nothing(std::chrono::nanoseconds now) {
  is_unsure_ = true;
  for (TreeMember& member : members_.all()) member.read = false;
  usage_.clear();
  usage_.taken = now;
  return true;
}

void ProcessTree::read_member(TreeMember& member) {
  member.read = true;
  member.gone = !read_stat(member);
  if (member.gone) return;
  read_io(member);
  if (member.zombie) {
    member.has_descriptors = true;
    member.descriptors = 0;
    return;
  }
  const std::optional<std::uint32_t> open = files_.descriptors(member.who.pid);
  member.has_descriptors = open.has_value();
  member.descriptors = open.value_or(0);
}

bool ProcessTree::read_stat(TreeMember& member) {
  std::array<char, kStatSize> buffer;
  const std::ptrdiff_t got = files_.read(member.who.pid, "stat", buffer);
  if (is_short(got)) missed_ = true;
  const Result<PidStat> stat = parse_pid_stat(text_of(buffer.data(), got));
  if (!stat || stat->start_ticks != member.who.start_ticks) return false;
  // A process whose first thread has ended while others run shows Z too, but it is alive.
  member.zombie = (stat->state == 'Z' && stat->threads <= 1) || stat->state == 'X';
  member.blocked = stat->state == 'D';
  member.who.parent_pid = stat->parent_pid;
  member.threads = stat->threads;
  member.rss_bytes = static_cast<std::uint64_t>(std::max(stat->resident_pages, std::int64_t{0})) * page_bytes_;
  member.vmem_bytes = stat->virtual_bytes;
  member.now[counter(UsageField::kUserSeconds)] = stat->user_ticks + stat->children_user_ticks;
  member.now[counter(UsageField::kSystemSeconds)] =
      stat->system_ticks + (stat->children_ticks - stat->children_user_ticks);
  return true;
}

void ProcessTree::read_io(TreeMember& member) {
  std::array<char, 512> buffer;
  const std::ptrdiff_t got = files_.read(member.who.pid, "io", buffer);
  const Result<PidIo> io = parse_pid_io(text_of(buffer.data(), got));
  if (!io) {
    if (member.zombie) return;  // it does no more
    member.has_io = false;
    if (is_refusal(got))
      for (const UsageField field : kIoFields) denied_now_.set(static_cast<std::size_t>(field));
    return;
  }
  member.has_io = true;
  member.now[counter(UsageField::kReadChars)] = io->read_chars;
  member.now[counter(UsageField::kWriteChars)] = io->written_chars;
  member.now[counter(UsageField::kReadBytes)] = io->read_bytes;
  member.now[counter(UsageField::kWriteBytes)] = io->written_bytes;
}

// A parent is read before its children, so that what it inherits while the round goes on is nobody's twice. Where
// numbers began anew a child may come first: if it has ended since, its parent has it.
void ProcessTree::check_elder_children() {
  for (TreeMember& member : members_.all()) {
    if (member.gone || !members_.precedes_ancestor(member)) continue;
    std::array<char, kStatSize> buffer;
    const std::ptrdiff_t got = files_.read(member.who.pid, "stat", buffer);
    if (is_short(got)) missed_ = true;
    const Result<PidStat> stat = parse_pid_stat(text_of(buffer.data(), got));
    member.gone = !stat || stat->start_ticks != member.who.start_ticks;
  }
}

TreeMember* ProcessTree::next_turn() {
  for (TreeMember& member : members_.all())
    if (member.who.pid > memory_turn_ && !member.zombie) return &member;
  return nullptr;
}

bool ProcessTree::read_memory(std::uint64_t most_rss_bytes) {
  TreeMember* chosen = next_turn();
  if (chosen == nullptr && memory_turn_ != 0) {
    // The last of this turn have ended since.
    memory_known_ = true;
    memory_turn_ = 0;
    chosen = next_turn();
  }
  if (chosen == nullptr) return false;
  memory_turn_ = chosen->who.pid;
  chosen->too_large = chosen->rss_bytes > most_rss_bytes;
  chosen->passed_over = chosen->blocked;
  if (!chosen->too_large && !chosen->blocked) measure(*chosen);
  if (next_turn() == nullptr) {
    memory_known_ = true;
    memory_turn_ = 0;
  }
  return true;
}

void ProcessTree::measure(TreeMember& member) {
  std::array<char, 4096> buffer;
  const std::ptrdiff_t got = files_.read(member.who.pid, "smaps_rollup", buffer);
  if (is_short(got)) {
    member.passed_over = true;  // as if it had slept: it keeps what was read before
    return;
  }
  const Result<SmapsRollup> memory = parse_smaps_rollup(text_of(buffer.data(), got));
  member.has_pss = member.has_swap = static_cast<bool>(memory);
  member.pss_denied = is_refusal(got);
  member.pss_bytes = memory ? memory->pss_bytes : 0;
  member.swap_bytes = memory ? memory->swap_bytes : 0;
  if (memory) return;
  const std::string_view status = text_of(buffer.data(), files_.read(member.who.pid, "status", buffer));
  const std::optional<std::uint64_t> swap = parse_status_swap_bytes(status);
  member.has_swap = swap.has_value();
  member.swap_bytes = swap.value_or(0);
}

void ProcessTree::read_all_memory() {
  memory_turn_ = 0;
  for (std::size_t i = 0; i < members_.all().size() && read_memory(); ++i) {
  }
  memory_known_ = true;
  publish_memory();
}

void ProcessTree::publish(std::chrono::nanoseconds now) {
  usage_.clear();
  usage_.taken = now;
  std::uint64_t processes = 0;
  std::uint64_t threads = 0;
  std::uint64_t rss = 0;
  std::uint64_t vmem = 0;
  std::uint64_t descriptors = 0;
  bool all_io = true;
  bool all_descriptors = true;
  for (const TreeMember& member : std::as_const(members_).all()) {
    all_io = all_io && (member.has_io || member.zombie);
    if (member.zombie) continue;
    ++processes;
    threads += member.threads;
    rss += member.rss_bytes;
    vmem += member.vmem_bytes;
    descriptors += member.descriptors;
    all_descriptors = all_descriptors && member.has_descriptors;
  }
  if (!all_descriptors) denied_now_.set(static_cast<std::size_t>(UsageField::kDescriptors));
  denied_ = std::exchange(denied_now_, {});

  const auto set = [this](UsageField field, std::uint64_t value) { usage_.set(field, static_cast<double>(value)); };
  const TreeCounters& totals = members_.totals();
  for (const UsageField field : {UsageField::kUserSeconds, UsageField::kSystemSeconds})
    usage_.set(field, static_cast<double>(totals[counter(field)]) / ticks_per_s_);
  if (all_io)
    for (const UsageField field : kIoFields) set(field, totals[counter(field)]);
  if (processes > 0) {
    set(UsageField::kProcesses, processes);
    set(UsageField::kThreads, threads);
    set(UsageField::kRssBytes, rss);
    set(UsageField::kVmemBytes, vmem);
    if (all_descriptors) set(UsageField::kDescriptors, descriptors);
  } else {
    memory_known_ = false;
    memory_turn_ = 0;
  }
  publish_memory();
}

void ProcessTree::publish_memory() {
  std::uint64_t pss = 0;
  std::uint64_t swap = 0;
  bool any_pss = false;
  bool any_swap = false;
  bool all_pss = usage_.has(UsageField::kProcesses) && memory_known_;
  bool all_swap = all_pss;
  bool denied = false;
  memory_too_large_ = false;
  for (const TreeMember& member : std::as_const(members_).all()) {
    if (member.too_large && !member.zombie) memory_too_large_ = true;
    if (member.zombie) continue;
    if (!(member.has_pss || member.has_swap || member.pss_denied)) {
      // Who is new has had no turn yet: it counts when it has.
      all_pss = all_pss && !member.passed_over;
      all_swap = all_swap && !member.passed_over;
      continue;
    }
    pss += member.pss_bytes;
    swap += member.swap_bytes;
    any_pss = any_pss || member.has_pss;
    any_swap = any_swap || member.has_swap;
    all_pss = all_pss && member.has_pss;
    all_swap = all_swap && member.has_swap;
    denied = denied || member.pss_denied;
  }
  denied_.set(static_cast<std::size_t>(UsageField::kPssBytes), denied);
  if (any_pss && all_pss && !memory_too_large_) usage_.set(UsageField::kPssBytes, static_cast<double>(pss));
  if (any_swap && all_swap && !memory_too_large_) usage_.set(UsageField::kSwapBytes, static_cast<double>(swap));
}

}  // namespace epsilond::platform
