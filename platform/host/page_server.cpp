#include "platform/host/page_server.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "platform/emit/socket_address.h"
#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

constexpr int kBacklog = 64;
constexpr std::chrono::seconds kSecond{1};

struct Status {
  const char* line;
  const char* more;
};

Status status_of(HttpVerdict verdict, bool too_long) {
  if (too_long) return {"431 Request Header Fields Too Large", ""};
  switch (verdict) {
    case HttpVerdict::kPage:
    case HttpVerdict::kHead:
      return {"200 OK", ""};
    case HttpVerdict::kNotFound:
      return {"404 Not Found", ""};
    case HttpVerdict::kMethod:
      return {"405 Method Not Allowed", "Allow: GET, HEAD\r\n"};
    default:
      return {"400 Bad Request", ""};
  }
}

// What cannot be sent or was not read goes with the connection, at once.
void make_abrupt(int fd) {
  const linger now{1, 0};
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
}

bool set_option(int fd, int option, int value) {
  return ::setsockopt(fd, SOL_SOCKET, option, &value, sizeof value) == 0;
}

bool is_passing(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

Result<std::unique_ptr<PageServer>> PageServer::listen(const Endpoint& endpoint, std::string_view path,
                                                       std::size_t largest_page, PageSource& source) {
  std::unique_ptr<PageServer> server(new (std::nothrow) PageServer(path, source));
  if (!server) return make_error(ErrorCode::kIo, ENOMEM, "page server: out of memory");
  sockaddr_storage address{};
  const socklen_t size = socket_address(endpoint, address);
  server->listener_ = UniqueFd(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = server->listener_.get();
  // A page must fit what the kernel keeps for a connection; those that are accepted inherit it.
  const int room = static_cast<int>(std::min<std::size_t>(largest_page + 4096, 1 << 22));
  if (fd < 0 || !set_option(fd, SO_REUSEADDR, 1) || !set_option(fd, SO_SNDBUF, room) ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(fd, kBacklog) != 0) {
    const int error = errno;
    const ErrorCode code = error == EADDRINUSE ? ErrorCode::kUnavailable : code_of_errno(error);
    return make_error(code, error, "%s: cannot listen: %s", format_endpoint(endpoint).c_str(), std::strerror(error));
  }
  server->watched_[0] = {fd, POLLIN, 0};
  for (std::size_t i = 0; i < kClients; ++i) server->watch(i);
  return server;
}

std::chrono::milliseconds PageServer::time_left(std::chrono::nanoseconds monotonic) const {
  std::chrono::nanoseconds next = std::chrono::nanoseconds::max();
  if (watched_[0].fd < 0) next = rests_until_;
  for (const Client& client : clients_)
    if (client.fd.valid()) next = std::min(next, client.since + kPatience);
  if (next == std::chrono::nanoseconds::max()) return std::chrono::milliseconds(-1);
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(next - monotonic, std::chrono::nanoseconds(0)));
}

void PageServer::serve(std::chrono::nanoseconds monotonic) {
  for (std::size_t i = 0; i < kClients; ++i) {
    if (std::exchange(watched_[1 + i].revents, 0) != 0) converse(i, monotonic);
    if (!clients_[i].fd.valid() || monotonic - clients_[i].since < kPatience) continue;
    make_abrupt(clients_[i].fd.get());
    drop(i);
  }
  if (watched_[0].fd < 0 && monotonic >= rests_until_) watched_[0].fd = listener_.get();
  if (std::exchange(watched_[0].revents, 0) != 0) accept_clients(monotonic);
}

void PageServer::accept_clients(std::chrono::nanoseconds now) {
  for (std::size_t i = 0; i < kClients; ++i) {
    if (now - second_began_ >= kSecond) {
      second_began_ = now;
      taken_ = 0;
    }
    UniqueFd fd;
    if (taken_ < kConnectionsPerSecond) {
      fd.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd.valid() && errno == ECONNABORTED) continue;
      if (!fd.valid() && is_passing(errno)) return;
    }
    if (!fd.valid()) {
      // Enough for now, or out of descriptors or memory: whoever waits would wake us again at once, and for nothing.
      rests_until_ = now + kSecond;
      watched_[0].fd = -1;
      return;
    }
    ++taken_;
    const std::size_t slot = slot_for_new_client();
    if (clients_[slot].fd.valid()) drop(slot);
    clients_[slot].fd = std::move(fd);
    clients_[slot].answered = false;
    clients_[slot].used = 0;
    clients_[slot].since = now;
    converse(slot, now);  // most have asked by now, and cannot be driven out by the next one any more
  }
}

