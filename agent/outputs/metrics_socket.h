#pragma once
// /metrics of the running agent: the server and the page, or nothing where there is none.

#include <poll.h>

#include <chrono>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "agent/once_a_minute.h"
#include "agent/outputs/facts.h"
#include "platform/fixed_string.h"
#include "platform/host/page_server.h"

namespace epsilond::agent {

// The section of /metrics, or null.
const EmitterConfig* metrics_section(const Config& config);

class MetricsSocket final : public platform::PageSource {
 public:
  // As the [emit prometheus] section says; null: nowhere. What is open elsewhere is closed, and what is open there
  // stays. An address that cannot be listened at is said, and done without.
  void open(const EmitterConfig* section, const Pipeline& pipeline, std::size_t sources);
  // To be called at each tick: tries once a minute what open() could not do, without a word until it works. At boot the
  // address may be there later than the agent.
  void tick(std::chrono::nanoseconds monotonic) {
    if (again_.is_due(monotonic) && wanted_ && !server_) listen();
  }
  // What that takes.
  static std::size_t bytes_of(const EmitterConfig& section, const Pipeline& pipeline, std::size_t sources);

  // As those of ControlSocket.
  std::span<pollfd> watched() { return server_ ? server_->watched() : std::span<pollfd>(); }
  std::chrono::milliseconds time_left(std::chrono::nanoseconds monotonic) const {
    return server_ ? server_->time_left(monotonic) : std::chrono::milliseconds(-1);
  }
  void serve(const AgentFacts& facts, std::chrono::nanoseconds monotonic);

  bool is_open() const { return server_ != nullptr; }
  std::string_view name() const { return name_; }
  // Answers, and clients that got none.
  std::uint64_t sent() const { return server_ ? server_->answered() : 0; }
  std::uint64_t dropped() const { return server_ ? server_->lost() : 0; }

  std::string_view page() override;

 private:
  void listen();

  bool wanted_ = false;
  bool failed_ = false;  // and that was said
  OnceAMinute again_;
  platform::Endpoint endpoint_;
  FeatureDetail detail_ = FeatureDetail::kTop;
  platform::FixedString<72> name_;
  std::vector<char> text_;
  const AgentFacts* facts_ = nullptr;  // while serve() runs
  std::unique_ptr<platform::PageServer> server_;
};

}  // namespace epsilond::agent
