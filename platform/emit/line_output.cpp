#include "platform/emit/line_output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

namespace epsilond::platform {
namespace {

static_assert(kMaxOutputLine <= PIPE_BUF);

}  // namespace

Result<void> LineOutput::write(std::string_view line) {
  pollfd ready{fd_, POLLOUT, 0};
  int count = 0;
  do {
    count = ::poll(&ready, 1, 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return make_error(code_of_errno(errno), errno, "output: poll failed");
  if (count == 0) return make_error(ErrorCode::kUnavailable, EAGAIN, "output: the reader is behind");

  if (torn_) {
    if (::write(fd_, "\n", 1) != 1) return make_error(ErrorCode::kIo, errno, "output: cannot end a torn line");
    torn_ = false;
  }
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      torn_ = rest.size() != line.size();
      return make_error(code_of_errno(errno), errno, "output: write failed");
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace epsilond::platform
