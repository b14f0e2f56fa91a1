#include "agent/pipeline/episode.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Episode;
using epsilond::agent::EpisodeEvents;
using epsilond::agent::Snapshot;
using epsilond::models::Transition;
using epsilond::platform::FlagEvent;

namespace {

Snapshot moment(double surprise, bool strange, bool cause_leads = false) {
  Snapshot snapshot;
  snapshot.cause_leads = cause_leads;
  snapshot.score.surprise = surprise;
  snapshot.verdict.judged = true;
  snapshot.verdict.strange = strange;
  return snapshot;
}

void while_symptoms_lead_raised_waits_for_the_settling_time(void**) {
  Episode episode({2.0, 0.0});
  assert_int_equal(episode.advance(Transition::kRaised, false, moment(5, true), 1.0).count, 0);
  assert_int_equal(episode.advance(Transition::kNone, false, moment(6, true), 1.0).count, 0);
  const EpisodeEvents events = episode.advance(Transition::kNone, false, moment(7, true), 1.0);
  assert_int_equal(events.count, 1);
  assert_true(events.events[0] == FlagEvent::kRaised);
}

void a_cause_is_told_at_once(void**) {
  Episode episode({60.0, 0.0});
  assert_int_equal(episode.advance(Transition::kRaised, false, moment(5, true, true), 1.0).count, 1);
}

void a_cause_that_shows_later_ends_the_wait_and_is_what_is_told(void**) {
  Episode episode({60.0, 0.0});
  assert_int_equal(episode.advance(Transition::kRaised, false, moment(9, true), 1.0).count, 0);
  assert_int_equal(episode.advance(Transition::kNone, false, moment(7, true, true), 1.0).count, 1);
  assert_near(episode.peak().score.surprise, 7.0, 0, 0);
}

void a_stranger_symptom_does_not_replace_a_cause(void**) {
  Episode episode({60.0, 0.0});
  episode.advance(Transition::kRaised, false, moment(7, true, true), 1.0);
  episode.advance(Transition::kNone, false, moment(9, true), 1.0);
  assert_near(episode.peak().score.surprise, 7.0, 0, 0);
  episode.advance(Transition::kNone, false, moment(8, true, true), 1.0);
  assert_near(episode.peak().score.surprise, 8.0, 0, 0);
}

void without_settling_raised_comes_at_once(void**) {
  Episode episode({0.0, 0.0});
  assert_int_equal(episode.advance(Transition::kRaised, false, moment(5, true), 1.0).count, 1);
}

void the_strangest_moment_is_explained(void**) {
  Episode episode({1.0, 0.0});
  episode.advance(Transition::kRaised, false, moment(5, true), 1.0);
  episode.advance(Transition::kNone, false, moment(9, true), 1.0);
  episode.advance(Transition::kNone, false, moment(6, true), 1.0);
  assert_near(episode.peak().score.surprise, 9.0, 0, 0);
}

void a_spike_of_one_sample_is_still_announced_as_it_was(void**) {
  Episode episode({1.0, 0.0});
  episode.advance(Transition::kRaised, false, moment(8, true), 1.0);
  const EpisodeEvents events = episode.advance(Transition::kNone, false, moment(0, false), 1.0);
  assert_int_equal(events.count, 1);
  assert_near(episode.peak().score.surprise, 8.0, 0, 0);
}

void an_ending_before_settling_gives_both_events_in_order(void**) {
  Episode episode({60.0, 0.0});
  episode.advance(Transition::kRaised, false, moment(8, true), 1.0);
  const EpisodeEvents events = episode.advance(Transition::kCleared, false, moment(0, false), 30.0);
  assert_int_equal(events.count, 2);
  assert_true(events.events[0] == FlagEvent::kRaised);
  assert_true(events.events[1] == FlagEvent::kCleared);
  assert_false(episode.open());
}

void reminders_come_at_their_interval_and_never_when_off(void**) {
  Episode reminded({0.0, 10.0});
  Episode silent({0.0, 0.0});
  reminded.advance(Transition::kRaised, false, moment(8, true), 1.0);
  silent.advance(Transition::kRaised, false, moment(8, true), 1.0);
  std::size_t reminders = 0;
  std::size_t silent_events = 0;
  for (int i = 0; i < 100; ++i) {
    reminders += reminded.advance(Transition::kNone, false, moment(8, true), 1.0).count;
    silent_events += silent.advance(Transition::kNone, false, moment(8, true), 1.0).count;
  }
  assert_int_equal(reminders, 10);
  assert_int_equal(silent_events, 0);
}

void an_accepted_level_ends_as_learned(void**) {
  Episode episode({0.0, 0.0});
  episode.advance(Transition::kRaised, false, moment(8, true), 1.0);
  const EpisodeEvents events = episode.advance(Transition::kNone, true, moment(8, true), 1.0);
  assert_int_equal(events.count, 1);
  assert_true(events.events[0] == FlagEvent::kLearned);
  assert_false(episode.open());
}

void episodes_are_counted_and_timed(void**) {
  Episode episode({0.0, 0.0});
  for (int i = 0; i < 2; ++i) {
    episode.advance(Transition::kRaised, false, moment(8, true), 1.0);
    episode.advance(Transition::kNone, false, moment(8, true), 2.5);
    episode.advance(Transition::kCleared, false, moment(0, false), 2.5);
  }
  assert_int_equal(episode.number(), 2);
  assert_near(episode.open_s(), 5.0, 1e-12, 0);
}

// Every sequence of seven inputs: raises and endings alternate, whatever the settling time and the reminders do.
void every_sequence_gives_raise_and_ending_in_turn(void**) {
  for (int settle = 0; settle < 4; ++settle) {
    for (int code = 0; code < 4 * 4 * 4 * 4 * 4 * 4 * 4; ++code) {
      Episode episode({static_cast<double>(settle), 2.0});
      bool raised = false;   // as the state machine before the episode would have it
      bool announced = false;
      for (int step = 0, rest = code; step < 7; ++step, rest /= 4) {
        const int input = rest % 4;  // 0 quiet, 1 strange, 2 cleared, 3 accepted
        Transition transition = Transition::kNone;
        bool accepted = false;
        if (!raised && input == 1) transition = Transition::kRaised;
        if (raised && input == 2) transition = Transition::kCleared;
        if (raised && input == 3) accepted = true;
        raised = transition == Transition::kRaised || (raised && transition != Transition::kCleared && !accepted);
        const EpisodeEvents events = episode.advance(transition, accepted, moment(5, input == 1), 1.0);
        for (std::size_t i = 0; i < events.count; ++i) {
          const FlagEvent event = events.events[i];
          assert_int_equal(announced, event != FlagEvent::kRaised);
          announced = event == FlagEvent::kRaised || event == FlagEvent::kOngoing;
        }
        assert_int_equal(episode.open(), raised);
        if (!raised) assert_false(announced);
      }
    }
  }
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(while_symptoms_lead_raised_waits_for_the_settling_time),
    cmocka_unit_test(a_cause_is_told_at_once),
    cmocka_unit_test(a_cause_that_shows_later_ends_the_wait_and_is_what_is_told),
    cmocka_unit_test(a_stranger_symptom_does_not_replace_a_cause),
    cmocka_unit_test(without_settling_raised_comes_at_once),
    cmocka_unit_test(the_strangest_moment_is_explained),
    cmocka_unit_test(a_spike_of_one_sample_is_still_announced_as_it_was),
    cmocka_unit_test(an_ending_before_settling_gives_both_events_in_order),
    cmocka_unit_test(reminders_come_at_their_interval_and_never_when_off),
    cmocka_unit_test(an_accepted_level_ends_as_learned),
    cmocka_unit_test(episodes_are_counted_and_timed),
    cmocka_unit_test(every_sequence_gives_raise_and_ending_in_turn),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
