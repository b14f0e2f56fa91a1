#include "platform/emit/line_output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

static_assert(kMaxOutputLine <= PIPE_BUF);

ssize_t write_some(int fd, std::string_view text) {
  return uninterrupted([&] { return ::write(fd, text.data(), text.size()); });
}

}  // namespace

Result<void> LineOutput::write(std::string_view line) {
  pollfd ready{fd_, POLLOUT, 0};
  const int count = uninterrupted([&ready] { return ::poll(&ready, 1, 0); });
  if (count < 0) return make_error(code_of_errno(errno), errno, "output: poll failed");
  if (count == 0) return make_error(ErrorCode::kUnavailable, EAGAIN, "output: the reader is behind");

  if (torn_) {
    if (write_some(fd_, "\n") != 1) return make_error(ErrorCode::kIo, errno, "output: cannot end a torn line");
    torn_ = false;
  }
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = write_some(fd_, rest);
    if (written <= 0) {
      torn_ = rest.size() != line.size();
      return make_error(code_of_errno(errno), errno, "output: write failed");
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace epsilond::platform
