#include "platform/file/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

Error creation_error() {
  const int code = errno;
  return make_error(code_of_errno(code), code, "cannot create: %s", std::strerror(code));
}

mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return static_cast<mode_t>(0666) & ~mask;
}

// The file a symbolic link leads to, so that the rename replaces the file and not the link.
std::string resolved(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string result(real);
  std::free(real);
  return result;
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path) {
  OutputFile file;
  struct stat status {};
  const bool exists = ::stat(path.c_str(), &status) == 0;
  // What cannot be looked at may be there, with a mode of its own or as a link.
  if (!exists && errno != ENOENT) return creation_error();
  if (exists && !S_ISREG(status.st_mode)) {
    file.owned_.reset(uninterrupted([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC); }));
    if (!file.owned_.valid()) return creation_error();
    file.fd_ = file.owned_.get();
    return file;
  }
  file.path_ = exists ? resolved(path) : path;
  std::string part = file.path_ + ".part-XXXXXX";
  file.owned_.reset(::mkostemp(part.data(), O_CLOEXEC));
  if (!file.owned_.valid()) return creation_error();
  file.fd_ = file.owned_.get();
  file.part_path_ = part;
  const mode_t mode = exists ? (status.st_mode & static_cast<mode_t>(07777)) : usual_mode();
  if (::fchmod(file.fd_, mode) != 0) return creation_error();
  return file;
}

Result<OutputFile> OutputFile::open_in_place(const std::string& path) {
  constexpr mode_t kBeforeMask = 0666;
  OutputFile file;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  file.owned_.reset(uninterrupted([&] { return ::open(path.c_str(), kFlags, kBeforeMask); }));
  if (!file.owned_.valid()) return creation_error();
  file.fd_ = file.owned_.get();
  return file;
}

OutputFile OutputFile::to_descriptor(int fd) {
  OutputFile file;
  file.fd_ = fd;
  return file;
}

OutputFile::~OutputFile() {
  if (owned_.valid() && !part_path_.empty()) ::unlink(part_path_.c_str());  // not owned any more: moved from
}

void OutputFile::write(std::string_view text) {
  if (text.size() > kBufferBytes - used_) {
    write_through({buffer_.get(), used_});
    used_ = 0;
    if (text.size() > kBufferBytes) {
      write_through(text);
      return;
    }
  }
  if (failed_ || text.empty()) return;
  std::memcpy(buffer_.get() + used_, text.data(), text.size());
  used_ += text.size();
}

void OutputFile::write_through(std::string_view text) {
  while (!failed_ && !text.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(fd_, text.data(), text.size()); });
    if (written < 0) {
      error_ = make_error(ErrorCode::kIo, errno, "cannot write: %s", std::strerror(errno));
      failed_ = true;
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

Result<void> OutputFile::flush() {
  write_through({buffer_.get(), used_});
  used_ = 0;
  if (failed_) return error_;
  return {};
}

Result<void> OutputFile::commit() {
  Result<void> flushed = flush();
  if (part_path_.empty()) return flushed;
  const std::string part = std::exchange(part_path_, std::string());
  if (flushed && ::rename(part.c_str(), path_.c_str()) == 0) return {};
  if (flushed) flushed = make_error(ErrorCode::kIo, errno, "cannot give it its name: %s", std::strerror(errno));
  ::unlink(part.c_str());
  return flushed;
}

}  // namespace epsilond::platform
