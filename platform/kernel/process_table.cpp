#include "platform/kernel/process_table.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <span>
#include <string_view>
#include <utility>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/pid_stat.h"
#include "platform/kernel/process_past.h"
#include "platform/shortage.h"

namespace epsilond::platform {
namespace {

constexpr const char* kName = "process scan";
// Reading the processor clock is a system call of its own; so many looks take a tenth of a millisecond.
constexpr std::size_t kLooksPerClockReading = 16;
// A line of 52 numbers of 20 digits and a name of 64 bytes stays below this.
constexpr std::size_t kPidStatSize = 2048;

Error error_of_errno(const char* what, int system_errno) {
  return make_error(code_of_errno(system_errno), system_errno, "%s: %s: %s", kName, what, strerror(system_errno));
}

std::optional<std::int32_t> pid_of_entry(const char* name) {
  if (name[0] < '1' || name[0] > '9') return std::nullopt;
  return parse_integer<std::int32_t>(name);
}

}  // namespace

std::chrono::nanoseconds thread_cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

ProcessTable::ProcessTable(const ProcRoot& root, CpuClock cpu_clock, ProcessPast* past)
    : root_(root),
      cpu_clock_(cpu_clock),
      past_(past),
      files_(root),
      links_count_processes_(root.sees_all_pid_namespaces()) {
  if (links_count_processes_) learn_link_surplus();
}

std::optional<std::uint64_t> ProcessTable::links() const {
  struct stat status;
  if (!links_count_processes_ || ::fstat(root_.proc_fd(), &status) != 0) return std::nullopt;
  return status.st_nlink;
}

void ProcessTable::learn_link_surplus() {
  // Processes come and go meanwhile: only a listing between two equal counts is believed.
  constexpr int kAttempts = 5;
  for (int attempt = 0; attempt < kAttempts && !link_surplus_; ++attempt) {
    const std::optional<std::uint64_t> before = links();
    std::uint64_t listed = 0;
    bool saw_init = false;
    listing_.reset();
    entries_end_ = entries_position_ = 0;
    while (refill() && entries_end_ > 0) {
      while (entries_position_ < entries_end_) {
        const auto* const entry = reinterpret_cast<const dirent64*>(entries_ + entries_position_);
        entries_position_ += entry->d_reclen;
        const std::optional<std::int32_t> pid = pid_of_entry(entry->d_name);
        if (pid) ++listed;
        if (pid == 1) saw_init = true;
      }
    }
    if (saw_init && before && links() == before && *before >= listed) link_surplus_ = *before - listed;
  }
  listing_.reset();
  entries_end_ = entries_position_ = 0;
}

Result<void> ProcessTable::refill() {
  entries_end_ = entries_position_ = 0;
  if (!listing_.valid()) {
    Result<UniqueFd> opened = root_.open_listing();
    if (!opened) return opened.error();
    listing_ = std::move(*opened);
  }
  const ssize_t got = ::getdents64(listing_.get(), entries_, sizeof entries_);
  if (got < 0) {
    const int system_errno = errno;
    listing_.reset();
    return error_of_errno("cannot list", system_errno);
  }
  entries_end_ = static_cast<std::size_t>(got);
  return {};
}

void ProcessTable::look_at(std::int32_t pid) {
  pass_.saw_init = pass_.saw_init || pid == 1;
  std::array<char, kPidStatSize> buffer;
  const std::ptrdiff_t got = files_.read(pid, buffer);
  if (got < 0) {
    const int system_errno = static_cast<int>(-got);
    const ErrorCode code = code_of_errno(system_errno);
    if (code == ErrorCode::kNotFound) return;  // it ended since it was listed
    ++pass_.listed;
    if (code == ErrorCode::kPermission) {
      ++pass_.denied;
    } else {
      pass_.broken = pass_.broken || is_shortage(system_errno);
      if (!pass_.trouble) pass_.trouble = error_of_errno("cannot read the stat file of a process", system_errno);
    }
    return;
  }
  ++pass_.listed;
  const Result<PidStat> stat = parse_pid_stat(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  if (!stat) {
    if (!pass_.trouble) pass_.trouble = stat.error();
    return;
  }
  if (past_ != nullptr) past_->saw(*stat);
  if (stat->state == 'D') ++pass_.blocked;
  // A process whose first thread has ended while others run shows Z too, but it is alive.
  if (stat->state == 'Z' && stat->threads <= 1) note_zombie(pid, stat->start_ticks);
}

void ProcessTable::note_zombie(std::int32_t pid, std::uint64_t start_ticks) {
  ++pass_.zombies;
  if (pass_.stored_zombies == kKnownZombies) return;
  zombies_[current_][pass_.stored_zombies++] = Zombie{pid, start_ticks};
}

std::uint64_t ProcessTable::count_aged_zombies() {
  const auto before = [](const Zombie& a, const Zombie& b) {
    return a.pid != b.pid ? a.pid < b.pid : a.start_ticks < b.start_ticks;
  };
  // The kernel lists processes by number; other file systems, in any order.
  const std::span<Zombie> now(zombies_[current_], pass_.stored_zombies);
  const std::span<const Zombie> then(zombies_[1 - current_], previous_stored_);
  if (!std::is_sorted(now.begin(), now.end(), before)) std::sort(now.begin(), now.end(), before);
  std::uint64_t aged = 0;
  for (std::size_t i = 0, j = 0; i < now.size() && j < then.size();) {
    if (before(now[i], then[j])) {
      ++i;
    } else if (before(then[j], now[i])) {
      ++j;
    } else {
      ++aged, ++i, ++j;
    }
  }
  return aged + std::min(pass_.zombies - pass_.stored_zombies, previous_zombies_ - previous_stored_);
}

void ProcessTable::finish_pass() {
  // Who could not be looked at has not ended.
  if (past_ != nullptr && pass_.broken) past_->drop_pass();
  if (past_ != nullptr && !pass_.broken) past_->end_pass();
  ++passes_;
  last_pass_slices_ = pass_.slices;
  counts_ = ProcessCounts{};
  trouble_ = pass_.trouble;
  if (pass_.listed == 0) {
    trouble_ = make_error(ErrorCode::kUnavailable, 0, "%s: no process is listed", kName);
  } else if (!pass_.saw_init) {
    trouble_ = make_error(ErrorCode::kPermission, 0, "%s: other users' processes are hidden", kName);
  } else {
    counts_.processes = pass_.listed;
  }
  const std::uint64_t aged = count_aged_zombies();
  if (pass_.denied > 0) {
    trouble_ = make_error(ErrorCode::kPermission, 0, "%s: may not look at %llu of %llu processes", kName,
                          static_cast<unsigned long long>(pass_.denied), static_cast<unsigned long long>(pass_.listed));
  } else if (!trouble_) {
    counts_.blocked = pass_.blocked;
    if (looked_into_all_ || pass_.zombies == 0) counts_.zombies = aged;
  }
  // A directory added to the root of the tree by a kernel module changes the surplus.
  if (pass_.slices == 1 && pass_.saw_init && links_at_start_ && links() == links_at_start_ &&
      *links_at_start_ >= pass_.listed)
    link_surplus_ = *links_at_start_ - pass_.listed;

  looked_into_all_ = !trouble_;
  previous_stored_ = pass_.stored_zombies;
  previous_zombies_ = pass_.zombies;
  current_ = 1 - current_;
  pass_ = Pass{};
  files_.end_pass();
  ::lseek(listing_.get(), 0, SEEK_SET);
}

Result<void> ProcessTable::scan(std::chrono::nanoseconds cpu_deadline) {
  const std::uint64_t pass_at_start = passes_;
  links_at_start_ = links();
  ++pass_.slices;
  std::size_t looked_at = 0;
  while (passes_ == pass_at_start) {
    if (entries_position_ == entries_end_) {
      if (const Result<void> filled = refill(); !filled) {
        if (past_ != nullptr) past_->drop_pass();
        pass_ = Pass{};
        counts_ = ProcessCounts{};
        return filled;
      }
      if (entries_end_ == 0) {
        finish_pass();
        break;
      }
    }
    const auto* const entry = reinterpret_cast<const dirent64*>(entries_ + entries_position_);
    const std::optional<std::int32_t> pid = pid_of_entry(entry->d_name);
    const bool may_end = looked_at >= kLeastPerSlice && (looked_at - kLeastPerSlice) % kLooksPerClockReading == 0;
    if (pid && may_end && cpu_clock_() >= cpu_deadline) break;
    entries_position_ += entry->d_reclen;
    if (!pid) continue;
    ++looked_at;
    look_at(*pid);
  }
  if (const std::optional<std::uint64_t> now = links(); now && link_surplus_ && *now >= *link_surplus_)
    counts_.processes = *now - *link_surplus_;
  if (trouble_) return *trouble_;
  return {};
}

double ProcessTable::slices_per_pass() const {
  if (passes_ == 0 && counts_.processes && pass_.listed > 0)
    return static_cast<double>(*counts_.processes * pass_.slices) / static_cast<double>(pass_.listed);
  return static_cast<double>(std::max({last_pass_slices_, pass_.slices, std::uint64_t{1}}));
}

}  // namespace epsilond::platform
