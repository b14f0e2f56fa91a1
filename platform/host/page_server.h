#pragma once
// One page over HTTP/1, for a machine that asks for it now and then: a fixed number of clients in fixed memory, and
// nothing ever waits.
//
// Whoever asks gets the page as it is then, in one send: it is the kernel that keeps it for a client that reads slowly,
// so nothing is kept here and no client sees half of one page and half of the next. Each connection is closed after its
// answer. The caller polls watched() beside its own work and calls serve().

#include <poll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "platform/emit/endpoint.h"
#include "platform/host/http_request.h"
#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

class PageSource {
 public:
  virtual ~PageSource() = default;
  // The page as it is now; what it points to stays until the next call. Empty: there is none (503).
  virtual std::string_view page() = 0;
};

class PageServer {
 public:
  static constexpr std::size_t kClients = 4;
  // Bytes of a request: a longer one is refused (431). Who says more than as much behind it is closed.
  static constexpr std::size_t kRequestBytes = 2048;
  // A whole request must have come so long after connecting, and the client must have closed so long after its answer.
  static constexpr std::chrono::seconds kPatience{5};
  // Connections that are taken in one second. More must wait, so that no crowd can take the processor from the host.
  static constexpr unsigned kConnectionsPerSecond = 100;

  // Listens at `endpoint` for the page `path` of at most `largest_page` bytes. `source` must outlive the server.
  // Errors: kUnavailable (the port is taken), kPermission, kIo (among others an address that is not this host's).
  static Result<std::unique_ptr<PageServer>> listen(const Endpoint& endpoint, std::string_view path,
                                                    std::size_t largest_page, PageSource& source);
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  // As those of LineServer.
  std::span<pollfd> watched() { return watched_; }
  std::chrono::milliseconds time_left(std::chrono::nanoseconds monotonic) const;
  void serve(std::chrono::nanoseconds monotonic);

  // Answers that were given whole, to whatever was asked; and clients that got none: too slow, driven out by later
  // ones, or without room for the answer.
  std::uint64_t answered() const { return answered_; }
  std::uint64_t lost() const { return lost_; }

 private:
  struct Client {
    UniqueFd fd;
    bool answered = false;  // only its end is waited for
    std::size_t used = 0;   // of the buffer; once answered, what was thrown away since
    std::chrono::nanoseconds since{0};
    std::array<char, kRequestBytes> buffer;
  };

  PageServer(std::string_view path, PageSource& source) : path_(path), source_(source) {}

  void accept_clients(std::chrono::nanoseconds now);
  std::size_t slot_for_new_client() const;
  void converse(std::size_t client, std::chrono::nanoseconds now);
  bool receive(Client& client);
  bool answer(Client& client, HttpVerdict verdict);
  void drop(std::size_t client);
  void watch(std::size_t client);

  FixedString<32> path_;
  PageSource& source_;
  UniqueFd listener_;
  std::chrono::nanoseconds rests_until_{0};  // no accepting before
  std::chrono::nanoseconds second_began_{0};
  unsigned taken_ = 0;  // in this second
  std::uint64_t answered_ = 0;
  std::uint64_t lost_ = 0;
  std::array<Client, kClients> clients_;
  std::array<pollfd, 1 + kClients> watched_{};  // the listener, then the clients
};

}  // namespace epsilond::platform
