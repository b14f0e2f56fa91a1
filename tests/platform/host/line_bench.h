#pragma once
// A line server in a directory of its own, with a service that counts, and clients of it.

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/host/line_server.h"
#include "platform/unique_fd.h"

namespace epsilond::tests {

using platform::ErrorCode;
using platform::LineServer;
using platform::LineService;
using platform::UniqueFd;
using std::chrono::nanoseconds;
using std::chrono::seconds;

inline constexpr std::size_t kAll = LineServer::kClients;

// A line of sixteen bytes.
inline std::size_t put_line(std::size_t number, std::span<char> out) {
  char line[40];
  const int size = std::snprintf(line, sizeof line, "%015zu\n", number);
  std::copy_n(line, size, out.begin());
  return static_cast<std::size_t>(size);
}

// Answers with so many numbered lines, and "ok".
class Counter final : public LineService {
 public:
  void begin(std::size_t client, std::string_view line, std::uint32_t uid) override {
    last_line.assign(line);
    last_uid = uid;
    left_[client] = lines;
    ++asked;
  }
  Piece go_on(std::size_t client, std::span<char> out) override {
    std::size_t used = 0;
    for (; left_[client] > 0 && used + 17 <= out.size(); --left_[client])
      used += put_line(left_[client], out.subspan(used));
    if (left_[client] > 0 || used + 3 > out.size()) return {used, false};
    std::copy_n("ok\n", 3, out.begin() + static_cast<std::ptrdiff_t>(used));
    return {used + 3, true};
  }

  std::size_t lines = 1;
  std::size_t asked = 0;
  std::string last_line;
  std::uint32_t last_uid = 0;

 private:
  std::size_t left_[kAll] = {};
};

struct LineBench {
  char folder[32] = "/tmp/epsilond-test-XXXXXX";
  std::string path;
  Counter service;
  std::unique_ptr<LineServer> server;
  nanoseconds now = seconds(1000);
  std::vector<UniqueFd> clients;
  std::string received;
  ErrorCode code = ErrorCode::kIo;
  std::string problem;

  bool listen(const std::string& at) {
    auto made = LineServer::listen(at, service);
    if (!made) {
      code = made.error().code;
      problem = made.error().context.view();
      return false;
    }
    server = std::move(*made);
    return true;
  }
  bool listen() { return listen(path); }

  // A new client, whose number it returns.
  std::size_t connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return ~std::size_t{0};
    clients.push_back(std::move(fd));
    return clients.size() - 1;
  }
  bool send(std::size_t client, std::string_view text) {
    return ::send(clients[client].get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Lets the server do what there is to do; false if nothing is ready.
  bool serve() {
    const std::span<pollfd> rows = server->watched();
    const bool any = ::poll(rows.data(), rows.size(), 0) > 0;
    server->serve(now);
    return any;
  }
  void serve_all() {
    while (serve()) {
    }
  }
  // Appends what there is, at most `most` bytes, to `received`; false at the end of the connection.
  bool read(std::size_t client, std::size_t most = 1U << 20U) {
    char piece[4096];
    while (most > 0) {
      const ssize_t got = ::recv(clients[client].get(), piece, std::min(most, sizeof piece), 0);
      if (got < 0) return true;
      if (got == 0) return false;
      received.append(piece, static_cast<std::size_t>(got));
      most -= static_cast<std::size_t>(got);
    }
    return true;
  }
  // Takes the lowest free descriptor, which it returns.
  int fill_descriptors() {
    clients.emplace_back(::dup(clients.front().get()));
    return clients.back().get();
  }
  mode_t mode() const {
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }
  bool is_there() const { return mode() != 0; }
  std::size_t open_clients() const {
    return static_cast<std::size_t>(std::count_if(server->watched().begin() + 1, server->watched().end(),
                                                  [](const pollfd& row) { return row.fd >= 0; }));
  }
};

inline int prepare_line_bench(void** state) {
  auto* bench = new LineBench;
  if (::mkdtemp(bench->folder) == nullptr) return -1;
  bench->path = std::string(bench->folder) + "/control.sock";
  *state = bench;
  return 0;
}
inline int start_line_bench(void** state) {
  return prepare_line_bench(state) == 0 && static_cast<LineBench*>(*state)->listen() ? 0 : -1;
}
inline int finish_line_bench(void** state) {
  auto* bench = static_cast<LineBench*>(*state);
  bench->server.reset();
  const std::string remove = "rm -rf " + std::string(bench->folder);
  const int removed = std::system(remove.c_str());
  delete bench;
  return removed;
}

}  // namespace epsilond::tests
