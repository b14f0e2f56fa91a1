#pragma once
// After a break in the stream of samples nothing new is raised for a while.
//
// A machine that was just booted, resumed, paused, moved or set to another time is odd for a moment, and that is no
// news: timers that were due fire at once, caches fill, connections come back. So a break begins a grace, in which a
// model goes on scoring, but opens no episode and learns nothing: what is rare and over in two minutes is not usual,
// and would make the tail of every feature heavier for weeks. An episode that is open goes on as ever, so that a
// recovery is not missed. A model in warm-up needs no grace: it flags nothing yet.
//
// A machine so busy that the agent itself is late looks like one that was paused. So that neither it nor a table that
// is full of gaps is left unjudged for ever, a grace does not begin again until twice its length has passed since it
// began: until then a break spares only the sample that ends it.

#include <chrono>
#include <limits>

namespace epsilond::agent {

// How the time went from one sample to the next.
struct Passage {
  double passed_s = 0.0;  // sleep of the machine included; >= 0
  bool broken = false;    // more went by than the sample can speak of
};

// Tells breaks from ordinary waits: a gap between two samples, a sleep of the machine between them, or a wall clock
// that was set. Each counts when it is longer than both kBreakIntervals and kBreakS: a few missing rows are none.
class Continuity {
 public:
  static constexpr double kBreakIntervals = 10.0;
  static constexpr double kBreakS = 60.0;

  // `interval_s` > 0: nominal.
  explicit Continuity(double interval_s);

  // To be called for every sample. `elapsed_s`: measured on a clock that stands while the machine sleeps; one that is
  // not finite or not above 0 counts as 0. `wall`: since the Unix epoch. `since_boot`: on a clock that runs while the
  // machine sleeps; 0 where there is none, as in a table of the past: its wall clock is the only one, and where that
  // goes back one file ended and the next began.
  Passage advance(double elapsed_s, std::chrono::nanoseconds wall, std::chrono::nanoseconds since_boot);

 private:
  double limit_s_;
  double wall_s_ = 0.0;
  double since_boot_s_ = 0.0;  // 0 before the first sample
};

// An agent that starts with the machine starts amid its services. A service that did not start within 90 s has failed,
// unless its unit says otherwise (DefaultTimeoutStartSec=).
inline constexpr std::chrono::minutes kFreshBoot{3};

class Grace {
 public:
  // `length_s` >= 0; 0 = never.
  explicit Grace(double length_s) : length_s_(length_s) {}

  // From the next sample on.
  void begin();
  // To be called for every sample: true if it is in a grace. The sample that ends a break is the first of its grace.
  bool advance(const Passage& passage);
  bool active() const { return active_; }
  // What is left of the grace of `other`, at most a whole one of its own.
  void take_over(const Grace& other);

 private:
  double length_s_;
  double left_s_ = 0.0;
  double since_begin_s_ = std::numeric_limits<double>::infinity();
  bool active_ = false;
};

}  // namespace epsilond::agent
