// How the open episodes of a pipeline outlive it.

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "platform/seconds.h"

#include "agent/pipeline/pipeline.h"

namespace epsilond::agent {

using platform::FlagEvent;

namespace {

// The part that does not depend on what the model sees: enough to end an episode that cannot go on.
constexpr std::size_t kLeastRecord = offsetof(SavedEpisode, cause_leads);

constexpr std::string_view kMuteRecord = "[mute]";  // no model can have this name

void describe_lost(const RecordHeader& header, const SavedEpisode& saved, const char* why, platform::Flag& flag) {
  const std::string_view model = record_name(header);
  flag = {};
  flag.event = FlagEvent::kCleared;
  flag.model.assign(model);
  flag.id = episode_id(model, std::chrono::nanoseconds(saved.began_ns), saved.number);
  flag.surprise = saved.surprise;
  flag.log_super_epsilon = saved.log_density;
  flag.threshold = saved.threshold;
  flag.duration_s = saved.strange_s;
  flag.text.assign("no longer watched after a restart: ");
  flag.text.append(why);
}

}  // namespace

void Pipeline::save_episodes(const StepTime& time, std::span<std::byte> out) const {
  SavedEpisode saved;
  for (const std::unique_ptr<Watcher>& watcher : watchers_) {
    const RecordHeader header = record_header(*watcher, sizeof saved);
    watcher->save_episode(time.wall, saved);
    std::memcpy(out.data(), &header, sizeof header);
    std::memcpy(out.data() + sizeof header, &saved, sizeof saved);
    out = out.subspan(kEpisodeRecordBytes);
  }
  const CommandedMute::Saved mute = mute_.save();
  put_extra_record(kMuteRecord, std::as_bytes(std::span(&mute, 1)), out);
}

platform::Result<std::size_t> Pipeline::resume_episodes(std::span<const std::byte> in, const StepTime& time) {
  if (const platform::Result<void> sound = check_records(in); !sound) return sound.error();
  CommandedMute::Saved mute;
  if (take_extra_record(kMuteRecord, in, std::as_writable_bytes(std::span(&mute, 1)))) mute_.restore(mute);
  std::size_t resumed = 0;
  RecordHeader header{};
  std::span<const std::byte> body;
  while (!in.empty() && take_record(in, header, body))
    if (record_name(header) != kMuteRecord && resume_episode(header, body, time)) ++resumed;
  return resumed;
}

// So that it can be explained before its next event.
void Pipeline::remember_resumed(const Watcher& watcher, const StepTime& time) {
  platform::Flag raised;
  watcher.describe(FlagEvent::kRaised, raised);
  raised.host.assign(host_);
  raised.wall = time.wall;
  episode_log_.add(raised, watcher.episode().peak(), watcher.view());
}

bool Pipeline::resume_episode(const RecordHeader& header, std::span<const std::byte> body, const StepTime& time) {
  if (body.size() < kLeastRecord) return false;
  SavedEpisode saved;
  std::memcpy(&saved, body.data(), std::min(body.size(), sizeof saved));
  Watcher* found = nullptr;
  for (const std::unique_ptr<Watcher>& watcher : watchers_)
    if (watcher->name() == record_name(header)) found = watcher.get();
  const char* why = "what was usual is not known any more";
  if (found == nullptr) {
    why = "there is no such model any more";
  } else {
    const RecordHeader wanted = record_header(*found, sizeof saved);
    const double away_s = platform::seconds_of(time.wall) - static_cast<double>(saved.saved_ns) / 1e9;
    if (std::memcmp(&header, &wanted, sizeof header) != 0) {
      why = "the model looks at other features, or at a machine of another size";
    } else if (found->resume_episode(saved, std::max(0.0, away_s))) {
      remember_resumed(*found, time);
      return true;
    }
  }
  if (saved.told == 0) return false;
  describe_lost(header, saved, why, flag_);
  flag_.wall = time.wall;
  emit();
  return false;
}

std::uint64_t Pipeline::told() const {
  std::uint64_t count = mute_.changes();
  for (const FlagEvent event : {FlagEvent::kRaised, FlagEvent::kOngoing, FlagEvent::kCleared, FlagEvent::kLearned})
    count += event_count(event);
  return count;
}

void Pipeline::end_open_episodes(const StepTime& time, std::string_view why) {
  for (const std::unique_ptr<Watcher>& watcher : watchers_) {
    if (!watcher->episode().told()) continue;
    flag_ = {};
    watcher->describe(FlagEvent::kCleared, flag_);
    flag_.wall = time.wall;
    flag_.text.assign(why);
    emit();
    episode_log_.add(flag_, watcher->episode().peak(), watcher->view());
  }
}

}  // namespace epsilond::agent
