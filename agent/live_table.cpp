#include "agent/live_table.h"

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <cmath>
#include <utility>

#include "platform/emit/flag_format.h"

namespace epsilond::agent {
namespace {

constexpr std::uint64_t kLinesPerHeader = 20;
constexpr std::size_t kShownFeatures = 3;

platform::FixedString<16> local_time(const StepTime& time) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.wall + time.utc_offset).count();
  std::tm broken{};
  gmtime_r(&seconds, &broken);
  char text[40];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", broken.tm_hour, broken.tm_min, broken.tm_sec);
  return platform::FixedString<16>(std::string_view(text));
}

platform::FixedString<16> state_of(const Pipeline& pipeline, const Watcher& watcher) {
  if (pipeline.muted()) return platform::FixedString<16>("muted");
  if (watcher.anomalous()) return platform::FixedString<16>("anomalous");
  if (watcher.episode().resting()) return platform::FixedString<16>("flapping");
  if (watcher.in_grace()) return platform::FixedString<16>("muted: grace");
  if (watcher.model().ready()) return platform::FixedString<16>("normal");
  char text[16];
  std::snprintf(text, sizeof text, "learning %2.0f%%", std::floor(watcher.model().learning_ratio() * 100.0));
  return platform::FixedString<16>(std::string_view(text));
}

}  // namespace

LiveTable::LiveTable(std::FILE* out)
    : out_(out), colour_(isatty(fileno(out)) == 1 && std::getenv("NO_COLOR") == nullptr) {}

void LiveTable::print(const Pipeline& pipeline, const StepTime& time) {
  if (pipeline.history().size() == 0) return;  // rates need two samples
  if (lines_++ % kLinesPerHeader == 0)
    std::fprintf(out_, "%-8s  %-12s  %8s  %17s  %s\n", "time", "state", "surprise", "log super-epsilon",
                 "strangest features: value (z, share)");
  const Watcher& watcher = *pipeline.watchers().front();
  const bool red = colour_ && watcher.anomalous();
  std::fprintf(out_, "%s%-8s  %-12s  %8.2f  %17.1f  ", red ? "\033[31m" : "", local_time(time).c_str(),
               state_of(pipeline, watcher).c_str(), watcher.latest().score.surprise, watcher.latest().score.log_density);
  platform::Flag top;
  rank_features(watcher.latest(), watcher.view(), kShownFeatures, top);
  for (std::size_t i = 0; i < top.feature_count; ++i) {
    const platform::FlagFeature& feature = top.features[i];
    std::string_view unit;
    for (const Feature& row : pipeline.table())
      if (feature.name == row.name) unit = row.unit;
    std::fprintf(out_, "%s%s %s (%+.1f, %.0f%%)", i == 0 ? "" : "  ", feature.name.c_str(),
                 format_quantity(feature.value, unit).c_str(), feature.z,
                 feature.share * 100.0);
  }
  std::fprintf(out_, "%s\n", red ? "\033[0m" : "");

  std::uint64_t flags = 0;
  for (std::size_t event = 0; event < 4; ++event) flags += pipeline.event_count(static_cast<platform::FlagEvent>(event));
  if (flags != std::exchange(flags_seen_, flags)) {
    const platform::Flag& flag = pipeline.last_flag();
    std::fprintf(out_, "%s%-8s  >> %s %s: %s%s\n", colour_ ? "\033[1m" : "", local_time(time).c_str(),
                 platform::event_msgid(flag.event).data(), flag.model.c_str(), flag.text.c_str(), colour_ ? "\033[0m" : "");
  }
  std::fflush(out_);
}

}  // namespace epsilond::agent
