#include "tests/support/watched_host.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "agent/pipeline/explanation.h"

namespace epsilond::tests {
namespace {

constexpr long kStartUnixS = 1795305600;  // 2026-11-22 00:00 UTC, a Sunday
constexpr double kMemoryBytes = 8e9;
constexpr double kProcessors = 2.0;

class Listener final : public platform::Emitter {
 public:
  explicit Listener(std::vector<Said>* said) : said_(said) {}
  platform::Result<void> emit(const platform::Flag& flag) override {
    Said said;
    said.event = flag.event;
    said.at_s = static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(flag.wall).count() - kStartUnixS);
    if (flag.feature_count > 0) said.first = flag.features[0].name;
    if (flag.feature_count > 1) said.second = flag.features[1].name;
    said_->push_back(said);
    return {};
  }
  std::string_view name() const override { return "listener"; }

 private:
  std::vector<Said>* said_;
};

agent::Config config_of(const WatchedHostSettings& settings) {
  agent::Config config;
  config.host = "simulated";
  config.interval_s = static_cast<double>(settings.interval_s);
  config.history_s = 2.0 * config.interval_s;
  agent::ModelConfig model;
  for (std::size_t i = 0; i < agent::features().size(); ++i) model.features.set(i);
  model.warm_up_s = settings.warm_up_s;
  model.false_alarms_per_week = settings.false_alarms_per_week;
  config.models.push_back(model);
  return config;
}

}  // namespace

WatchedHost::WatchedHost(const WatchedHostSettings& settings) : settings_(settings), host_(settings.seed) {
  std::vector<std::unique_ptr<platform::Emitter>> emitters;
  emitters.push_back(std::make_unique<Listener>(&said_));
  pipeline_ = std::make_unique<agent::Pipeline>(config_of(settings), agent::features_for({kMemoryBytes, kProcessors}),
                                                std::move(emitters));
}

void WatchedHost::run(long seconds) {
  for (long done = 0; done < seconds; done += settings_.interval_s) {
    for (long i = 1; i < settings_.interval_s; ++i) host_.next();
    const platform::HostSample sample = host_.next();
    pipeline_->step(sample, {.wall = std::chrono::seconds(kStartUnixS + host_.second())});
  }
}

Sighting WatchedHost::inject(double SimulatedHost::*fault, double amount, long seconds, std::string_view feature) {
  const long onset_s = age_s();
  host_.*fault += amount;
  run(seconds);
  host_.*fault -= amount;
  run(tail_s());
  return seen_since(onset_s, feature);
}

Sighting WatchedHost::seen_since(long onset_s, std::string_view feature) const {
  for (const Said& said : said_)
    if (said.event == platform::FlagEvent::kRaised && said.at_s > onset_s)
      return {.seen = true, .delay_s = said.at_s - onset_s, .named = said.names(feature)};
  return {};
}

std::size_t WatchedHost::raised_between(long from_s, long to_s) const {
  return static_cast<std::size_t>(std::ranges::count_if(said_, [&](const Said& said) {
    return said.event == platform::FlagEvent::kRaised && said.at_s >= from_s && said.at_s < to_s;
  }));
}

std::string_view WatchedHost::leader() const {
  const models::Score& score = watcher().latest().score;
  Eigen::Index largest = 0;
  if (score.share.size() == 0 || score.share.maxCoeff(&largest) <= 0.0) return {};
  return agent::features()[static_cast<std::size_t>(largest)].name;
}

}  // namespace epsilond::tests
