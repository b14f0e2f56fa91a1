#include "agent/report/ranked_scores.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::RankedScore;
using epsilond::agent::RankedScores;
using epsilond::tests::Rng;

namespace {

struct Bed {
  std::vector<double> all;
  std::vector<RankedScore> ranked;
  std::uint64_t seen = 0;
  bool exact = false;

  // Random scores with ties; the strangest first in `all` and in `ranked`.
  void fill(std::size_t count, bool low_is_strange) {
    Rng random(epsilond::tests::test_seed());
    RankedScores scores(low_is_strange, 7);
    for (std::size_t i = 0; i < count; ++i) {
      const double score = std::round(1e4 * random.normal()) / 1e4;
      all.push_back(score);
      scores.add(score, score < -2.0);
      if (i % 1000 == 0) scores.add(std::nan(""), true);
    }
    std::sort(all.begin(), all.end());
    if (!low_is_strange) std::reverse(all.begin(), all.end());
    ranked = scores.ranked();
    seen = scores.seen();
    exact = scores.exact();
  }
};

int set_up(void** state) {
  *state = new Bed;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<Bed*>(*state);
  return 0;
}

constexpr std::size_t kFew = RankedScores::kStrangest + RankedScores::kSample;

void few_scores_are_all_kept_in_their_order(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  bed.fill(kFew, false);
  assert_true(bed.exact);
  assert_int_equal(bed.ranked.size(), kFew);
  for (std::size_t i = 0; i < kFew; ++i) {
    assert_true(bed.ranked[i].score == bed.all[i]);
    assert_true(bed.ranked[i].rank == static_cast<double>(i + 1));
    assert_int_equal(bed.ranked[i].flagged, bed.all[i] < -2.0);
  }
}

void the_strangest_of_many_scores_are_never_lost(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  bed.fill(20 * kFew, true);
  assert_false(bed.exact);
  assert_int_equal(bed.seen, 20 * kFew);
  assert_int_equal(bed.ranked.size(), kFew);
  for (std::size_t i = 0; i < RankedScores::kStrangest; ++i) {
    assert_true(bed.ranked[i].score == bed.all[i]);
    assert_true(bed.ranked[i].rank == static_cast<double>(i + 1));
  }
}

void ranks_of_the_sample_are_close_to_the_true_ones(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  bed.fill(20 * kFew, false);
  // The i-th of m ordered draws out of n has a rank with sd at most n / (2 sqrt(m + 2)), that of the median; 6 of them.
  const double others = static_cast<double>(bed.all.size() - RankedScores::kStrangest);
  const double bound = 6.0 * others / (2.0 * std::sqrt(static_cast<double>(RankedScores::kSample) + 2.0));
  double previous = 0.0;
  for (const RankedScore& one : bed.ranked) {
    assert_true(one.rank > previous);
    previous = one.rank;
    const auto place = std::lower_bound(bed.all.begin(), bed.all.end(), one.score, std::greater<double>());
    const auto behind = std::upper_bound(bed.all.begin(), bed.all.end(), one.score, std::greater<double>());
    assert_true(one.rank > static_cast<double>(place - bed.all.begin()) - bound);
    assert_true(one.rank < static_cast<double>(behind - bed.all.begin()) + bound);
  }
  assert_true(previous <= static_cast<double>(bed.all.size()));
}

}  // namespace

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(few_scores_are_all_kept_in_their_order, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_strangest_of_many_scores_are_never_lost, set_up, tear_down),
    cmocka_unit_test_setup_teardown(ranks_of_the_sample_are_close_to_the_true_ones, set_up, tear_down),
};

EPSILOND_TEST_MAIN(kTests)
