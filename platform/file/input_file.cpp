#include "platform/file/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

Error system_error(const char* what) {
  const int code = errno;
  return make_error(code_of_errno(code), code, "%s: %s", what, std::strerror(code));
}

Result<void> write_all(int fd, std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (written < 0)
      return make_error(ErrorCode::kIo, errno, "cannot keep a copy of the pipe: %s", std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

// An open file without a name in `directory`; invalid when the directory will not have one.
UniqueFd unnamed_file(const char* directory) {
  UniqueFd fd(uninterrupted([&] { return ::open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); }));
  if (fd.valid()) return fd;
  std::string path = std::string(directory) + "/epsilonctl-XXXXXX";
  fd.reset(::mkostemp(path.data(), O_CLOEXEC));
  if (fd.valid()) ::unlink(path.c_str());
  return fd;
}

Result<UniqueFd> copy_of_pipe(int from) {
  const char* chosen = std::getenv("TMPDIR");
  UniqueFd to;
  for (const char* directory : {chosen, "/var/tmp", "/tmp"}) {
    if (directory == nullptr || *directory == '\0') continue;
    to = unnamed_file(directory);
    if (to.valid()) break;
  }
  if (!to.valid()) return system_error("cannot keep a copy of the pipe in TMPDIR, /var/tmp or /tmp");
  constexpr std::size_t kBytes = std::size_t{256} * 1024;
  const auto buffer = std::make_unique<char[]>(kBytes);
  for (;;) {
    const ssize_t count = uninterrupted([&] { return ::read(from, buffer.get(), kBytes); });
    if (count < 0) return system_error("cannot read");
    if (count == 0) return to;
    if (Result<void> written = write_all(to.get(), {buffer.get(), static_cast<std::size_t>(count)}); !written)
      return written.error();
  }
}

}  // namespace

Result<InputFile> InputFile::open(const char* path) {
  InputFile file;
  const bool standard_input = std::string_view(path) == "-";
  file.fd_.reset(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : uninterrupted([path] { return ::open(path, O_RDONLY | O_CLOEXEC); }));
  if (!file.fd_.valid()) return system_error("cannot open");
  struct stat status {};
  if (::fstat(file.fd_.get(), &status) != 0) return system_error("cannot open");
  if (S_ISDIR(status.st_mode)) return make_error(ErrorCode::kNotFound, EISDIR, "is a directory, not a table");
  file.device_ = status.st_dev;
  file.inode_ = status.st_ino;
  if (!S_ISREG(status.st_mode)) {
    Result<UniqueFd> copy = copy_of_pipe(file.fd_.get());
    if (!copy) return copy.error();
    file.fd_ = std::move(*copy);
    if (::fstat(file.fd_.get(), &status) != 0) return system_error("cannot read the copy of the pipe");
  } else if (standard_input) {
    // `epsilonctl ... < FILE` after another reader has taken the first lines: go on from there.
    const off_t at = ::lseek(file.fd_.get(), 0, SEEK_CUR);
    file.start_ = at > 0 ? static_cast<std::uint64_t>(at) : 0;
  }
  const auto stored = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
  file.size_ = stored > file.start_ ? stored - file.start_ : 0;
  ::posix_fadvise(file.fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  if (Result<void> detected = file.detect_gzip(); !detected) return detected.error();
  return file;
}

Result<InputFile> InputFile::reopen() const {
  InputFile file;
  file.fd_.reset(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 3));
  if (!file.fd_.valid()) return system_error("cannot open once more");
  file.start_ = start_;
  file.size_ = size_;
  file.device_ = device_;
  file.inode_ = inode_;
  file.is_gzip_ = is_gzip_;
  return file;
}

Result<void> InputFile::detect_gzip() {
  char head[2];
  std::size_t have = 0;
  while (have < sizeof head) {
    Result<std::size_t> count = read_stored(std::span(head).subspan(have));
    if (!count) return count.error();
    if (*count == 0) break;
    have += *count;
  }
  offset_ = 0;
  is_gzip_ = looks_like_gzip({head, have});
  return {};
}

Result<std::size_t> InputFile::read_stored(std::span<char> out) {
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset_));
  if (wanted == 0) return std::size_t{0};
  const auto at = static_cast<off_t>(start_ + offset_);
  const ssize_t count = uninterrupted([&] { return ::pread(fd_.get(), out.data(), wanted, at); });
  if (count < 0) return system_error("cannot read");
  if (count == 0) return make_error(ErrorCode::kIo, 0, "the file became shorter while it was read");
  offset_ += static_cast<std::uint64_t>(count);
  return static_cast<std::size_t>(count);
}

Result<std::size_t> InputFile::read(std::span<char> out) {
  if (!is_gzip_) return read_stored(out);
  if (!gzip_) {
    gzip_.emplace();
    compressed_ = std::make_unique<char[]>(kCompressedBytes);
  }
  std::size_t produced = 0;
  while (produced == 0) {
    if (compressed_rest_.empty() && !gzip_->pending()) {
      Result<std::size_t> count = read_stored({compressed_.get(), kCompressedBytes});
      if (!count) return count;
      if (*count == 0) {
        if (gzip_->complete()) return std::size_t{0};
        return make_error(ErrorCode::kMalformed, 0, "gzip: the data end too early");
      }
      compressed_rest_ = {compressed_.get(), *count};
    }
    Result<GzipStream::Step> step = gzip_->inflate(compressed_rest_, out);
    if (!step) return step.error();
    compressed_rest_ = compressed_rest_.subspan(step->consumed);
    produced = step->produced;
  }
  return produced;
}

void InputFile::rewind() {
  offset_ = 0;
  compressed_rest_ = {};
  gzip_.reset();
  compressed_.reset();
}

double InputFile::progress() const {
  return size_ == 0 ? 1.0 : static_cast<double>(offset_) / static_cast<double>(size_);
}

bool InputFile::is_same_file(const char* path) const {
  struct stat status {};
  return ::stat(path, &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
}

}  // namespace epsilond::platform
