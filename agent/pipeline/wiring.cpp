#include "agent/pipeline/wiring.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/pipeline/feature_table.h"
#include "models/host_detector.h"
#include "platform/emit/endpoint.h"
#include "platform/emit/stdout_emitter.h"
#include "platform/emit/syslog_emitter.h"
#include "platform/emit/udp_emitter.h"
#include "platform/kernel/make_host_source.h"

namespace epsilond::agent {
namespace {

using platform::Emitter;
using platform::Result;

// A wobble that is nothing, in the units in which the model sees the feature.
double resolution_of(const Feature& feature, bool transformed) {
  return transformed ? feature.resolution : invert_transform(feature, feature.resolution);
}

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

std::unique_ptr<models::AnomalyModel> make_model(const ModelConfig& config, double interval_s,
                                                 std::span<const Feature> table) {
  models::HostDetectorSettings settings;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (!config.features.test(i)) continue;
    settings.resolution[settings.feature_count] = resolution_of(table[i], config.transform);
    settings.blame[settings.feature_count] = table[i].blame;
    ++settings.feature_count;
  }
  settings.baseline = config.baseline;
  settings.interval_s = interval_s;
  settings.warm_up_s = config.warm_up_s;
  return std::make_unique<models::HostDetector>(settings);
}

Result<std::unique_ptr<platform::HostSource>> make_source(const Config& config, std::string_view root,
                                                          const platform::Clock& clock) {
  platform::HostSourceOptions options;
  options.choice = config.source;
  options.root = root;
  options.interval = to_nanoseconds(config.interval_s);
  options.cpu_budget = to_nanoseconds(config.interval_s * config.cpu_budget_ratio);
  return platform::make_host_source(options, clock);
}

std::vector<std::unique_ptr<Emitter>> make_emitters(const Config& config, const platform::Clock& clock, int stdout_fd) {
  std::vector<std::unique_ptr<Emitter>> emitters;
  for (const EmitterConfig& emitter : config.emitters) {
    if (emitter.kind == EmitterKind::kSyslog)
      emitters.push_back(make_syslog(emitter, clock));
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
