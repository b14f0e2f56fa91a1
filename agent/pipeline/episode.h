#pragma once
// The life of one episode of one model: opened, announced after it has settled, reminded of, and ended once.
//
//          raised                cause, or settled              cleared, or accepted
//   QUIET -------> SETTLING ----------------------> TOLD -----------------------------> QUIET
//                     |           RAISED           |    ^          CLEARED, LEARNED       ^
//                     | the same again             |    |                                 |
//                     v within cooldown    cleared |    | raised                          |
//                   HUSHED                 while   v    |                                 |
//                     |  |                flapping RESTING -------------------------------+
//                     |  +-> TOLD (RAISED): when   (ONGOING, once)   quiet for the flap window: CLEARED
//                     |      the cooldown is over, when it is worse, when another feature leads
//                     +----> QUIET (nothing): ended before; it is counted in the next RAISED
//
// What is raised and cleared is decided below (models/decision/hysteresis.h). Every RAISED is followed by exactly one
// CLEARED or LEARNED of the same id, and neither comes without one; only a HUSHED episode has neither.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "agent/pipeline/snapshot.h"
#include "models/decision/hysteresis.h"
#include "platform/emit/flag.h"

namespace epsilond::agent {

inline constexpr std::size_t kMostFlaps = 50;

struct EpisodeSettings {
  double settle_s = 1.0;          // >= 0: the longest wait for a cause while only symptoms are odd
  double remind_after_s = 600.0;  // 0 = never
  double critical_surprise = 12.0;
  double cooldown_s = 0.0;        // >= 0; 0 = none
  unsigned flap_count = 0;        // 0 = never, else 2 .. kMostFlaps: so many raises by one feature ...
  double flap_window_s = 3600.0;  // ... within this time are flapping; > 0
  // A step that took longer counts as so much quiet: what was not seen is not quiet.
  double longest_seen_s = std::numeric_limits<double>::infinity();
};

// Which events one step gives, in order: at most an announcement and an ending.
struct EpisodeEvents {
  std::array<platform::FlagEvent, 2> events{};
  std::size_t count = 0;
  void add(platform::FlagEvent event) { events[count++] = event; }
};

// What of an open episode outlives the agent.
struct EpisodeRecord {
  std::chrono::nanoseconds began{0};
  std::uint64_t number = 0;
  double open_s = 0.0;
  double strange_s = 0.0;
  std::uint32_t times = 1;
  bool resting = false;
  bool told_critical = false;
};

class Episode {
 public:
  explicit Episode(const EpisodeSettings& settings) : settings_(settings) {}

  // `accepted`: the learning gate took the level as the new normal, which ends the episode as LEARNED. `elapsed_s`:
  // since the last call of this or of wait(), sleep included.
  EpisodeEvents advance(models::Transition transition, bool accepted, const Snapshot& now, double elapsed_s);
  // In place of advance() while nothing is judged, in a mute or a grace: time passes, and nothing is told or ended.
  void wait(const Snapshot& now, double elapsed_s);

  // After a restart: goes on with an episode that was told; `away_s` >= 0 passed meanwhile, of which nothing is known.
  void resume(const EpisodeRecord& record, const Snapshot& peak, double away_s);
  EpisodeRecord record() const;
  // The next episode is counted from here on.
  void count_from(std::uint64_t number) { number_ = number; }

  // Ends an open episode without a word, and forgets those before it, with their cooldown and flapping; only the counting
  // goes on.
  void abandon();

  bool open() const { return open_; }
  bool told() const { return open_ && announced_; }   // RAISED went out, and no ending yet
  bool resting() const { return open_ && resting_; }  // quiet for now, but flapping
  // How long what the last told episode was of is still held back; 0 after that and without a cooldown.
  double cooldown_left_s() const { return std::max(0.0, settings_.cooldown_s - (clock_s_ - cleared_at_s_)); }
  std::chrono::nanoseconds began() const { return began_; }
  std::uint64_t number() const { return number_; }  // counts episodes since start; 1 for the first
  double open_s() const { return open_s_; }         // measured time since it began, until it ended
  double strange_s() const { return strange_s_; }   // from its beginning to the last strange moment
  std::uint32_t times() const { return times_; }    // how often it was raised; above 1 when flapping
  std::uint32_t untold() const { return untold_; }  // alike, hushed before this one since the last that was told
  // What RAISED and the ending explain: the strangest moment so far, one in which a cause leads before all others.
  const Snapshot& peak() const { return peak_; }
  // The moment that an event speaks of: the present one for ONGOING, unless that is the quiet between two raises.
  const Snapshot& told_of(platform::FlagEvent event, const Snapshot& now) const {
    return event == platform::FlagEvent::kOngoing && !resting_ ? now : peak_;
  }

 private:
  struct Raise {
    double at_s = 0.0;
    std::uint8_t leading = kNoColumn;
  };

  void begin(const Snapshot& now);
  void go_on(models::Transition transition, const Snapshot& now, double elapsed_s);
  bool explains_better(const Snapshot& now) const;
  bool hushed() const;
  bool flapping() const;
  bool is_news(const Snapshot& now) const;
  void note_raise(const Snapshot& now);
  void announce(EpisodeEvents& events);
  void rest(EpisodeEvents& events);
  void end(bool accepted, EpisodeEvents& events);

  EpisodeSettings settings_;
  Snapshot peak_;
  std::chrono::nanoseconds began_{0};
  std::uint64_t number_ = 0;
  double clock_s_ = 0.0;
  double open_s_ = 0.0;
  double strange_s_ = 0.0;
  double since_told_s_ = 0.0;
  double rest_s_ = 0.0;
  double cleared_at_s_ = -std::numeric_limits<double>::infinity();  // the last that was told
  std::uint8_t cleared_leading_ = kNoColumn;
  bool cleared_critical_ = false;
  std::array<Raise, kMostFlaps> raises_{};  // a ring
  std::size_t raise_count_ = 0;
  std::uint32_t times_ = 0;
  std::uint32_t untold_ = 0;
  bool open_ = false;
  bool announced_ = false;
  bool told_critical_ = false;
  bool resting_ = false;
  bool rested_ = false;      // it has rested, and that was told
  bool back_again_ = false;  // raised from its rest, and nothing was told since
};

}  // namespace epsilond::agent
