#pragma once
// The control socket of the running agent: the server and what it answers, or nothing where there is none.

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "agent/control/control_service.h"
#include "agent/once_a_minute.h"
#include "platform/host/line_server.h"

namespace epsilond::agent {

class ControlSocket {
 public:
  // What one that listens takes.
  static constexpr std::size_t kBytes = sizeof(platform::LineServer) + sizeof(ControlService);

  // Listens at `path`; empty: nowhere. What is open at another path is closed, and what is open at this one stays as it
  // is, unless its file is gone. A path that cannot be listened at is said, and done without.
  void open(const std::string& path);
  // To be called at each tick: tries once a minute what open() could not do, without a word until it works, and makes a
  // socket anew whose file is gone.
  void tick(std::chrono::nanoseconds monotonic);

  // What the agent waits for beside its own work, and at the most how long; see LineServer.
  std::span<pollfd> watched();
  std::chrono::milliseconds time_left(std::chrono::nanoseconds monotonic) const;
  // True: what was learned was forgotten by command, and that is to be saved.
  bool serve(const AgentView& agent, std::chrono::nanoseconds monotonic);
  void forget_pipeline() { service_.forget_pipeline(); }

 private:
  void listen();

  std::string path_;
  bool failed_ = false;  // and that was said
  OnceAMinute again_;
  ControlService service_;
  std::unique_ptr<platform::LineServer> server_;  // ends before the service
};

}  // namespace epsilond::agent
