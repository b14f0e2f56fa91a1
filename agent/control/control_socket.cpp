#include "agent/control/control_socket.h"

#include <utility>

#include "agent/log.h"

namespace epsilond::agent {

void ControlSocket::open(const std::string& path) {
  if (path == path_ && (server_ || path.empty())) return;
  server_.reset();
  path_ = path;
  if (path.empty()) return;
  auto server = platform::LineServer::listen(path, service_);
  if (server)
    server_ = std::move(*server);
  else
    log_line(LogLevel::kWarning, "control: going on without a socket: %s", server.error().context.c_str());
}

std::span<pollfd> ControlSocket::watched() { return server_ ? server_->watched() : std::span<pollfd>(); }

std::chrono::milliseconds ControlSocket::time_left(std::chrono::nanoseconds monotonic) const {
  return server_ ? server_->time_left(monotonic) : std::chrono::milliseconds(-1);
}

bool ControlSocket::serve(const AgentView& agent, std::chrono::nanoseconds monotonic) {
  if (!server_) return false;
  service_.show(agent);
  server_->serve(monotonic);
  return service_.take_wish_to_save();
}

}  // namespace epsilond::agent
