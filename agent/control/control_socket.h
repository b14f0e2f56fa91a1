#pragma once
// The control socket of the running agent: the server and what it answers, or nothing where there is none.

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "agent/control/control_service.h"
#include "platform/host/line_server.h"

namespace epsilond::agent {

class ControlSocket {
 public:
  // What one that listens takes.
  static constexpr std::size_t kBytes = sizeof(platform::LineServer) + sizeof(ControlService);

  // Listens at `path`; empty: nowhere. What is open at another path is closed, and what is open at this one stays as it
  // is. A path that cannot be listened at is said, and done without until the next call.
  void open(const std::string& path);

  // What the agent waits for beside its own work, and at the most how long; see LineServer.
  std::span<pollfd> watched();
  std::chrono::milliseconds time_left(std::chrono::nanoseconds monotonic) const;
  // True: what was learned was forgotten by command, and that is to be saved.
  bool serve(const AgentView& agent, std::chrono::nanoseconds monotonic);
  void forget_pipeline() { service_.forget_pipeline(); }

 private:
  std::string path_;
  ControlService service_;
  std::unique_ptr<platform::LineServer> server_;  // ends before the service
};

}  // namespace epsilond::agent
