#include "agent/report/timeline.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Moment;
using epsilond::agent::Timeline;
using epsilond::agent::TimelineCell;
using epsilond::agent::TimelineSpan;
using epsilond::tests::Rng;

namespace {

constexpr std::size_t kSeries = 3;

struct Row {
  std::uint64_t row = 0;
  bool flagged = false;
  double values[kSeries] = {};
  bool present[kSeries] = {};
};

// A random table and the time line made of it; flagged rows come in bursts, and row numbers have gaps.
struct Bed {
  std::vector<Row> rows;
  Timeline timeline{kSeries};

  void fill(std::size_t count, Rng& random) {
    std::uint64_t number = rows.empty() ? 0 : rows.back().row;
    bool flagged = false;
    for (std::size_t i = 0; i < count; ++i) {
      Row row;
      number += random.below(20) == 0 ? 3 : 1;
      row.row = number;
      if (random.below(30) == 0) flagged = !flagged;
      row.flagged = flagged;
      timeline.begin_row(row.row, static_cast<double>(row.row) * 0.5, flagged);
      for (std::size_t s = 0; s < kSeries; ++s) {
        row.values[s] = random.normal() * (s == 0 ? 1.0 : 1e9);
        row.present[s] = random.below(10) > s;
        if (row.present[s]) timeline.add(s, row.values[s]);
      }
      rows.push_back(row);
    }
  }
};

struct Truth {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  std::uint64_t low_row = 0;
  std::uint64_t high_row = 0;
  std::uint64_t values = 0;
};

Truth truth_of(const Bed& bed, std::size_t first, std::size_t count, std::size_t series, bool flagged) {
  Truth truth;
  for (std::size_t i = first; i < first + count; ++i) {
    const Row& row = bed.rows[i];
    if (row.flagged != flagged || !row.present[series]) continue;
    ++truth.values;
    if (row.values[series] < truth.low) {
      truth.low = row.values[series];
      truth.low_row = row.row;
    }
    if (row.values[series] > truth.high) {
      truth.high = row.values[series];
      truth.high_row = row.row;
    }
  }
  return truth;
}

int set_up(void** state) {
  *state = new Bed;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<Bed*>(*state);
  return 0;
}

void assert_same(const epsilond::agent::Extremes& kept, const Truth& truth) {
  assert_int_equal(kept.values, truth.values);
  if (truth.values == 0) return;
  assert_true(kept.low == truth.low && kept.high == truth.high);
  if (truth.low < truth.high) assert_int_equal(kept.low_first, truth.low_row < truth.high_row);
}

void assert_matches_the_full_data(const Bed& bed) {
  std::size_t at = 0;
  for (std::size_t b = 0; b < bed.timeline.buckets(); ++b) {
    const TimelineSpan& span = bed.timeline.span(b);
    const auto count = static_cast<std::size_t>(span.rows);
    assert_true(at + count <= bed.rows.size());
    assert_int_equal(span.first.row, bed.rows[at].row);
    assert_int_equal(span.last.row, bed.rows[at + count - 1].row);
    std::uint64_t flagged = 0;
    std::uint64_t first_usual = 0;
    std::uint64_t last_usual = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      flagged += bed.rows[i].flagged ? 1U : 0U;
      if (bed.rows[i].flagged) continue;
      if (first_usual == 0) first_usual = bed.rows[i].row;
      last_usual = bed.rows[i].row;
    }
    assert_int_equal(span.flagged_rows, flagged);
    assert_int_equal(span.first_usual.row, flagged < count ? first_usual : span.first.row);
    assert_int_equal(span.last_usual.row, flagged < count ? last_usual : span.last.row);
    for (const Moment& moment : {span.first, span.last, span.first_usual, span.last_usual})
      assert_true(moment.time_s == 0.5 * static_cast<double>(moment.row));
    for (std::size_t s = 0; s < kSeries; ++s) {
      assert_same(bed.timeline.cell(b, s).usual, truth_of(bed, at, count, s, false));
      assert_same(bed.timeline.cell(b, s).flagged, truth_of(bed, at, count, s, true));
    }
    at += count;
  }
  assert_int_equal(at, bed.rows.size());
}

void buckets_hold_the_extremes_of_the_full_data_whatever_its_length(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  Rng random(epsilond::tests::test_seed());
  // Around the lengths at which pairs are merged.
  constexpr std::size_t kFull = Timeline::kMaxBuckets;
  for (const std::size_t target : {kFull - 1, kFull, kFull + 1, 2 * kFull, 2 * kFull + 1, 9 * kFull + 77}) {
    bed.fill(target - bed.rows.size(), random);
    assert_matches_the_full_data(bed);
  }
}

void a_short_table_keeps_every_row_by_itself(void** state) {
  Bed& bed = *static_cast<Bed*>(*state);
  Rng random(epsilond::tests::test_seed());
  bed.fill(Timeline::kMaxBuckets, random);
  assert_int_equal(bed.timeline.rows_per_bucket(), 1);
  assert_int_equal(bed.timeline.buckets(), Timeline::kMaxBuckets);
}

void buckets_stay_between_half_and_all_of_their_bound(void** state) {
  Timeline& timeline = static_cast<Bed*>(*state)->timeline;
  for (std::uint64_t row = 0; row < 40 * Timeline::kMaxBuckets; ++row) {
    timeline.begin_row(row, 0.0, false);
    assert_true(timeline.buckets() <= Timeline::kMaxBuckets);
    if (row >= Timeline::kMaxBuckets) assert_true(timeline.buckets() >= Timeline::kMaxBuckets / 2);
  }
  assert_int_equal(timeline.rows_per_bucket(), 64);
}

void a_usual_band_is_averaged_over_the_rows_that_have_one(void** state) {
  Timeline& timeline = static_cast<Bed*>(*state)->timeline;
  const std::uint64_t rows = 2 * Timeline::kMaxBuckets;
  for (std::uint64_t row = 0; row < rows; ++row) {
    timeline.begin_row(row, 0.0, false);
    if (row % 2 == 1) timeline.add_band(0, static_cast<double>(row), 4.0);
  }
  const TimelineCell& cell = timeline.cell(10, 0);  // rows 20 and 21
  assert_int_equal(cell.band_rows, 1);
  assert_true(cell.mean_sum == 21.0 && cell.sd_sum == 4.0);
  assert_int_equal(timeline.cell(10, 1).band_rows, 0);
}

void what_is_not_finite_is_absent(void** state) {
  Timeline& timeline = static_cast<Bed*>(*state)->timeline;
  const double infinite = std::numeric_limits<double>::infinity();
  timeline.begin_row(0, 0.0, false);
  timeline.add(0, std::nan(""));
  timeline.add(0, -infinite);
  timeline.add_band(0, infinite, 1.0);
  timeline.add_band(0, 1.0, std::nan(""));
  timeline.add_band(0, 1.0, -1.0);
  assert_int_equal(timeline.cell(0, 0).usual.values, 0);
  assert_int_equal(timeline.cell(0, 0).band_rows, 0);
  timeline.add(0, -7.0);
  assert_true(timeline.cell(0, 0).usual.low == -7.0 && timeline.cell(0, 0).usual.high == -7.0);
}

}  // namespace

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(buckets_hold_the_extremes_of_the_full_data_whatever_its_length, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_short_table_keeps_every_row_by_itself, set_up, tear_down),
    cmocka_unit_test_setup_teardown(buckets_stay_between_half_and_all_of_their_bound, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_usual_band_is_averaged_over_the_rows_that_have_one, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_is_not_finite_is_absent, set_up, tear_down),
};

EPSILOND_TEST_MAIN(kTests)
