#include "platform/host/line_server.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "platform/path.h"
#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

constexpr int kBacklog = 16;
constexpr std::chrono::seconds kRest{1};
constexpr std::string_view kBusy = "error busy too many clients at once\n";

static_assert(sizeof(sockaddr_un::sun_path) == LineServer::kLongestPath + 1);

Error failed_at(std::string_view path, const char* what) {
  const int error = errno;
  return make_error(code_of_errno(error), error, "%.*s: %s: %s", static_cast<int>(path.size()), path.data(), what,
                    std::strerror(error));
}

Error refused(ErrorCode code, std::string_view path, const char* why) {
  return make_error(code, 0, "%.*s: %s", static_cast<int>(path.size()), path.data(), why);
}

sockaddr_un address_of(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

const sockaddr* generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

UniqueFd make_socket() { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

// Removes a socket that nobody listens at.
Result<void> make_room(std::string_view path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(address.sun_path, &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return refused(ErrorCode::kInvalid, path, "there is a file that is no socket");
  const UniqueFd probe = make_socket();
  const auto knock = [&] { return ::connect(probe.get(), generic(address), sizeof address); };
  if (uninterrupted(knock) == 0 || errno == EAGAIN)
    return refused(ErrorCode::kUnavailable, path, "another agent listens there");
  if (errno != ECONNREFUSED || ::unlink(address.sun_path) != 0) return failed_at(path, "cannot be replaced");
  return {};
}

// Binds with mode 0660 from the beginning, whatever the umask.
bool bind_for_group(int fd, const sockaddr_un& address) {
  const mode_t before = ::umask(0117);
  const bool bound = ::bind(fd, generic(address), sizeof address) == 0;
  const int error = errno;
  ::umask(before);
  errno = error;
  return bound;
}

std::uint32_t uid_of_peer(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : ~std::uint32_t{0};
}

bool is_passing(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

Result<std::unique_ptr<LineServer>> LineServer::listen(std::string_view path, LineService& service) {
  if (path.empty() || path.size() > kLongestPath)
    return refused(ErrorCode::kInvalid, path.substr(0, 40), "no path that a socket can have");
  std::unique_ptr<LineServer> server(new (std::nothrow) LineServer(service));
  if (!server) return make_error(ErrorCode::kIo, ENOMEM, "control: out of memory");
  server->path_ = path;
  const std::string folder(directory_of(path));
  static_cast<void>(::mkdir(folder.c_str(), 0750));  // that it is there is what the next line finds out
  const UniqueFd lock(uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  // Two agents that start at once would each take the other's new socket for a stale one.
  if (!lock.valid() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return failed_at(path, "cannot be made");
  const sockaddr_un address = address_of(path);
  if (const Result<void> room = make_room(path, address); !room) return room.error();
  server->listener_ = make_socket();
  const int fd = server->listener_.get();
  struct stat made {};
  if (fd < 0 || !bind_for_group(fd, address) || ::listen(fd, kBacklog) != 0 || ::lstat(address.sun_path, &made) != 0)
    return failed_at(path, "cannot be made");
  server->device_ = made.st_dev;
  server->inode_ = made.st_ino;
  server->watched_[0] = {fd, POLLIN, 0};
  for (std::size_t i = 0; i < kClients; ++i) server->watch(i);
  return server;
}

LineServer::~LineServer() {
  if (has_its_file()) ::unlink(path_.c_str());
}

bool LineServer::has_its_file() const {
  struct stat found {};
  return inode_ != 0 && ::lstat(path_.c_str(), &found) == 0 && found.st_ino == inode_ && found.st_dev == device_;
}

std::chrono::milliseconds LineServer::time_left(std::chrono::nanoseconds monotonic) const {
  std::chrono::nanoseconds next = std::chrono::nanoseconds::max();
  if (watched_[0].fd < 0) next = rests_until_;
  for (const Client& client : clients_)
    if (client.fd.valid()) next = std::min(next, client.moved + kPatience);
  if (next == std::chrono::nanoseconds::max()) return std::chrono::milliseconds(-1);
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(next - monotonic, std::chrono::nanoseconds(0)));
}

void LineServer::serve(std::chrono::nanoseconds monotonic) {
  for (std::size_t i = 0; i < kClients; ++i) {
    if (std::exchange(watched_[1 + i].revents, 0) != 0) converse(i, monotonic);
    if (clients_[i].fd.valid() && monotonic - clients_[i].moved >= kPatience) close(i);
  }
  if (watched_[0].fd < 0 && monotonic >= rests_until_) watched_[0].fd = listener_.get();
  if (std::exchange(watched_[0].revents, 0) != 0) accept_clients(monotonic);
}

void LineServer::accept_clients(std::chrono::nanoseconds now) {
  for (std::size_t i = 0; i < kClients; ++i) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.valid()) {
      take(std::move(fd), now);
      continue;
    }
    if (errno == ECONNABORTED) continue;
    if (is_passing(errno)) return;
    // Out of descriptors or memory: whoever waits would wake us again at once, and for nothing.
    rests_until_ = now + kRest;
    watched_[0].fd = -1;
    return;
  }
}

void LineServer::take(UniqueFd fd, std::chrono::nanoseconds now) {
  const std::size_t slot = slot_for_new_client();
  Client& client = clients_[slot];
  if (client.fd.valid() && !client.answering)
    static_cast<void>(::send(client.fd.get(), kBusy.data(), kBusy.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  client.uid = uid_of_peer(fd.get());
  client.fd = std::move(fd);
  client.answering = client.last_piece = false;
  client.used = client.sent = 0;
  client.moved = now;
  converse(slot, now);  // most have sent their line by now, and cannot be driven out by the next one any more
}

// A free one, else that of the client that has kept us waiting longest, one that has not even asked before all others.
std::size_t LineServer::slot_for_new_client() {
  std::size_t slowest = 0;
  for (std::size_t i = 0; i < kClients; ++i) {
    const Client& client = clients_[i];
    if (!client.fd.valid()) return i;
    const Client& other = clients_[slowest];
    if (client.answering != other.answering ? other.answering : client.moved < other.moved) slowest = i;
  }
  return slowest;
}

void LineServer::converse(std::size_t client, std::chrono::nanoseconds now) {
  const bool goes_on =
      (clients_[client].answering || receive(client)) && (!clients_[client].answering || answer(client, now));
  if (goes_on)
    watch(client);
  else
    close(client);
}

// False: the client has gone.
bool LineServer::receive(std::size_t slot) {
  Client& client = clients_[slot];
  char* const begin = client.buffer.data();
  char* const fresh = begin + client.used;
  const ssize_t got = ::recv(client.fd.get(), fresh, kBufferBytes - client.used, MSG_DONTWAIT);
  if (got < 0) return is_passing(errno);
  client.used += static_cast<std::size_t>(got);
  char* const end = begin + client.used;
  const char* const line_end = std::find(fresh, end, '\n');
  if (got == 0 && client.used == 0) return false;
  if (line_end == end && got > 0 && client.used < kBufferBytes) return true;
  service_.begin(slot, {begin, static_cast<std::size_t>(line_end - begin)}, client.uid);
  client.answering = true;
  client.used = 0;
  return true;
}

// False: all was said, or the client has gone.
bool LineServer::answer(std::size_t slot, std::chrono::nanoseconds now) {
  Client& client = clients_[slot];
  for (std::size_t pieces = 0; pieces < kPiecesAtOnce;) {
    if (client.sent == client.used) {
      if (client.last_piece) return false;
      const LineService::Piece piece = service_.go_on(slot, client.buffer);
      client.sent = 0;
      client.used = piece.bytes;
      client.last_piece = piece.last || piece.bytes == 0;
      ++pieces;
      continue;
    }
    const ssize_t sent = ::send(client.fd.get(), client.buffer.data() + client.sent, client.used - client.sent,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return is_passing(errno);
    client.sent += static_cast<std::size_t>(sent);
    client.moved = now;
  }
  return true;
}

void LineServer::close(std::size_t client) {
  clients_[client].fd.reset();
  watch(client);
}

void LineServer::watch(std::size_t client) {
  const Client& watched = clients_[client];
  watched_[1 + client] = {watched.fd.get(), static_cast<short>(watched.answering ? POLLOUT : POLLIN), 0};
}

}  // namespace epsilond::platform
