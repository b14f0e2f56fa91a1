#pragma once
// The life of one episode of one model: opened, announced after it has settled, reminded of, and ended once.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "agent/pipeline/snapshot.h"
#include "models/decision/hysteresis.h"
#include "platform/emit/flag.h"

namespace epsilond::agent {

struct EpisodeSettings {
  double settle_s = 5.0;          // >= 0: the longest wait for a cause while only symptoms are odd
  double remind_after_s = 600.0;  // 0 = never
};

// Which events one step gives, in order: at most an announcement and an ending.
struct EpisodeEvents {
  std::array<platform::FlagEvent, 2> events{};
  std::size_t count = 0;
  void add(platform::FlagEvent event) { events[count++] = event; }
};

// Every episode gives exactly one RAISED and one CLEARED or LEARNED, in this order, whatever the steps are.
class Episode {
 public:
  explicit Episode(const EpisodeSettings& settings) : settings_(settings) {}

  // `accepted`: the learning gate took the level as the new normal, which ends the episode as LEARNED.
  EpisodeEvents advance(models::Transition transition, bool accepted, const Snapshot& now, double elapsed_s);

  bool open() const { return open_; }
  std::chrono::nanoseconds began() const { return began_; }
  std::uint64_t number() const { return number_; }  // counts episodes since start; 1 for the first
  double open_s() const { return open_s_; }         // measured time since it began, until it ended
  double strange_s() const { return strange_s_; }   // from its beginning to the last strange moment
  // What RAISED and the ending explain: the strangest moment so far, one in which a cause leads before all others.
  const Snapshot& peak() const { return peak_; }

 private:
  void begin(const Snapshot& now);
  bool explains_better(const Snapshot& now) const;

  EpisodeSettings settings_;
  Snapshot peak_;
  std::chrono::nanoseconds began_{0};
  std::uint64_t number_ = 0;
  double open_s_ = 0.0;
  double strange_s_ = 0.0;
  double since_told_s_ = 0.0;
  bool open_ = false;
  bool announced_ = false;
};

}  // namespace epsilond::agent
