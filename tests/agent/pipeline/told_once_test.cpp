// What is told, checked over every sequence of verdicts: no ending without a raise, no second raise before the ending,
// and no recovery that is never told. The state machine below (models/decision/hysteresis.h), the gate and the episode
// are the real ones, driven as the watcher drives them.

#include <array>
#include <cstdint>
#include <cstdlib>

#include "agent/pipeline/episode.h"
#include "models/decision/hysteresis.h"
#include "models/decision/learning_gate.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Episode;
using epsilond::agent::EpisodeEvents;
using epsilond::agent::EpisodeRecord;
using epsilond::agent::EpisodeSettings;
using epsilond::agent::Snapshot;
using epsilond::models::GateDecision;
using epsilond::models::Hysteresis;
using epsilond::models::HysteresisSettings;
using epsilond::models::LearningGate;
using epsilond::models::Transition;
using epsilond::models::Verdict;
using epsilond::platform::FlagEvent;

namespace {

constexpr double kCritical = 12.0;

// What one step may bring.
enum Input : std::uint8_t {
  kQuiet,
  kQuietLong,     // and so long that every wait is over
  kStrange,       // led by feature 0, a symptom
  kStrangeLong,   // and so long that its level is accepted
  kStrangeCause,  // led by feature 1, a cause
  kCriticalStep,  // led by feature 0, a cause, and critical
  kUnjudged,
  kMuted,
  kMutedStrange,
  kRestart,
  kRelearn,
  kInputs
};

constexpr const char* kInputNames[] = {"quiet",    "quiet long", "strange",       "strange long", "cause",  "critical",
                                       "unjudged", "muted",      "muted strange", "restart",      "relearn"};

Snapshot moment_of(Input input) {
  Snapshot moment;
  moment.verdict.judged = input != kUnjudged;
  moment.verdict.strange = input == kStrange || input == kStrangeLong || input == kStrangeCause ||
                           input == kCriticalStep || input == kMutedStrange;
  moment.cause_leads = input == kStrangeCause || input == kCriticalStep;
  if (moment.verdict.strange) moment.leading = input == kStrangeCause ? 1 : 0;
  moment.score.surprise = input == kCriticalStep ? 20.0 : moment.verdict.strange ? 6.0 : 0.0;
  return moment;
}

struct Machine {
  Hysteresis hysteresis;
  LearningGate gate;
  Episode episode;
  EpisodeSettings episode_settings;
  HysteresisSettings hysteresis_settings;

  // As Watcher::step() does it.
  EpisodeEvents step(Input input) {
    const Snapshot now = moment_of(input);
    const double elapsed_s = input == kQuietLong || input == kStrangeLong ? 1000.0 : 1.0;
    if (input == kMuted || input == kMutedStrange) {
      hysteresis.advance({}, elapsed_s);
      episode.wait(now, elapsed_s);
      return {};
    }
    const Transition transition = hysteresis.advance(now.verdict, elapsed_s);
    const GateDecision decision = gate.decide(now.verdict, hysteresis.raised(), elapsed_s, 0.0);
    const EpisodeEvents events = episode.advance(transition, decision == GateDecision::kAccept, now, elapsed_s);
    if (decision == GateDecision::kAccept) hysteresis.reset();
    return events;
  }
  // As Pipeline::relearn() does it.
  EpisodeEvents relearn() {
    EpisodeEvents events;
    if (episode.told()) events.add(FlagEvent::kCleared);
    hysteresis.reset();
    gate.reset();
    episode.abandon();
    return events;
  }
  // As Watcher::save_episode() and resume_episode() do it: what was not told is forgotten.
  void restart() {
    const bool told = episode.told();
    const EpisodeRecord record = episode.record();
    const Snapshot peak = episode.peak();
    hysteresis = Hysteresis(hysteresis_settings);
    gate = LearningGate(600.0);
    episode = Episode(episode_settings);
    episode.count_from(record.number);
    if (!told) return;
    episode.resume(record, peak, 1.0);
    if (record.resting) return;
    Verdict strange{true, true, 5.0};
    for (unsigned i = 0; i < hysteresis_settings.raise_m; ++i) hysteresis.advance(strange, 0.0);
    gate.decide(strange, true, 0.0, 0.0);
  }
};

// The history so far, for the message of a failure, and what the receiver of the events knows.
struct Search {
  static constexpr int kLongest = 16;
  std::array<Input, kLongest> path{};
  int length = 0;
  std::uint64_t steps = 0;
  std::uint64_t raised = 0;
  std::uint64_t learned = 0;

