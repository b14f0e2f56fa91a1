#include "platform/kernel/proc_root.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "platform/shortage.h"
#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

// PROC_PID_INIT_INO of include/linux/proc_ns.h: the inode of the first pid namespace, fixed since Linux 3.8.
constexpr ino_t kFirstPidNamespace = 4026531836U;

Error cannot(const char* verb, const char* name, int system_errno) {
  return make_error(code_of_errno(system_errno), system_errno, "%s: cannot %s: %s", name, verb, strerror(system_errno));
}

int open_retrying(int directory, const char* path, int flags) {
  return uninterrupted([&] { return ::openat(directory, path, flags | O_CLOEXEC); });
}

}  // namespace

Result<std::string_view> read_descriptor(int fd, const char* name, std::span<char> buffer, EnoughText enough,
                                         std::size_t at_first) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    const std::size_t asked = (size < at_first ? std::min(at_first, buffer.size()) : buffer.size()) - size;
    const auto at = static_cast<off_t>(size);
    const ssize_t got = uninterrupted([&] { return ::pread(fd, buffer.data() + size, asked, at); });
    if (got < 0) return cannot("read", name, errno);
    size += static_cast<std::size_t>(got);
    const std::string_view text(buffer.data(), size);
    if (got == 0) return text;
    const std::size_t wanted = enough != nullptr ? enough(text) : 0;
    const bool cut = static_cast<std::size_t>(got) == asked;
    if (wanted > 0 && (wanted < size || !cut)) return text;
  }
  return make_error(ErrorCode::kTooLarge, 0, "%s: larger than %zu bytes", name, buffer.size());
}

constinit const std::string_view ProcRoot::kHostPath = "/proc";

Result<ProcRoot> ProcRoot::make(std::string_view root) {
  ProcRoot made;
  made.is_host_ = root.empty() || root == "/";
  const std::string prefix(made.is_host_ ? std::string_view() : root);
  made.path_ = prefix + std::string(kHostPath);
  made.proc_.reset(open_retrying(AT_FDCWD, made.path_.c_str(), O_RDONLY | O_DIRECTORY));
  if (!made.proc_.valid()) return cannot("open", made.path_.c_str(), errno);
  made.sys_.reset(open_retrying(AT_FDCWD, (prefix + "/sys").c_str(), O_RDONLY | O_DIRECTORY));
  return made;
}

Result<UniqueFd> ProcRoot::open(const char* path) const {
  UniqueFd fd(open_retrying(proc_.get(), path, O_RDONLY));
  if (!fd.valid()) return cannot("open", path, errno);
  return fd;
}

Result<std::string_view> ProcRoot::read_small_file(const char* path, std::span<char> buffer) const {
  const Result<UniqueFd> fd = open(path);
  if (!fd) return fd.error();
  return read_descriptor(fd->get(), path, buffer, nullptr);
}

bool ProcRoot::is_procfs() const {
  struct statfs status;
  return ::fstatfs(proc_.get(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

bool ProcRoot::sys_has(const char* path) const { return sys_.valid() && ::faccessat(sys_.get(), path, F_OK, 0) == 0; }

Result<UniqueFd> ProcRoot::open_listing() const {
  UniqueFd fd(open_retrying(proc_.get(), ".", O_RDONLY | O_DIRECTORY));
  if (!fd.valid()) return cannot("open", "process list", errno);
  return fd;
}

bool ProcRoot::sees_all_pid_namespaces() const {
  struct stat status;
  return is_host_ && ::fstatat(proc_.get(), "self/ns/pid", &status, 0) == 0 && status.st_ino == kFirstPidNamespace;
}

Result<void> KeptFile::open(const ProcRoot& root) {
  if (first_choice_ != nullptr) {
    Result<UniqueFd> fd = root.open(first_choice_);
    if (fd) {
      fd_ = std::move(*fd);
      return {};
    }
    // The other tells of something else: it stands in for one that is not for us, not for one that is late.
    if (is_shortage(fd.error().system_errno)) return fd.error();
  }
  Result<UniqueFd> fd = root.open(path_);
  if (!fd) return fd.error();
  fd_ = std::move(*fd);
  return {};
}

Result<std::string_view> KeptFile::read(const ProcRoot& root, std::span<char> buffer) {
  if (!fd_.valid()) {
    if (passes_to_wait_ > 0) {
      --passes_to_wait_;
      return last_error_;
    }
    if (const Result<void> opened = open(root); !opened) {
      last_error_ = opened.error();
      if (!is_shortage(last_error_.system_errno)) passes_to_wait_ = kPassesBetweenAttempts - 1;
      return last_error_;
    }
  }
  const Result<std::string_view> text = read_descriptor(fd_.get(), path_, buffer, enough_, at_first_);
  if (!text) {
    at_first_ = kWholeBuffer;
  } else if (enough_ != nullptr && (at_first_ == kWholeBuffer || text->size() > at_first_)) {
    const std::size_t wanted = enough_(*text);
    at_first_ = wanted > 0 ? wanted + kSpareBytes : kWholeBuffer;
  }
  // Opened anew at the next pass, at once: a read that failed for want of memory is no reason to look away.
  // The files of another root may be replaced between passes; those of the kernel never are.
  if (!root.is_host() || (!text && text.error().code != ErrorCode::kTooLarge)) fd_.reset();
  return text;
}

}  // namespace epsilond::platform
