#include "models/decision/hysteresis.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Hysteresis;
using epsilond::models::HysteresisSettings;
using epsilond::models::Transition;
using epsilond::models::Verdict;

namespace {

constexpr Verdict kStrange{true, true, 0.0};
constexpr Verdict kQuiet{true, false, 0.0};
constexpr Verdict kUnjudged{false, false, 0.0};

HysteresisSettings settings(unsigned m, unsigned n, double clear_after_s) { return {m, n, clear_after_s}; }

void one_strange_sample_raises_by_default(void**) {
  Hysteresis hysteresis(settings(1, 1, 30.0));
  assert_true(hysteresis.advance(kStrange, 1.0) == Transition::kRaised);
  assert_true(hysteresis.raised());
}

void two_of_three_raise_with_a_quiet_one_between(void**) {
  Hysteresis hysteresis(settings(2, 3, 30.0));
  assert_true(hysteresis.advance(kStrange, 1.0) == Transition::kNone);
  assert_true(hysteresis.advance(kQuiet, 1.0) == Transition::kNone);
  assert_true(hysteresis.advance(kStrange, 1.0) == Transition::kRaised);
}

void a_strange_sample_that_left_the_window_does_not_count(void**) {
  Hysteresis hysteresis(settings(2, 2, 30.0));
  for (const Verdict& verdict : {kStrange, kQuiet, kStrange})
    assert_true(hysteresis.advance(verdict, 1.0) == Transition::kNone);
}

void a_window_of_64_holds_64(void**) {
  Hysteresis hysteresis(settings(64, 64, 30.0));
  for (int i = 0; i < 63; ++i) assert_true(hysteresis.advance(kStrange, 1.0) == Transition::kNone);
  assert_true(hysteresis.advance(kStrange, 1.0) == Transition::kRaised);
}

void quiet_time_is_counted_by_the_clock_not_by_samples(void**) {
  Hysteresis hysteresis(settings(1, 1, 30.0));
  hysteresis.advance(kStrange, 1.0);
  assert_true(hysteresis.advance(kQuiet, 29.9) == Transition::kNone);
  assert_near(hysteresis.quiet_s(), 29.9, 1e-12, 0);
  assert_true(hysteresis.advance(kQuiet, 0.2) == Transition::kCleared);
  assert_false(hysteresis.raised());
}

void a_strange_sample_starts_the_quiet_time_anew(void**) {
  Hysteresis hysteresis(settings(2, 2, 30.0));
  hysteresis.advance(kStrange, 1.0);
  hysteresis.advance(kStrange, 1.0);
  hysteresis.advance(kQuiet, 29.0);
  hysteresis.advance(kStrange, 1.0);
  assert_true(hysteresis.advance(kQuiet, 29.0) == Transition::kNone);
}

void unjudged_samples_neither_raise_nor_clear(void**) {
  Hysteresis hysteresis(settings(1, 1, 30.0));
  assert_true(hysteresis.advance(kUnjudged, 1.0) == Transition::kNone);
  hysteresis.advance(kStrange, 1.0);
  assert_true(hysteresis.advance(kUnjudged, 1e6) == Transition::kNone);
  assert_near(hysteresis.quiet_s(), 0.0, 0, 0);
}

void what_was_strange_before_a_clear_does_not_raise_again(void**) {
  Hysteresis hysteresis(settings(2, 64, 5.0));
  hysteresis.advance(kStrange, 1.0);
  hysteresis.advance(kStrange, 1.0);
  assert_true(hysteresis.advance(kQuiet, 5.0) == Transition::kCleared);
  assert_true(hysteresis.advance(kStrange, 1.0) == Transition::kNone);
}

// One sequence of `length` verdicts, written in base 3, checked against the specification read literally.
bool follows_the_specification(unsigned m, unsigned n, unsigned clear_after, unsigned length, unsigned code) {
  Hysteresis hysteresis(settings(m, n, clear_after));
  bool strange_at[16] = {};
  bool raised = false;
  unsigned since = 0;  // first sample of the present window
  unsigned quiet = 0;
  for (unsigned i = 0; i < length; ++i, code /= 3) {
    const Verdict verdict = code % 3 == 0 ? kQuiet : code % 3 == 1 ? kStrange : kUnjudged;
    strange_at[i] = code % 3 == 1;
    Transition expected = Transition::kNone;
    if (!raised) {
      unsigned strange = 0;
      for (unsigned k = since; k <= i; ++k) strange += i - k < n && strange_at[k] ? 1 : 0;
      if (strange >= m) {
        expected = Transition::kRaised;
        raised = true;
        quiet = 0;
      }
    } else {
      if (code % 3 == 1) quiet = 0;
      if (code % 3 == 0) ++quiet;
      if (quiet >= clear_after) {
        expected = Transition::kCleared;
        raised = false;
        since = i + 1;
      }
    }
    if (hysteresis.advance(verdict, 1.0) != expected || hysteresis.raised() != raised) return false;
  }
  return true;
}

// Raise and clear alternate, starting with a raise: part of the specification above, so checked with it.
void every_sequence_of_eight_verdicts_follows_the_specification(void**) {
  for (unsigned n = 1; n <= 4; ++n)
    for (unsigned m = 1; m <= n; ++m)
      for (unsigned clear_after = 1; clear_after <= 3; ++clear_after)
        for (unsigned code = 0; code < 6561; ++code) assert_true(follows_the_specification(m, n, clear_after, 8, code));
}

void no_clear_without_a_raise_and_no_second_raise_without_a_clear(void**) {
  for (unsigned code = 0; code < 59049; ++code) {
    Hysteresis hysteresis(settings(2, 3, 2.0));
    bool raised = false;
    unsigned rest = code;
    for (unsigned i = 0; i < 10; ++i, rest /= 3) {
      const Transition transition = hysteresis.advance(rest % 3 == 0   ? kQuiet
                                                       : rest % 3 == 1 ? kStrange
                                                                       : kUnjudged,
                                                       1.0);
      if (transition == Transition::kRaised) assert_false(raised);
      if (transition == Transition::kCleared) assert_true(raised);
      if (transition != Transition::kNone) raised = transition == Transition::kRaised;
    }
  }
}

void reset_ends_the_episode_silently(void**) {
  Hysteresis hysteresis(settings(1, 1, 1.0));
  hysteresis.advance(kStrange, 1.0);
  hysteresis.reset();
  assert_false(hysteresis.raised());
  assert_true(hysteresis.advance(kQuiet, 10.0) == Transition::kNone);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(one_strange_sample_raises_by_default),
    cmocka_unit_test(two_of_three_raise_with_a_quiet_one_between),
    cmocka_unit_test(a_strange_sample_that_left_the_window_does_not_count),
    cmocka_unit_test(a_window_of_64_holds_64),
    cmocka_unit_test(quiet_time_is_counted_by_the_clock_not_by_samples),
    cmocka_unit_test(a_strange_sample_starts_the_quiet_time_anew),
    cmocka_unit_test(unjudged_samples_neither_raise_nor_clear),
    cmocka_unit_test(what_was_strange_before_a_clear_does_not_raise_again),
    cmocka_unit_test(every_sequence_of_eight_verdicts_follows_the_specification),
    cmocka_unit_test(no_clear_without_a_raise_and_no_second_raise_without_a_clear),
    cmocka_unit_test(reset_ends_the_episode_silently),
};
EPSILOND_TEST_MAIN(kTests)
