// Features that never moved and then do: a week at 30 s through the table of the agent.

#include <algorithm>
#include <cmath>

#include "tests/support/watched_host.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::models::Score;
using epsilond::tests::WatchedHost;

namespace {

constexpr long kWeekS = 7 * 86400;

int setup(void** state) {
  auto* watched = new WatchedHost({.seed = epsilond::tests::test_seed(), .interval_s = 30});
  watched->host().disk_is_idle = true;
  watched->run(kWeekS);
  *state = watched;
  return 0;
}

int teardown(void** state) {
  delete static_cast<WatchedHost*>(*state);
  return 0;
}

bool all_finite(const Score& score) {
  return std::isfinite(score.surprise) && std::isfinite(score.log_density) && score.mean.allFinite() &&
         score.sd.allFinite() && score.z.allFinite() && score.share.allFinite() && score.sd.minCoeff() > 0.0;
}

// The largest surprise of ten minutes, relative to the cut in force; -1 if any number was not finite.
double largest_of_ten_minutes(WatchedHost& watched) {
  double largest = 0.0;
  for (int row = 0; row < 20; ++row) {
    watched.run(30);
    const auto& latest = watched.watcher().latest();
    if (!all_finite(latest.score)) return -1.0;
    largest = std::max(largest, latest.score.surprise / latest.verdict.threshold);
  }
  return largest;
}

void the_first_zombie_after_a_week_of_none_is_mild_and_twenty_are_not(void** state) {
  auto& watched = *static_cast<WatchedHost*>(*state);
  const std::size_t before = watched.said().size();
  watched.host().extra_zombies = 1.0;
  const double one = largest_of_ten_minutes(watched);
  const std::size_t after_one = watched.said().size();
  watched.host().extra_zombies = 20.0;
  const double twenty = largest_of_ten_minutes(watched);
  std::printf("one zombie %.2f of the cut, twenty %.2f\n", one, twenty);
  assert_true(one >= 0.0 && one < 1.0);
  assert_int_equal(after_one, before);
  assert_true(twenty >= 1.0);
  assert_int_equal(watched.said().size(), after_one + 1);
  assert_true(watched.said().back().event == epsilond::platform::FlagEvent::kRaised);
  assert_true(watched.said().back().names("zombies"));
}

void a_trickle_to_a_disk_never_written_is_nothing_and_a_flood_is_raised_by_name(void** state) {
  auto& watched = *static_cast<WatchedHost*>(*state);
  const std::size_t before = watched.said().size();
  watched.host().extra_disk_write_bytes_per_s = 2e4;
  const double trickle = largest_of_ten_minutes(watched);
  const std::size_t after_trickle = watched.said().size();
  watched.host().extra_disk_write_bytes_per_s = 2e8;
  const double flood = largest_of_ten_minutes(watched);
  std::printf("20 kB/s %.2f of the cut, 200 MB/s %.2f\n", trickle, flood);
  assert_true(trickle >= 0.0 && trickle < 1.0);
  assert_int_equal(after_trickle, before);
  assert_true(flood >= 1.0);
  assert_int_equal(watched.said().size(), after_trickle + 1);
  assert_true(watched.said().back().event == epsilond::platform::FlagEvent::kRaised);
  assert_true(watched.said().back().names("disk_write_bytes_per_s"));
}

// Every minute is like every other, to within what means nothing: no sum over them may become strange for that.
void a_machine_that_does_the_same_each_minute_is_never_raised(void**) {
  constexpr long kFourWeeksS = 4 * kWeekS;
  WatchedHost watched({.seed = epsilond::tests::test_seed(), .interval_s = 60});
  watched.run(kFourWeeksS);
  const std::size_t raised = watched.raised_between(0, kFourWeeksS + 1);
  assert_int_equal(raised, 0);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_first_zombie_after_a_week_of_none_is_mild_and_twenty_are_not, setup, teardown),
    cmocka_unit_test_setup_teardown(a_trickle_to_a_disk_never_written_is_nothing_and_a_flood_is_raised_by_name, setup,
                                    teardown),
    cmocka_unit_test(a_machine_that_does_the_same_each_minute_is_never_raised),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