// A free one, else that of one whose answer is with the kernel, else of the one that has kept us waiting longest.
std::size_t PageServer::slot_for_new_client() const {
  std::size_t found = 0;
  for (std::size_t i = 0; i < kClients; ++i) {
    const Client& client = clients_[i];
    if (!client.fd.valid()) return i;
    const Client& other = clients_[found];
    if (client.answered != other.answered ? client.answered : client.since < other.since) found = i;
  }
  return found;
}

void PageServer::converse(std::size_t slot, std::chrono::nanoseconds now) {
  Client& client = clients_[slot];
  if (!receive(client)) {
    client.fd.reset();  // gone on its own
  } else if (!client.answered) {
    const HttpVerdict verdict = judge_http_request({client.buffer.data(), client.used}, path_);
    const bool too_long = verdict == HttpVerdict::kIncomplete && client.used == kRequestBytes;
    if (verdict != HttpVerdict::kIncomplete || too_long) {
      client.answered = answer(client, too_long ? HttpVerdict::kIncomplete : verdict);
      client.since = now;
      client.used = 0;
      if (!client.answered) drop(slot);
    }
  }
  watch(slot);
}

// False: the client has closed, or the connection is broken. What comes after a request is thrown away; who goes on and
// on would wake us for nothing.
bool PageServer::receive(Client& client) {
  const std::size_t begin = client.answered ? 0 : client.used;
  const ssize_t got = ::recv(client.fd.get(), client.buffer.data() + begin, kRequestBytes - begin, MSG_DONTWAIT);
  if (got < 0) return is_passing(errno);
  client.used += static_cast<std::size_t>(got);
  return got > 0 && client.used <= kRequestBytes;
}

// False: it could not be taken whole.
bool PageServer::answer(Client& client, HttpVerdict verdict) {
  const bool known = verdict == HttpVerdict::kPage || verdict == HttpVerdict::kHead;
  Status status = status_of(verdict, verdict == HttpVerdict::kIncomplete);
  std::string_view body = known ? source_.page() : std::string_view(status.line);
  if (body.empty()) {
    status.line = "503 Service Unavailable";
    body = status.line;
  }
  char head[256];
  const int head_size = std::snprintf(head, sizeof head,
                                      "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                                      "Content-Length: %zu\r\n%sConnection: close\r\n\r\n",
                                      status.line, body.size(), status.more);
  iovec parts[2] = {{head, static_cast<std::size_t>(head_size)}, {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = verdict == HttpVerdict::kHead ? 1 : 2;
  const std::size_t whole = parts[0].iov_len + (message.msg_iovlen == 2 ? body.size() : 0);
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const ssize_t sent = uninterrupted([&] { return ::sendmsg(client.fd.get(), &message, kFlags); });
  if (sent != static_cast<ssize_t>(whole)) return false;
  ++answered_;
  static_cast<void>(::shutdown(client.fd.get(), SHUT_WR));
  return true;
}

void PageServer::drop(std::size_t slot) {
  Client& client = clients_[slot];
  if (!client.answered) {
    ++lost_;
    make_abrupt(client.fd.get());
  }
  client.fd.reset();
  watch(slot);
}

void PageServer::watch(std::size_t client) { watched_[1 + client] = {clients_[client].fd.get(), POLLIN, 0}; }

}  // namespace epsilond::platform
