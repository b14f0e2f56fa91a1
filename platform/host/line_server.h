#pragma once
// A local socket that answers questions of one line: a fixed number of clients in fixed memory, and nothing ever waits.
//
// A client connects, sends one line and reads until the server closes. What it sends behind that line is not read. A
// client that closes its sending side need not end its line. All clients together cost no more than their buffers: the
// caller polls watched() beside its own work and calls serve(), which takes only what is there and sends only what
// fits.

#include <poll.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

// What a server asks for its answers. `client` is below LineServer::kClients.
class LineService {
 public:
  struct Piece {
    std::size_t bytes = 0;
    bool last = false;
  };

  virtual ~LineService() = default;
  // A client has sent its line: any bytes, without the line end, LineServer::kBufferBytes of them if it was longer. The
  // text is gone when this returns. `uid` is of the client when it connected. An answer begun before is forgotten.
  virtual void begin(std::size_t client, std::string_view line, std::uint32_t uid) = 0;
  // Writes what comes next of the answer to this client into `out`, which has LineServer::kBufferBytes. No bytes
  // without being the last piece ends the answer too.
  virtual Piece go_on(std::size_t client, std::span<char> out) = 0;
};

class LineServer {
 public:
  static constexpr std::size_t kClients = 8;
  static constexpr std::size_t kBufferBytes = 4096;
  // A whole line must have come so long after connecting, and an answer must have moved on within it.
  static constexpr std::chrono::seconds kPatience{10};
  // Bytes: sun_path of sockaddr_un, unix(7), but for its end.
  static constexpr std::size_t kLongestPath = 107;

  // Listens at `path` for its owner and its group (mode 0660), and takes all memory. The directory of `path` is made if
  // only it is missing. A socket that nobody listens at is replaced. `service` must outlive the server. Errors name the
  // path: kUnavailable (somebody listens there), kInvalid (a file that is no socket, or a path longer than a socket may
  // have), kNotFound, kPermission, kIo.
  static Result<std::unique_ptr<LineServer>> listen(std::string_view path, LineService& service);
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;
  // Closes all and removes the socket, if it is still ours.
  ~LineServer();
  // Is what is at the path still ours? Else nobody can connect any more.
  bool has_its_file() const;

  // To be polled; serve() reads their revents. Valid until the next call of serve().
  std::span<pollfd> watched() { return watched_; }
  // When serve() is to be called even if nothing of watched() is ready; -1 ms: never.
  std::chrono::milliseconds time_left(std::chrono::nanoseconds monotonic) const;
  // Accepts, reads, answers and closes, as far as that goes without waiting: at most kPiecesAtOnce pieces for a client.
  void serve(std::chrono::nanoseconds monotonic);

 private:
  struct Client {
    UniqueFd fd;
    std::uint32_t uid = 0;
    bool answering = false;
    bool last_piece = false;
    std::size_t used = 0;  // of the buffer: what has come of the line, or what is there of the answer
    std::size_t sent = 0;
    std::chrono::nanoseconds moved{0};
    std::array<char, kBufferBytes> buffer;
  };
  // So much of an answer goes out in one call, if the client has room for it.
  static constexpr std::size_t kPiecesAtOnce = 6;

  explicit LineServer(LineService& service) : service_(service) {}

  void accept_clients(std::chrono::nanoseconds now);
  void take(UniqueFd fd, std::chrono::nanoseconds now);
  std::size_t slot_for_new_client();
  void converse(std::size_t client, std::chrono::nanoseconds now);
  bool receive(std::size_t client);
  bool answer(std::size_t client, std::chrono::nanoseconds now);
  void close(std::size_t client);
  void watch(std::size_t client);

  LineService& service_;
  std::string path_;
  dev_t device_ = 0;  // of the socket file, as is the next
  ino_t inode_ = 0;
  UniqueFd listener_;
  std::chrono::nanoseconds rests_until_{0};  // no accepting before: the system is out of descriptors
  std::array<Client, kClients> clients_;
  std::array<pollfd, 1 + kClients> watched_{};  // the listener, then the clients
};

}  // namespace epsilond::platform
