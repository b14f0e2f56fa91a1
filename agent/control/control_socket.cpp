#include "agent/control/control_socket.h"

#include <utility>

#include "agent/log.h"

namespace epsilond::agent {

void ControlSocket::open(const std::string& path) {
  if (path != path_) server_.reset();
  path_ = path;
  failed_ = false;
  listen();
}

void ControlSocket::tick(std::chrono::nanoseconds monotonic) {
  if (again_.is_due(monotonic)) listen();
}

void ControlSocket::listen() {
  if (path_.empty() || (server_ && server_->has_its_file())) return;
  const bool is_late = failed_ || server_;
  server_.reset();
  auto server = platform::LineServer::listen(path_, service_);
  if (server) {
    server_ = std::move(*server);
    if (is_late) log_line(LogLevel::kInfo, "control: listening at %s now", path_.c_str());
  } else if (!failed_) {
    log_line(LogLevel::kWarning, "control: going on without a socket: %s", server.error().context.c_str());
  }
  failed_ = !server;
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
