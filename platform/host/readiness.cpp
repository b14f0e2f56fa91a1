#include "platform/host/readiness.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

std::optional<std::int64_t> parse_positive(std::string_view text) {
  std::int64_t value = 0;
  const std::from_chars_result result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

Result<Readiness> Readiness::make(std::string_view socket) {
  Readiness readiness;
  if (socket.empty()) return readiness;
  sockaddr_un& address = readiness.address_;
  const bool abstract = socket.front() == '@';
  if ((!abstract && socket.front() != '/') || socket.size() < 2 || socket.size() >= sizeof address.sun_path)
    return make_error(ErrorCode::kInvalid, 0, "NOTIFY_SOCKET: must be an absolute path or @name of at most %zu bytes",
                      sizeof address.sun_path - 1);
  address.sun_family = AF_UNIX;
  std::copy(socket.begin(), socket.end(), address.sun_path);
  if (abstract) address.sun_path[0] = '\0';
  // An abstract name ends with its length, a path with its zero byte.
  readiness.address_bytes_ =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size() + (abstract ? 0U : 1U));
  readiness.fd_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!readiness.fd_.valid()) return make_error(code_of_errno(errno), errno, "NOTIFY_SOCKET: cannot create a socket");
  return readiness;
}

Result<Readiness> Readiness::from_environment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return make(socket == nullptr ? std::string_view() : std::string_view(socket));
}

Result<void> Readiness::send(std::string_view message) {
  if (!active()) return {};
  const ssize_t sent = uninterrupted([&] {
    return ::sendto(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                    reinterpret_cast<const sockaddr*>(&address_), address_bytes_);
  });
  if (sent < 0) return make_error(code_of_errno(errno), errno, "NOTIFY_SOCKET: cannot send");
  return {};
}

Result<void> Readiness::ready() { return send("READY=1"); }

Result<void> Readiness::stopping() { return send("STOPPING=1"); }

Result<void> Readiness::reloading(std::chrono::nanoseconds monotonic) {
  char message[64];
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(monotonic).count();
  const int length =
      std::snprintf(message, sizeof message, "RELOADING=1\nMONOTONIC_USEC=%lld", static_cast<long long>(microseconds));
  return send({message, static_cast<std::size_t>(length)});
}

Result<void> Readiness::alive() { return send("WATCHDOG=1"); }

Result<void> Readiness::watchdog(std::chrono::microseconds time) {
  char message[48];
  const int length = std::snprintf(message, sizeof message, "WATCHDOG_USEC=%lld", static_cast<long long>(time.count()));
  return send({message, static_cast<std::size_t>(length)});
}

Result<void> Readiness::status(std::string_view text) {
  FixedString<208> message("STATUS=");
  for (const char byte : utf8_prefix(text, 200)) {
    const auto code = static_cast<unsigned char>(byte);
    const char shown = code < 0x20U || code == 0x7FU ? ' ' : byte;
    if (!message.append({&shown, 1})) break;
  }
  return send(message);
}

std::optional<std::chrono::microseconds> parse_watchdog(const char* usec, const char* watched_pid, long pid) {
  if (usec == nullptr) return std::nullopt;
  const std::optional<std::int64_t> microseconds = parse_positive(usec);
  if (!microseconds) return std::nullopt;
  if (watched_pid != nullptr) {
    const std::optional<std::int64_t> watched = parse_positive(watched_pid);
    if (!watched || *watched != pid) return std::nullopt;
  }
  return std::chrono::microseconds(*microseconds);
}

std::optional<std::chrono::microseconds> watchdog_from_environment() {
  return parse_watchdog(std::getenv("WATCHDOG_USEC"), std::getenv("WATCHDOG_PID"), static_cast<long>(::getpid()));
}

}  // namespace epsilond::platform