  [[noreturn]] void stop(const char* what) const {
    for (int i = 0; i < length; ++i) print_message("%s, ", kInputNames[path[static_cast<std::size_t>(i)]]);
    print_message("\n");
    fail_msg("%s", what);
    std::abort();
  }
};

// True if an alert stands after the events, false if none does.
bool receive(Search& search, const EpisodeEvents& events, bool stands) {
  for (std::size_t i = 0; i < events.count; ++i) {
    if (events.events[i] == FlagEvent::kRaised) {
      if (stands) search.stop("RAISED twice without an ending");
      ++search.raised;
    } else if (!stands) {
      search.stop("an ending or ONGOING without RAISED");
    }
    search.learned += events.events[i] == FlagEvent::kLearned;
    stands = events.events[i] == FlagEvent::kRaised || events.events[i] == FlagEvent::kOngoing;
  }
  return stands;
}

// Whatever happened: when it is quiet for good, the ending is told.
void expect_recovery(Search& search, Machine machine, bool stands) {
  for (int i = 0; i < 12 && stands; ++i)
    stands = receive(search, machine.step(i % 2 == 0 ? kQuiet : kQuietLong), stands);
  if (stands) search.stop("a recovery is never told");
  if (machine.episode.open() && machine.episode.told()) search.stop("told, and nobody knows");
}

void explore(Search& search, const Machine& machine, bool stands, int depth) {
  if (machine.episode.told() != stands) search.stop("what is told and what was sent differ");
  if (depth == 0) return expect_recovery(search, machine, stands);
  for (int input = 0; input < kInputs; ++input) {
    Machine next = machine;
    const std::uint64_t number = machine.episode.number();
    search.path[static_cast<std::size_t>(search.length++)] = static_cast<Input>(input);
    ++search.steps;
    bool now = stands;
    if (input == kRestart)
      next.restart();
    else if (input == kRelearn)
      now = receive(search, next.relearn(), stands);
    else
      now = receive(search, next.step(static_cast<Input>(input)), stands);
    if (stands && now && next.episode.number() != number) search.stop("the id changed while an alert stands");
    explore(search, next, now, depth - 1);
    --search.length;
  }
}

Machine machine_of(const HysteresisSettings& below, const EpisodeSettings& settings) {
  return {Hysteresis(below), LearningGate(600.0), Episode(settings), settings, below};
}

void check(const HysteresisSettings& below, const EpisodeSettings& settings, int depth) {
  Search search;
  explore(search, machine_of(below, settings), false, depth);
  print_message("%llu steps, %llu raises, %llu accepted\n", static_cast<unsigned long long>(search.steps),
                static_cast<unsigned long long>(search.raised), static_cast<unsigned long long>(search.learned));
  assert_true(search.raised > 0 && search.learned > 0);
}

constexpr int kDepth = 6;  // 11^6 sequences, each with every prefix and a recovery behind it

void plain_episodes_are_told_once(void**) { check({1, 1, 2.0}, {2.0, 3.0, kCritical}, kDepth); }

void episodes_of_two_of_three_are_told_once(void**) { check({2, 3, 2.0}, {0.0, 3.0, kCritical}, kDepth); }

void with_a_cooldown_they_are_told_once(void**) { check({1, 1, 1.0}, {0.0, 3.0, kCritical, 5.0}, kDepth); }

void when_flapping_they_are_told_once(void**) { check({1, 1, 1.0}, {0.0, 3.0, kCritical, 0.0, 2, 6.0}, kDepth); }

void with_everything_on_they_are_told_once(void**) { check({1, 1, 1.0}, {1.0, 2.0, kCritical, 4.0, 2, 6.0}, kDepth); }

// From a machine that flaps already, so that the depth is spent on what comes after.
void from_a_flapping_machine_on_they_are_told_once(void**) {
  const HysteresisSettings below{1, 1, 1.0};
  const EpisodeSettings settings{0.0, 3.0, kCritical, 3.0, 2, 6.0};
  Machine machine = machine_of(below, settings);
  Search search;
  bool stands = false;
  for (const Input input : {kStrange, kQuiet, kQuietLong, kStrange, kQuiet})
    stands = receive(search, machine.step(input), stands);
  explore(search, machine, stands, kDepth);
  assert_true(search.steps > 0);
}

void what_was_forgotten_by_command_neither_flaps_nor_cools_down(void**) {
  Machine machine = machine_of({1, 1, 1.0}, {0.0, 600.0, kCritical, 300.0, 2, 3600.0});
  Search search;
  bool stands = false;
  for (const Input input : {kStrange, kQuiet, kQuietLong, kStrange})
    stands = receive(search, machine.step(input), stands);
  receive(search, machine.relearn(), stands);
  assert_near(machine.episode.cooldown_left_s(), 0.0, 0, 0);
  const EpisodeEvents raised = machine.step(kStrange);
  assert_int_equal(raised.count, 1);
  const EpisodeEvents cleared = machine.step(kQuietLong);
  assert_int_equal(cleared.count, 1);
  assert_true(cleared.events[0] == FlagEvent::kCleared);
}

// --- what the damping does, case by case ---

struct Told {
  int raised = 0;
  int ongoing = 0;
  int cleared = 0;
  int learned = 0;
};

void play(Machine& machine, Input input, int count, Told& told) {
  for (int i = 0; i < count; ++i) {
    const EpisodeEvents events = machine.step(input);
    for (std::size_t k = 0; k < events.count; ++k) {
      told.raised += events.events[k] == FlagEvent::kRaised;
      told.ongoing += events.events[k] == FlagEvent::kOngoing;
      told.cleared += events.events[k] == FlagEvent::kCleared;
      told.learned += events.events[k] == FlagEvent::kLearned;
    }
  }
}

constexpr HysteresisSettings kBelow{1, 1, 30.0};
constexpr EpisodeSettings kDamped{0.0, 600.0, kCritical, 300.0, 3, 3600.0};
constexpr EpisodeSettings kCooling{0.0, 600.0, kCritical, 300.0};
constexpr EpisodeSettings kFlapping{0.0, 600.0, kCritical, 0.0, 3, 3600.0};

void the_same_within_the_cooldown_is_not_told_and_counted(void**) {
  Machine machine = machine_of(kBelow, kCooling);
  Told told;
  for (int i = 0; i < 3; ++i) {
    play(machine, kStrange, 5, told);
    play(machine, kQuiet, 40, told);
  }
  assert_int_equal(told.raised, 1);
  assert_int_equal(told.cleared, 1);
  play(machine, kQuiet, 300, told);
  play(machine, kStrange, 1, told);
  assert_int_equal(told.raised, 2);
  assert_int_equal(machine.episode.untold(), 2);
}

void what_lasts_longer_than_the_cooldown_is_told_when_it_is_over(void**) {
  Machine machine = machine_of(kBelow, kCooling);
  Told told;
  play(machine, kStrange, 1, told);
  play(machine, kQuiet, 30, told);
  assert_int_equal(told.cleared, 1);
  play(machine, kStrange, 299, told);
  assert_int_equal(told.raised, 1);
  play(machine, kStrange, 1, told);
  assert_int_equal(told.raised, 2);
}

void another_feature_is_told_in_the_cooldown(void**) {
  Machine machine = machine_of(kBelow, kCooling);
  Told told;
  play(machine, kStrange, 1, told);
  play(machine, kQuiet, 30, told);
  play(machine, kStrangeCause, 1, told);
  assert_int_equal(told.raised, 2);
}

void a_level_that_is_accepted_in_the_cooldown_is_told(void**) {
  Machine machine = machine_of(kBelow, {0.0, 0.0, kCritical, 5000.0});
  Told told;
  play(machine, kStrange, 1, told);
  play(machine, kQuiet, 30, told);
  play(machine, kStrange, 600, told);
  assert_int_equal(told.raised, 1);
  play(machine, kStrange, 1, told);
  assert_int_equal(told.raised, 2);
  assert_int_equal(told.learned, 1);
}

void what_is_worse_is_told_in_the_cooldown_once(void**) {
  Machine machine = machine_of(kBelow, kCooling);
  Told told;
  play(machine, kStrange, 1, told);
  play(machine, kQuiet, 30, told);
  play(machine, kCriticalStep, 1, told);
  assert_int_equal(told.raised, 2);
  play(machine, kQuiet, 30, told);
  play(machine, kCriticalStep, 1, told);
  assert_int_equal(told.raised, 2);
}

// Odd for five seconds of each minute or so.
void flap(Machine& machine, int times, Told& told) {
  for (int i = 0; i < times; ++i) {
    play(machine, kStrange, 5, told);
    play(machine, kQuiet, 60, told);
  }
}

void a_flapping_feature_is_told_as_one_and_the_recovery_comes_after_the_window(void**) {
  Machine machine = machine_of(kBelow, kFlapping);
  Told told;
  flap(machine, 10, told);
  assert_int_equal(told.raised, 3);
  assert_int_equal(told.cleared, 2);
  assert_true(machine.episode.resting());
  assert_int_equal(machine.episode.times(), 8);
  const double strange_s = machine.episode.strange_s();
  play(machine, kQuiet, 3600 - 32, told);  // of the quiet so far, 30 s made the rest begin
  assert_int_equal(told.cleared, 2);
  play(machine, kQuiet, 2, told);
  assert_int_equal(told.cleared, 3);
  assert_int_equal(told.raised, 3);
  assert_true(strange_s > 7 * 65.0 && machine.episode.strange_s() <= strange_s);
}

void that_it_is_flapping_is_told_once(void**) {
  Machine machine = machine_of(kBelow, kFlapping);
  Told told;
  flap(machine, 5, told);
  assert_int_equal(told.ongoing, 1);
}

void another_feature_while_it_flaps_is_told_at_once(void**) {
  Machine machine = machine_of(kBelow, kFlapping);
  Told told;
  flap(machine, 3, told);
  assert_true(machine.episode.resting());
  const int before = told.ongoing;
  play(machine, kStrangeCause, 1, told);
  assert_int_equal(told.ongoing, before + 1);
}

void what_comes_seldom_does_not_flap(void**) {
  Machine machine = machine_of(kBelow, kFlapping);
  Told told;
  for (int i = 0; i < 8; ++i) {
    play(machine, kStrange, 5, told);
    play(machine, kQuiet, 1900, told);
  }
  assert_int_equal(told.raised, 8);
  assert_int_equal(told.cleared, 8);
}

void features_that_take_turns_do_not_flap(void**) {
  Machine machine = machine_of(kBelow, {0.0, 600.0, kCritical, 0.0, 4, 3600.0});
  Told told;
  for (int i = 0; i < 6; ++i) {
    play(machine, i % 2 == 0 ? kStrange : kStrangeCause, 5, told);
    play(machine, kQuiet, 60, told);
  }
  assert_int_equal(told.raised, 6);
}

void the_time_of_a_mute_is_time_of_the_episode(void**) {
  Machine machine = machine_of(kBelow, kDamped);
  Told told;
  play(machine, kStrange, 1, told);
  play(machine, kMutedStrange, 100, told);
  play(machine, kMuted, 500, told);
  assert_near(machine.episode.open_s(), 600.0, 1e-9, 0);
  assert_near(machine.episode.strange_s(), 100.0, 1e-9, 0);
  play(machine, kQuiet, 29, told);
  assert_int_equal(told.cleared, 0);
  play(machine, kQuiet, 1, told);
  assert_int_equal(told.cleared, 1);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(plain_episodes_are_told_once),
    cmocka_unit_test(episodes_of_two_of_three_are_told_once),
    cmocka_unit_test(with_a_cooldown_they_are_told_once),
    cmocka_unit_test(when_flapping_they_are_told_once),
    cmocka_unit_test(with_everything_on_they_are_told_once),
    cmocka_unit_test(from_a_flapping_machine_on_they_are_told_once),
    cmocka_unit_test(what_was_forgotten_by_command_neither_flaps_nor_cools_down),
    cmocka_unit_test(the_same_within_the_cooldown_is_not_told_and_counted),
    cmocka_unit_test(what_lasts_longer_than_the_cooldown_is_told_when_it_is_over),
    cmocka_unit_test(another_feature_is_told_in_the_cooldown),
    cmocka_unit_test(a_level_that_is_accepted_in_the_cooldown_is_told),
    cmocka_unit_test(what_is_worse_is_told_in_the_cooldown_once),
    cmocka_unit_test(a_flapping_feature_is_told_as_one_and_the_recovery_comes_after_the_window),
    cmocka_unit_test(that_it_is_flapping_is_told_once),
    cmocka_unit_test(another_feature_while_it_flaps_is_told_at_once),
    cmocka_unit_test(what_comes_seldom_does_not_flap),
    cmocka_unit_test(features_that_take_turns_do_not_flap),
    cmocka_unit_test(the_time_of_a_mute_is_time_of_the_episode),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
