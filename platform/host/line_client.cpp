#include "platform/host/line_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "platform/host/line_server.h"
#include "platform/uninterrupted.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {
namespace {

Error failed_at(std::string_view path, const char* what) {
  const int error = errno;
  const ErrorCode code = error == ECONNREFUSED || error == EAGAIN ? ErrorCode::kUnavailable : code_of_errno(error);
  return make_error(code, error, "%.*s: %s", static_cast<int>(path.size()), path.data(), what);
}

bool wait_at_most(int fd, std::chrono::seconds patience) {
  timeval limit{};
  limit.tv_sec = static_cast<decltype(limit.tv_sec)>(patience.count());
  return ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
         ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0;
}

bool send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = uninterrupted([&] { return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); });
    if (sent < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

Result<std::string> ask_line(std::string_view path, std::string_view line, std::chrono::seconds patience,
                             std::size_t most) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() > LineServer::kLongestPath)
    return make_error(ErrorCode::kInvalid, 0, "%.40s...: no path that a socket can have", std::string(path).c_str());
  std::copy(path.begin(), path.end(), address.sun_path);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() || !wait_at_most(fd.get(), patience)) return failed_at(path, "cannot make a socket");
  const auto* const peer = reinterpret_cast<const sockaddr*>(&address);
  if (uninterrupted([&] { return ::connect(fd.get(), peer, sizeof address); }) != 0) {
    if (errno == ENOENT) return failed_at(path, "there is no such socket");
    if (errno == EACCES) return failed_at(path, "permission denied");
    return failed_at(path, "nobody listens there");
  }
  // One that is turned away is told so before it has asked: there is nothing to wait for.
  const bool asked = send_all(fd.get(), std::string(line) + "\n");
  const int flags = asked ? 0 : MSG_DONTWAIT;
  std::string answer;
  std::array<char, 16384> piece;
  while (true) {
    const ssize_t got = uninterrupted([&] { return ::recv(fd.get(), piece.data(), piece.size(), flags); });
    if (got == 0 || (got < 0 && errno == ECONNRESET && !answer.empty())) break;
    if (got < 0 && !asked) break;
    if (got < 0) return failed_at(path, errno == EAGAIN ? "no answer came in time" : "the answer broke off");
    if (answer.size() + static_cast<std::size_t>(got) > most)
      return make_error(ErrorCode::kTooLarge, 0, "the answer is longer than %zu bytes", most);
    answer.append(piece.data(), static_cast<std::size_t>(got));
  }
  if (!asked && answer.empty()) return failed_at(path, "the connection was closed");
  return answer;
}

}  // namespace epsilond::platform
