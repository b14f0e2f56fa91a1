// What a watcher tells of its episodes, and what of them outlives it: once in an episode, so built small.

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "agent/pipeline/culprits.h"
#include "agent/pipeline/watcher.h"

namespace epsilond::agent {

using platform::FlagEvent;

platform::FixedString<48> episode_id(std::string_view model, std::chrono::nanoseconds began, std::uint64_t number) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(began).count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[128];
  std::snprintf(text, sizeof text, "%.*s-%04d%02d%02dT%02d%02d%02dZ-%llu",
                static_cast<int>(std::min<std::size_t>(model.size(), 20)), model.data(), utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<unsigned long long>(number));
  return platform::FixedString<48>(std::string_view(text));
}

void Watcher::describe(FlagEvent event, platform::Flag& flag) const {
  const Snapshot& told = episode_.told_of(event, latest_);
  flag.event = event;
  flag.model.assign(config_.name);
  flag.id = episode_id(config_.name, episode_.began(), episode_.number());
  flag.wall = latest_.wall;
  flag.surprise = told.score.surprise;
  flag.log_super_epsilon = told.score.log_density;
  flag.threshold = told.verdict.threshold;
  flag.critical = told.score.surprise >= config_.critical_surprise;
  // The quiet time that ended an episode is not part of it.
  flag.duration_s = event == FlagEvent::kCleared ? episode_.strange_s() : episode_.open_s();
  flag.process_count = looked_for_ == episode_.number() ? culprit_count_ : 0;
  std::copy_n(culprits_.begin(), flag.process_count, flag.processes.begin());
  if (event == FlagEvent::kLearned) {
    const models::Score accepted = model_->score(observation_);
    explain(event, episode_, latest_, view(), flag, &accepted);
  } else {
    explain(event, episode_, latest_, view(), flag);
  }
  append_count(event, flag);
}

void Watcher::find_culprits(const EpisodeEvents& events, platform::ProcessGrowth& growth) {
  const Snapshot& peak = episode_.peak();
  const bool onset = (episode_.open() || events.count > 0) && looked_for_ != episode_.number();
  const bool raised = events.count > 0 && events.events[0] == FlagEvent::kRaised;
  const bool reminds = events.count > 0 && events.events[0] == FlagEvent::kOngoing;
  const bool again = (raised && looked_at_ != peak.wall) || ((raised || reminds) && culprit_count_ == 0);
  if (!onset && !again) return;
  if (onset) culprit_count_ = 0;
  looked_for_ = episode_.number();
  looked_at_ = peak.wall;
  if (!growth.look()) return;
  std::array<platform::FlagProcess, platform::kMaxFlagProcesses> found;
  const std::size_t count = agent::find_culprits(peak, view(), growth, found);
  if (count == 0) return;  // what was found before is still better than nobody
  culprits_ = found;
  culprit_count_ = count;
}

// How often it came and went, or came before and was not told.
void Watcher::append_count(FlagEvent event, platform::Flag& flag) const {
  char text[120] = "";
  if (event == FlagEvent::kRaised && episode_.untold() > 0)
    std::snprintf(text, sizeof text, "; %u like it before were over within the cooldown, and not told",
                  episode_.untold());
  else if (event == FlagEvent::kOngoing && episode_.resting())
    std::snprintf(text, sizeof text, "; flapping: told as one until it has been quiet for %s",
                  format_duration(config_.flap_window_s).c_str());
  else if (event != FlagEvent::kRaised && episode_.times() > 1)
    std::snprintf(text, sizeof text, "; flapping: raised %u times", episode_.times());
  flag.text.append(text);
}

void Watcher::save_episode(std::chrono::nanoseconds wall, SavedEpisode& out) const {
  out = {};
  out.saved_ns = wall.count();
  out.number = episode_.number();
  out.told = episode_.told() ? 1 : 0;
  if (!episode_.told()) return;
  const EpisodeRecord record = episode_.record();
  out.began_ns = record.began.count();
  out.open_s = record.open_s;
  out.strange_s = record.strange_s;
  out.held_s = held_s_;
  out.times = record.times;
  out.resting = record.resting ? 1 : 0;
  out.told_critical = record.told_critical ? 1 : 0;
  save_moment(episode_.peak(), out);
}

bool Watcher::resume_episode(const SavedEpisode& saved, double away_s) {
  episode_.count_from(saved.number);
  if (saved.told == 0 || !model_->ready()) return false;
  EpisodeRecord record;
  record.began = std::chrono::nanoseconds(saved.began_ns);
  record.number = saved.number;
  record.open_s = saved.open_s;
  record.strange_s = saved.strange_s;
  record.times = static_cast<std::uint32_t>(saved.times);
  record.resting = saved.resting != 0;
  record.told_critical = saved.told_critical != 0;
  episode_.resume(record, load_moment(saved, columns_.size()), away_s);
  if (record.resting) return true;
  // The gate and the state machine below as they were: raised, and held for so long.
  const models::Verdict strange{true, true, saved.threshold};
  for (unsigned i = 0; i < config_.raise_m; ++i) hysteresis_.advance(strange, 0.0);
  gate_.decide(strange, true, 0.0, model_->learned_s());
  gate_.decide(strange, true, saved.held_s, model_->learned_s());
  held_s_ = saved.held_s;
  return true;
}

}  // namespace epsilond::agent
