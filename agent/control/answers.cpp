#include "agent/control/answers.h"

#include <unistd.h>

#include <array>
#include <optional>

#include "agent/config/config_keys.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/json_text.h"
#include "platform/emit/number_text.h"

namespace epsilond::agent {
namespace {

using platform::put_json_number;
using platform::put_json_text;
using platform::TextWriter;

constexpr std::size_t kShownFeatures = 3;

void put_count(TextWriter& out, std::string_view key, std::uint64_t value) {
  out.put(key);
  platform::put_integer(out, static_cast<std::int64_t>(value));
}

void put_flag(TextWriter& out, std::string_view key, bool value) {
  out.put(key);
  out.put(value ? "true" : "false");
}

void put_time(TextWriter& out, std::string_view key, std::chrono::nanoseconds wall) {
  out.put(key);
  out.put('"');
  platform::put_utc_time(out, wall);
  out.put('"');
}

void put_mute(TextWriter& out, const Pipeline& pipeline) {
  const CommandedMute& mute = pipeline.commanded_mute();
  put_flag(out, ",\"muted\":", pipeline.muted());
  put_flag(out, ",\"mute_window\":", pipeline.in_mute_window());
  if (const MuteWindow& window = pipeline.mute_window(); window.config != nullptr) {
    put_json_text(out, ",\"mute_window_name\":", window.config->name);
    put_time(out, ",\"mute_window_until\":", window.until);
  }
  if (!mute.active()) return;
  put_json_number(out, ",\"mute_left_s\":", mute.left_s());
  put_time(out, ",\"mute_until\":", mute.until());
  put_json_text(out, ",\"mute_reason\":", mute.reason());
}

}  // namespace

std::string_view state_of(const Pipeline& pipeline, const Watcher& watcher) {
  if (pipeline.muted()) return "muted";
  if (watcher.anomalous()) return "anomalous";
  if (watcher.episode().resting()) return "flapping";
  if (watcher.in_grace()) return "grace";
  return watcher.model().ready() ? "normal" : "learning";
}

std::string_view state_of(const Pipeline& pipeline) {
  for (const std::string_view state : {"muted", "anomalous", "flapping", "grace", "learning"})
    for (const auto& watcher : pipeline.watchers())
      if (state_of(pipeline, *watcher) == state) return state;
  return "normal";
}

void put_agent(TextWriter& out, const AgentView& agent) {
  const Pipeline& pipeline = agent.pipeline;
  put_json_text(out, "{\"what\":\"agent\",\"version\":", EPSILOND_VERSION);
  put_json_text(out, ",\"host\":", pipeline.host());
  put_count(out, ",\"pid\":", static_cast<std::uint64_t>(getpid()));
  put_time(out, ",\"time\":", agent.time.wall);
  put_json_number(out, ",\"uptime_s\":", agent.uptime_s);
  put_json_number(out, ",\"interval_s\":", pipeline.watchers().front()->view().interval_s);
  put_json_text(out, ",\"state\":", state_of(pipeline));
  put_mute(out, pipeline);
  put_count(out, ",\"samples\":", pipeline.steps());
  put_count(out, ",\"ticks_missed\":", agent.ticks_missed);
  put_count(out, ",\"history_rows\":", pipeline.history().size());
  put_count(out, ",\"history_capacity\":", pipeline.history().capacity());
  out.put("}\n");
}

void put_model(TextWriter& out, const Pipeline& pipeline, const Watcher& watcher) {
  const Snapshot& latest = watcher.latest();
  put_json_text(out, "{\"what\":\"model\",\"model\":", watcher.name());
  put_json_text(out, ",\"kind\":", model_kind_name(watcher.config().kind));
  put_json_text(out, ",\"state\":", state_of(pipeline, watcher));
  put_flag(out, ",\"anomalous\":", watcher.anomalous());
  put_json_number(out, ",\"learning_ratio\":", watcher.model().learning_ratio());
  put_json_number(out, ",\"learned_s\":", watcher.model().learned_s());
  put_json_number(out, ",\"surprise\":", latest.score.surprise);
  put_json_number(out, ",\"log_super_epsilon\":", latest.score.log_density);
  put_json_number(out, ",\"threshold\":", latest.verdict.threshold);
  put_json_text(out, ",\"threshold_form\":", threshold_name(watcher.config()));
  put_json_number(out, ",\"critical_surprise\":", watcher.config().critical_surprise);
  const Episode& episode = watcher.episode();
  put_count(out, ",\"episodes\":", episode.number());
  if (episode.open()) {
    put_json_text(out, ",\"id\":", episode_id(watcher.name(), episode.began(), episode.number()));
    put_json_number(out, ",\"duration_s\":", episode.open_s());
    put_json_number(out, ",\"peak_surprise\":", episode.peak().score.surprise);
    put_flag(out, ",\"told\":", episode.told());
    put_count(out, ",\"times\":", episode.times());
  }
  const double cooldown_left_s = episode.cooldown_left_s();
  if (cooldown_left_s > 0.0) put_json_number(out, ",\"cooldown_left_s\":", cooldown_left_s);
  out.put("}\n");
}

void put_model_and_strangest(TextWriter& out, const Pipeline& pipeline, const Watcher& watcher) {
  put_model(out, pipeline, watcher);
  const Snapshot& latest = watcher.latest();
  const ModelView view = watcher.view();
  models::PresenceMask told;
  for (std::size_t place = 0; place < kShownFeatures; ++place) {
    const std::optional<std::size_t> column = leading_column(latest, view, told);
    if (!column) break;
    told.set(*column);
    put_feature(out, pipeline, watcher, *column);
  }
}

void put_emitter(TextWriter& out, std::string_view name, std::uint64_t sent, std::uint64_t dropped) {
  put_json_text(out, "{\"what\":\"emitter\",\"name\":", name);
  put_count(out, ",\"sent\":", sent);
  put_count(out, ",\"dropped\":", dropped);
  out.put("}\n");
}

void put_feature(TextWriter& out, const Pipeline& pipeline, const Watcher& watcher, std::size_t column) {
  const ModelView view = watcher.view();
  put_term(out, pipeline.table()[view.columns[column]], watcher.name(), term_of(watcher.latest(), view, column));
}

void put_episode(TextWriter& out, const ToldEpisode& record) {
  // One that still has room behind it always fits, whatever is in it.
  constexpr std::size_t kRoom = 3600;
  static_assert(kRoom >= platform::kMinJsonDatagram);
  std::array<char, kRoom> line;
  const platform::Result<std::size_t> rendered = platform::render_flag_json(record.flag, line);
  if (rendered) out.put({line.data(), *rendered});
  out.put('\n');
}

void put_term(TextWriter& out, const Feature& feature, std::string_view model, const FeatureArithmetic& term) {
  put_json_text(out, "{\"what\":\"feature\",\"name\":", feature.name);
  put_json_text(out, ",\"model\":", model);
  put_json_text(out, ",\"unit\":", feature.unit);
  put_json_text(out, ",\"description\":", feature.description);
  put_json_number(out, ",\"value\":", term.value);
  put_json_number(out, ",\"mean\":", term.mean);
  put_json_number(out, ",\"sd\":", term.sd);
  put_json_number(out, ",\"z\":", term.z);
  put_json_number(out, ",\"log_density\":", term.log_density);
  put_json_number(out, ",\"share\":", term.share);
  out.put("}\n");
}

}  // namespace epsilond::agent
