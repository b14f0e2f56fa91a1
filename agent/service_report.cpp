#include "agent/service_report.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace epsilond::agent {
namespace {

std::string_view leading_feature(const Watcher& watcher) {
  const ModelView view = watcher.view();
  const std::uint8_t leading = watcher.episode().peak().leading;
  return leading < view.columns.size() ? view.table[view.columns[leading]].name : std::string_view("unknown");
}

void put_model(const Pipeline& pipeline, const Watcher& watcher, StatusText& text) {
  if (pipeline.watchers().size() == 1) return;
  text.append(" (");
  text.append(watcher.name());
  text.append(")");
}

// "anomalous: mem_used_bytes (host), zombies (diary)": those that are resting, or those that are not.
void put_open(const Pipeline& pipeline, bool resting, StatusText& text) {
  bool first = true;
  for (const auto& watcher : pipeline.watchers()) {
    if (!watcher->episode().open() || watcher->episode().resting() != resting) continue;
    if (first && !text.empty()) text.append("; ");
    text.append(!first ? ", " : resting ? "flapping: " : "anomalous: ");
    text.append(leading_feature(*watcher));
    put_model(pipeline, *watcher, text);
    first = false;
  }
}

void put_learning(const Pipeline& pipeline, StatusText& text) {
  const Watcher* youngest = nullptr;
  double ratio = 1.0;
  for (const auto& watcher : pipeline.watchers()) {
    if (watcher->model().learning_ratio() >= ratio) continue;
    youngest = watcher.get();
    ratio = youngest->model().learning_ratio();
  }
  if (youngest == nullptr) {
    text.append("normal");
    return;
  }
  char percent[32];
  std::snprintf(percent, sizeof percent, "learning %d%%", static_cast<int>(ratio * 100.0));
  text.append(percent);
  put_model(pipeline, *youngest, text);
}

}  // namespace

StatusText status_text(const Pipeline& pipeline) {
  StatusText text;
  if (!pipeline.muted()) {
    put_open(pipeline, false, text);
    put_open(pipeline, true, text);
    if (!text.empty()) return text;
  }
  if (pipeline.muted())
    text.append("muted");
  else if (pipeline.in_grace())
    text.append("muted: grace");
  else
    put_learning(pipeline, text);
  return text;
}

platform::Result<void> ServiceReport::find_manager() {
  platform::Result<platform::Readiness> readiness = platform::Readiness::from_environment();
  if (!readiness) return readiness.error();
  readiness_ = std::move(*readiness);
  watchdog_ = platform::watchdog_from_environment().value_or(std::chrono::microseconds(0));
  return {};
}

void ServiceReport::set_interval(std::chrono::nanoseconds interval) {
  if (watchdog_.count() == 0) return;
  const std::chrono::nanoseconds needed = kTicksPerWatchdog * interval;
  const bool stretches = needed > watchdog_;
  if (stretches || stretched_)
    static_cast<void>(
        readiness_.watchdog(std::chrono::duration_cast<std::chrono::microseconds>(std::max(needed, watchdog_))));
  stretched_ = stretches;
  feed_every_ = stretches ? interval / 2 : watchdog_ / 4;
}

void ServiceReport::after_tick(const Pipeline& pipeline, std::chrono::nanoseconds monotonic) {
  if (!readiness_.active()) return;
  if (watchdog_.count() > 0 && (!fed_ || monotonic - fed_at_ >= feed_every_)) {
    fed_ = static_cast<bool>(readiness_.alive());
    fed_at_ = monotonic;
  }
  const StatusText text = status_text(pipeline);
  if (text == status_.view()) return;
  if (readiness_.status(text)) status_ = text;
}

}  // namespace epsilond::agent
