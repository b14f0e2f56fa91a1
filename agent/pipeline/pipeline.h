#pragma once
// One sample, from the kernel's numbers to a flag on the wire: observe, score, judge, learn, emit.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/pipeline/commanded_mute.h"
#include "agent/pipeline/episode_log.h"
#include "agent/pipeline/feature_table.h"
#include "agent/pipeline/history.h"
#include "agent/pipeline/model_state.h"
#include "agent/pipeline/mute.h"
#include "agent/pipeline/state_record.h"
#include "agent/pipeline/watcher.h"
#include "platform/emit/emitter.h"
#include "platform/emit/flag.h"
#include "platform/kernel/host_sample.h"
#include "platform/kernel/process_growth.h"
#include "platform/result.h"

namespace epsilond::agent {

inline constexpr std::size_t kEpisodeRecordBytes = sizeof(RecordHeader) + sizeof(SavedEpisode);
inline constexpr std::size_t kMuteRecordBytes = extra_record_bytes(sizeof(CommandedMute::Saved));

class Pipeline {
 public:
  // `table`: what the features of `config` are rows of, features_for() for the live agent; its names must outlive the
  // pipeline. `emitters` may be empty. All memory is taken here; step() takes none.
  Pipeline(const Config& config, std::vector<Feature> table, std::vector<std::unique_ptr<platform::Emitter>> emitters);

  // A sample of this machine, of which `table` must be features_for(), and perhaps rows behind it whose values are
  // `beyond`; NaN is absent. The first call only remembers the sample: rates need two. `growth`, if not null, is asked
  // for the processes behind an episode.
  void step(const platform::HostSample& sample, const StepTime& time, platform::ProcessGrowth* growth = nullptr,
            std::span<const double> beyond = {});
  // One row of readings in the order of the table, wherever it comes from.
  void step(const Readings& readings, const StepTime& time, platform::ProcessGrowth* growth = nullptr);
  // From the next step on, for every model that has learned enough to flag anything.
  void begin_grace();
  // Forgets what every model learned and starts over; an open episode is ended through the emitters.
  void relearn(const StepTime& time);
  // The same of one row of the table; an open episode goes on. Returns how many models did.
  std::size_t relearn_feature(std::size_t row);
  // A lifecycle event (START, STOP) to every emitter, also while muted.
  void announce(platform::FlagEvent event, const StepTime& time, std::string_view text);

  std::span<const std::unique_ptr<Watcher>> watchers() const { return watchers_; }
  std::span<const std::unique_ptr<platform::Emitter>> emitters() const { return emitters_; }
  std::span<const Feature> table() const { return table_; }
  const History& history() const { return history_; }
  const Readings& latest() const { return watchers_.front()->latest().readings; }
  // Nothing is sent and nothing is learned: by command, or in a window of the configuration.
  bool muted() const { return in_mute_window() || mute_.active(); }
  bool in_mute_window() const { return mute_window_.config != nullptr; }
  const MuteWindow& mute_window() const { return mute_window_; }
  CommandedMute& commanded_mute() { return mute_; }
  const CommandedMute& commanded_mute() const { return mute_; }
  const EpisodeLog& episode_log() const { return episode_log_; }
  const std::string& host() const { return host_; }
  // Some model is: nothing new is raised by it now.
  bool in_grace() const;
  // Rows that were judged.
  std::uint64_t steps() const { return steps_; }
  // Flags that were made, by event, and the last of them (for a display).
  std::uint64_t event_count(platform::FlagEvent event) const { return event_counts_[static_cast<std::size_t>(event)]; }
  const platform::Flag& last_flag() const { return flag_; }

  // After a reload: goes on where `before` was. A model that is the same in every key takes its open episode along; one
  // that sees the same columns takes what it learned; the open episodes of all others are ended, through the emitters of
  // `before`. Returns how many models go on with what they learned.
  std::size_t take_over(Pipeline& before, const StepTime& time);

  // What was learned, as bytes: fixed size for a configuration. load_state() takes what fits (same model name, kind and
  // features) and returns how many models it restored; an error if the bytes are not a state at all.
  std::size_t state_bytes() const;
  void save_state(std::span<std::byte> out) const;
  platform::Result<std::size_t> load_state(std::span<const std::byte> in, NotRestored* why = nullptr);

  // The episodes that are open and were told, and a mute by command, as bytes of a fixed size for a configuration; and,
  // after a restart and load_state(), the way back: each goes on under its id, or is ended by a CLEARED that says why it
  // cannot. What passed meanwhile by the wall clock counts as its time; a clock that was set back counts as none.
  // Returns how many episodes go on, or an error if the bytes are not such a block.
  std::size_t episodes_bytes() const { return watchers_.size() * kEpisodeRecordBytes + kMuteRecordBytes; }
  void save_episodes(const StepTime& time, std::span<std::byte> out) const;
  platform::Result<std::size_t> resume_episodes(std::span<const std::byte> in, const StepTime& time);
  // Of all models; grows with every event of an episode and with the begin and the end of a mute by command. When it
  // has, what save_episodes() gives has changed.
  std::uint64_t told() const;
  // Ends what is open and was told by a CLEARED with this text, when nobody will watch it any longer.
  void end_open_episodes(const StepTime& time, std::string_view why);

  std::size_t memory_bytes() const;

 private:
  void send(platform::FlagEvent event, const Watcher& watcher);
  void emit();
  void remember_resumed(const Watcher& watcher, const StepTime& time);
  bool resume_episode(const RecordHeader& header, std::span<const std::byte> body, const StepTime& time);

  std::string host_;
  std::vector<MuteConfig> mutes_;
  std::vector<Feature> table_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::vector<std::unique_ptr<platform::Emitter>> emitters_;
  std::vector<bool> failing_;  // by emitter: its last flag was dropped, and that was said
  History history_;
  EpisodeLog episode_log_;
  Continuity continuity_;
  MuteWindow mute_window_;
  CommandedMute mute_;
  platform::HostSample previous_;
  platform::Flag flag_;
  std::array<std::uint64_t, 7> event_counts_{};
  std::uint64_t steps_ = 0;
  bool first_ = true;
};

}  // namespace epsilond::agent
