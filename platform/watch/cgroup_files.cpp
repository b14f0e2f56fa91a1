#include "platform/watch/cgroup_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "platform/shortage.h"
#include "platform/uninterrupted.h"
#include "platform/watch/cgroup_stat.h"
#include "platform/watch/process_tree.h"

namespace epsilond::platform {
namespace {

// Below the sys directory, the best first.
constexpr std::array kMounts = {"fs/cgroup", "fs/cgroup/unified", "fs/cgroup/systemd"};
constexpr const char* kProcesses = "cgroup.procs";
// In the order of FileId.
constexpr std::array kFileNames = {"memory.current", "memory.swap.current", "pids.current", "cpu.stat", "io.stat"};

UniqueFd open_at(int directory, const char* path, int flags) {
  return UniqueFd(uninterrupted([&] { return ::openat(directory, path, O_RDONLY | O_CLOEXEC | flags); }));
}

// Not one that is made of others, which are there too.
bool is_no_stack(const void* root, std::string_view device) {
  for (const char* part : {"dm", "md", "loop"}) {
    char path[64];
    std::snprintf(path, sizeof path, "dev/block/%.*s/%s", static_cast<int>(device.size()), device.data(), part);
    if (static_cast<const ProcRoot*>(root)->sys_has(path)) return false;
  }
  return true;
}

}  // namespace

bool CgroupFiles::open() {
  broke_off_ = false;
  // The handle of a group that was removed goes on to exist, and has no files.
  if (directory_.valid() && ::faccessat(directory_.get(), kProcesses, F_OK, 0) == 0) return true;
  directory_.reset();
  for (File& file : files_) file = File();
  if (!root_.has_sys()) return false;
  for (const char* mount : kMounts) {
    char path[256];
    std::snprintf(path, sizeof path, "%s/%s", mount, path_.c_str());
    UniqueFd found = open_at(root_.sys_fd(), path, O_DIRECTORY);
    if (!found.valid()) note_shortage();
    struct stat status;
    if (!found.valid() || ::fstat(found.get(), &status) != 0 || ::faccessat(found.get(), kProcesses, F_OK, 0) != 0)
      continue;
    if (inode_ != status.st_ino) last_ = {};
    inode_ = status.st_ino;
    directory_ = std::move(found);
    return true;
  }
  return false;
}

void CgroupFiles::note_shortage() { broke_off_ = broke_off_ || is_shortage(errno); }

bool CgroupFiles::list(ProcessTree& tree) {
  broke_off_ = false;
  groups_ = 0;
  listed_ = 0;
  saw_all_ = true;
  if (directory_.valid()) list_group(directory_.get(), 0, tree);
  return listed_ > 0 && saw_all_ && !broke_off_;
}

bool CgroupFiles::list_group(int directory, int depth, ProcessTree& tree) {
  ++groups_;
  if (!list_processes(directory, tree)) return false;
  const UniqueFd listing = open_at(directory, ".", O_DIRECTORY);
  if (!listing.valid()) note_shortage();
  alignas(8) char entries[2048];
  ssize_t got = 0;
  while (listing.valid() && (got = ::getdents64(listing.get(), entries, sizeof entries)) > 0) {
    for (ssize_t at = 0; at < got;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
      if (depth == kMostDepth || groups_ == kMostGroups) {
        saw_all_ = false;
        return groups_ < kMostGroups;
      }
      const UniqueFd below = open_at(directory, entry->d_name, O_DIRECTORY | O_NOFOLLOW);
      if (!below.valid()) note_shortage();
      if (below.valid() && !list_group(below.get(), depth + 1, tree)) return false;
    }
  }
  if (got < 0) note_shortage();
  return true;
}

bool CgroupFiles::list_processes(int directory, ProcessTree& tree) {
  const UniqueFd file = open_at(directory, kProcesses, 0);
  if (!file.valid()) note_shortage();
  char chunk[1024];
  ssize_t got = 0;
  std::int32_t pid = 0;  // 0: a process that our pid namespace does not show
  const auto read_chunk = [&] { return uninterrupted([&] { return ::read(file.get(), chunk, sizeof chunk); }); };
  while (file.valid() && (got = read_chunk()) > 0) {
    for (ssize_t i = 0; i < got; ++i) {
      constexpr std::int32_t kMost = 1 << 22;  // PID_MAX_LIMIT of the kernel
      if (chunk[i] >= '0' && chunk[i] <= '9') {
        pid = pid <= kMost ? pid * 10 + (chunk[i] - '0') : pid;
        continue;
      }
      if (pid > 0 && pid <= kMost) {
        if (!tree.list(pid)) return false;
        ++listed_;
      }
      pid = 0;
    }
  }
  if (got < 0) note_shortage();
  return true;
}

std::optional<std::string_view> CgroupFiles::text(FileId which, std::span<char> buffer) {
  static_assert(kFileNames.size() == std::size_t{kFileCount});
  File& file = files_[which];
  if (file.reads_to_wait > 0) {
    --file.reads_to_wait;
    return std::nullopt;
  }
  if (!file.fd.valid()) {
    file.fd = open_at(directory_.get(), kFileNames[which], 0);
    if (!file.fd.valid()) {
      if (keeps_ && errno == ENOENT) file.reads_to_wait = KeptFile::kPassesBetweenAttempts - 1;
      return std::nullopt;
    }
  }
  const Result<std::string_view> read =
      read_descriptor(file.fd.get(), kFileNames[which], buffer, whole_lines_are_enough);
  // A group that was removed meanwhile answers no more (ENODEV).
  if (!read || !keeps_) file.fd.reset();
  if (!read) return std::nullopt;
  return *read;
}

std::optional<std::uint64_t> CgroupFiles::number(FileId which) {
  char buffer[64];
  const std::optional<std::string_view> read = text(which, buffer);
  return read ? parse_cgroup_number(*read) : std::nullopt;
}

void CgroupFiles::set_counter(TreeUsage& out, UsageField field, std::size_t counter, std::uint64_t now, double unit) {
  // A group that was made anew begins from nothing.
  totals_[counter] += now >= last_[counter] ? now - last_[counter] : now;
  last_[counter] = now;
  out.set(field, static_cast<double>(totals_[counter]) * unit);
  told_ |= 1U << static_cast<unsigned>(field);
}

void CgroupFiles::read(TreeUsage& out) {
  told_ = 0;
  const auto set_level = [&](UsageField field, FileId which) {
    if (const std::optional<std::uint64_t> value = number(which)) out.set(field, static_cast<double>(*value));
  };
  set_level(UsageField::kMemoryBytes, kMemory);
  set_level(UsageField::kSwapBytes, kSwap);
  set_level(UsageField::kThreads, kThreads);
  char buffer[8192];
  if (const std::optional<std::string_view> read = text(kCpu, buffer)) {
    if (const Result<CgroupCpu> cpu = parse_cgroup_cpu(*read)) {
      set_counter(out, UsageField::kUserSeconds, 0, cpu->user_us, 1e-6);
      set_counter(out, UsageField::kSystemSeconds, 1, cpu->system_us, 1e-6);
    }
  }
  if (const std::optional<std::string_view> read = text(kIo, buffer)) {
    if (const Result<CgroupIo> io = parse_cgroup_io(*read, is_no_stack, &root_)) {
      set_counter(out, UsageField::kReadBytes, 2, io->read_bytes, 1.0);
      set_counter(out, UsageField::kWriteBytes, 3, io->write_bytes, 1.0);
    }
  }
}

}  // namespace epsilond::platform
