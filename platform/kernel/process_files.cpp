#include "platform/kernel/process_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc/pid_cgroup.h"
#include "platform/kernel/read_front.h"
#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

// "4711/stat"; "4711" for an empty name.
struct ProcessPath {
  ProcessPath(std::int32_t pid, const char* name) {
    std::snprintf(text, sizeof text, *name == '\0' ? "%d" : "%d/%s", pid, name);
  }
  char text[24];  // the longest name here has 6 characters
};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

UnitName shortened(std::string_view name) {
  constexpr std::size_t kIdDigits = 32;  // a number of a container has as many or more
  constexpr std::size_t kShownDigits = 12;
  UnitName shown;
  while (!name.empty()) {
    const bool hex = is_hex(name.front());
    std::size_t run = 1;
    while (run < name.size() && is_hex(name[run]) == hex) ++run;
    shown.append(name.substr(0, hex && run >= kIdDigits ? kShownDigits : run));
    name.remove_prefix(run);
  }
  return shown;
}

}  // namespace

ProcessFiles::ProcessFiles(const ProcRoot& root) : root_(root), has_sizes_(false) {
  struct stat status;
  has_sizes_ = root.is_procfs() && ::fstatat(root.proc_fd(), "self/fd", &status, 0) == 0 && status.st_size > 0;
}

UniqueFd ProcessFiles::open(const char* path, int flags) const {
  return UniqueFd(uninterrupted([&] { return ::openat(root_.proc_fd(), path, O_RDONLY | O_CLOEXEC | flags); }));
}

std::ptrdiff_t ProcessFiles::read(std::int32_t pid, const char* name, std::span<char> buffer) const {
  const UniqueFd fd = open(ProcessPath(pid, name).text, 0);
  if (!fd.valid()) return -errno;
  return read_front(fd.get(), buffer);
}

std::optional<PidIo> ProcessFiles::io(std::int32_t pid) const {
  std::array<char, 512> buffer;
  const std::ptrdiff_t got = read(pid, "io", buffer);
  if (got <= 0) return std::nullopt;
  const Result<PidIo> io = parse_pid_io(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  if (!io) return std::nullopt;
  return *io;
}

std::optional<std::uint32_t> ProcessFiles::descriptors(std::int32_t pid) const {
  const ProcessPath path(pid, "fd");
  if (has_sizes_) {
    struct stat status;
    if (::fstatat(root_.proc_fd(), path.text, &status, 0) != 0) return std::nullopt;
    return static_cast<std::uint32_t>(status.st_size);
  }
  const UniqueFd directory = open(path.text, O_DIRECTORY);
  if (!directory.valid()) return std::nullopt;
  return list_descriptors(directory.get());
}

std::optional<std::uint32_t> ProcessFiles::list_descriptors(int directory) const {
  constexpr int kMostReads = 32;
  alignas(8) char entries[4096];
  std::uint32_t count = 0;
  for (int i = 0; i < kMostReads; ++i) {
    const ssize_t got = ::getdents64(directory, entries, sizeof entries);
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    for (ssize_t at = 0; at < got;) {
      const auto* const entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      if (entry->d_name[0] != '.') ++count;
    }
  }
  return count;
}

std::optional<std::uint32_t> ProcessFiles::uid(std::int32_t pid) const {
  struct stat status;
  if (::fstatat(root_.proc_fd(), ProcessPath(pid, "").text, &status, 0) != 0) return std::nullopt;
  return status.st_uid;
}

UnitName ProcessFiles::unit(std::int32_t pid) const {
  std::array<char, 4096> buffer;
  const std::ptrdiff_t got = read(pid, "cgroup", buffer);
  if (got <= 0) return {};
  return shortened(parse_pid_cgroup(std::string_view(buffer.data(), static_cast<std::size_t>(got))));
}

PidList::PidList(const ProcRoot& root) {
  if (Result<UniqueFd> opened = root.open_listing()) listing_ = std::move(*opened);
}

std::optional<std::int32_t> PidList::next() {
  while (listing_.valid()) {
    if (position_ == end_) {
      const ssize_t got = ::getdents64(listing_.get(), entries_, sizeof entries_);
      is_whole_ = got == 0;
      if (got <= 0) break;
      end_ = static_cast<std::size_t>(got);
      position_ = 0;
    }
    const auto* const entry = reinterpret_cast<const dirent64*>(entries_ + position_);
    position_ += entry->d_reclen;
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (const std::optional<std::int32_t> pid = parse_integer<std::int32_t>(entry->d_name)) return pid;
  }
  return std::nullopt;
}

}  // namespace epsilond::platform
