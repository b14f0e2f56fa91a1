#include "agent/pipeline/wiring.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/watch/watches.h"
#include "platform/emit/endpoint.h"
#include "platform/emit/journal_emitter.h"
#include "platform/emit/stdout_emitter.h"
#include "platform/emit/syslog_emitter.h"
#include "platform/emit/udp_emitter.h"
#include "platform/kernel/make_host_source.h"

namespace epsilond::agent {
namespace {

using platform::Emitter;
using platform::Result;

std::unique_ptr<Emitter> make_syslog(const EmitterConfig& config, const platform::Clock& clock) {
  platform::SyslogSettings settings;
  settings.facility = config.facility;
  settings.pid = getpid();
  settings.max_datagram = config.max_datagram;
  if (config.local)
    return std::make_unique<platform::LocalSyslogEmitter>(clock, platform::kLocalSyslogPath, STDERR_FILENO, settings);
  return std::make_unique<platform::UdpSyslogEmitter>(config.endpoint, settings);
}

}  // namespace

Result<std::unique_ptr<platform::HostSource>> make_source(const Config& config, std::string_view root,
                                                          const platform::Clock& clock) {
  platform::HostSourceOptions options;
  options.choice = config.source;
  options.root = root;
  options.interval = to_nanoseconds(config.interval_s);
  const double share = config.watches.empty() ? 1.0 : 1.0 - kWatchShareOfBudget;
  options.cpu_budget = to_nanoseconds(config.interval_s * config.cpu_budget_ratio * share);
  return platform::make_host_source(options, clock);
}

std::vector<std::unique_ptr<Emitter>> make_emitters(const Config& config, const platform::Clock& clock, int stdout_fd) {
  std::vector<std::unique_ptr<Emitter>> emitters;
  for (const EmitterConfig& emitter : config.emitters) {
    if (!carries_events(emitter)) continue;  // agent/outputs/
    if (emitter.kind == EmitterKind::kSyslog)
      emitters.push_back(make_syslog(emitter, clock));
    else if (emitter.kind == EmitterKind::kJournal)
      emitters.push_back(std::make_unique<platform::JournalEmitter>(emitter.socket_path, emitter.facility));
    else
      emitters.push_back(std::make_unique<platform::UdpEmitter>(emitter.endpoint, emitter.max_datagram));
  }
  if (emitters.empty() && stdout_fd >= 0) emitters.push_back(std::make_unique<platform::StdoutEmitter>(stdout_fd));
  return emitters;
}

std::chrono::nanoseconds to_nanoseconds(double seconds) {
  return std::chrono::nanoseconds(std::llround(seconds * 1e9));
}

std::size_t history_rows(const Config& config) {
  return std::max<std::size_t>(2, static_cast<std::size_t>(std::ceil(config.history_s / config.interval_s)));
}

}  // namespace epsilond::agent
