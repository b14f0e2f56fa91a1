#include "agent/pipeline/commanded_mute.h"

#include <limits>
#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::CommandedMute;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

constexpr nanoseconds kStart = seconds(1795305600);

CommandedMute muted(double length_s) {
  CommandedMute mute;
  mute.begin(length_s, kStart, "backup");
  return mute;
}

void it_lasts_as_long_as_was_asked_for(void**) {
  CommandedMute mute = muted(10.0);
  assert_true(mute.until() == kStart + seconds(10));
  for (int i = 1; i < 10; ++i) mute.advance(1.0, kStart + seconds(i));
  assert_true(mute.active());
  mute.advance(1.0, kStart + seconds(10));
  assert_false(mute.active());
}

void a_clock_that_is_set_neither_ends_nor_prolongs_it(void**) {
  CommandedMute mute = muted(10.0);
  mute.advance(1.0, kStart - seconds(86400));
  assert_near(mute.left_s(), 9.0, 0, 0);
  assert_true(mute.until() == kStart - seconds(86400) + seconds(9));
  mute.advance(1.0, kStart + seconds(86400));
  assert_near(mute.left_s(), 8.0, 0, 0);
}

void after_a_restart_the_wall_clock_counts(void**) {
  CommandedMute mute;
  mute.restore(muted(1000.0).save());
  assert_true(mute.active());
  assert_true(mute.reason() == "backup");
  mute.advance(1.0, kStart + seconds(300));
  assert_near(mute.left_s(), 700.0, 1e-9, 0);
  mute.advance(1.0, kStart + seconds(9999));  // measured time again
  assert_near(mute.left_s(), 699.0, 1e-9, 0);
}

void a_restart_after_its_end_finds_none(void**) {
  CommandedMute mute;
  mute.restore(muted(1000.0).save());
  mute.advance(1.0, kStart + seconds(1001));
  assert_false(mute.active());
}

void a_clock_that_went_back_over_a_restart_does_not_prolong_it(void**) {
  CommandedMute mute;
  mute.restore(muted(1000.0).save());
  mute.advance(1.0, kStart - seconds(86400));
  assert_near(mute.left_s(), 1000.0, 1e-9, 0);
}

void what_cannot_be_is_no_mute(void**) {
  for (const double left_s :
       {-1.0, 0.0, 1e9, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CommandedMute::Saved saved = muted(10.0).save();
    saved.left_s = left_s;
    CommandedMute mute;
    mute.restore(saved);
    assert_false(mute.active());
  }
  CommandedMute::Saved saved = muted(10.0).save();
  saved.until_s = std::numeric_limits<double>::quiet_NaN();
  CommandedMute mute;
  mute.restore(saved);
  assert_false(mute.active());
}

void a_reason_without_an_end_is_cut(void**) {
  CommandedMute::Saved saved = muted(10.0).save();
  for (char& c : saved.reason) c = 'x';
  CommandedMute mute;
  mute.restore(saved);
  assert_int_equal(mute.reason().size(), sizeof saved.reason - 1);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(it_lasts_as_long_as_was_asked_for),
    cmocka_unit_test(a_clock_that_is_set_neither_ends_nor_prolongs_it),
    cmocka_unit_test(after_a_restart_the_wall_clock_counts),
    cmocka_unit_test(a_restart_after_its_end_finds_none),
    cmocka_unit_test(a_clock_that_went_back_over_a_restart_does_not_prolong_it),
    cmocka_unit_test(what_cannot_be_is_no_mute),
    cmocka_unit_test(a_reason_without_an_end_is_cut),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
