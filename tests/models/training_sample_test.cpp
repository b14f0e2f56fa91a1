#include "models/training_sample.h"

#include <algorithm>
#include <array>
#include <vector>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::TrainingSample;

namespace {

constexpr std::size_t kRows = 100;

// Rows {i, -i} for i = 0 .. kRows - 1, of which at most `most` values are kept.
TrainingSample sample_of(std::uint64_t seed, std::size_t most) {
  TrainingSample sample(2, seed, most);
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto value = static_cast<double>(i);
    sample.add(std::array<double, 2>{value, -value});
  }
  return sample;
}

std::size_t rows_kept(std::size_t most) { return sample_of(1, most).rows(); }

// Are the rows kept whole, and each at most once?
bool has_whole_rows_once(std::uint64_t seed, std::size_t most) {
  const TrainingSample sample = sample_of(seed, most);
  std::vector<double> first;
  for (std::size_t i = 0; i < sample.rows(); ++i) {
    const std::span<const double> row = sample.row(i);
    if (row.size() != 2 || row[1] != -row[0]) return false;
    first.push_back(row[0]);
  }
  std::sort(first.begin(), first.end());
  return std::adjacent_find(first.begin(), first.end()) == first.end();
}

bool equals(const TrainingSample& a, const TrainingSample& b) {
  return std::equal(a.values().begin(), a.values().end(), b.values().begin(), b.values().end());
}
bool same_sample(std::uint64_t one, std::uint64_t other) { return equals(sample_of(one, 20), sample_of(other, 20)); }

bool keeps_all_in_order() {
  const TrainingSample sample = sample_of(1, 2 * kRows);
  for (std::size_t i = 0; i < kRows; ++i)
    if (sample.row(i)[0] != static_cast<double>(i)) return false;
  return sample.width() == 2 && sample.seen() == kRows && sample.rows() == kRows;
}

// The share of samples of ten rows that hold row `number`.
double share_with(double number) {
  constexpr std::uint64_t kSamples = 4000;
  double held = 0.0;
  for (std::uint64_t seed = 0; seed < kSamples; ++seed) {
    const TrainingSample sample = sample_of(seed, 20);
    for (std::size_t i = 0; i < sample.rows(); ++i) held += sample.row(i)[0] == number ? 1.0 : 0.0;
  }
  return held / static_cast<double>(kSamples);
}

void up_to_the_bound_every_row_is_kept_in_order(void**) { assert_true(keeps_all_in_order()); }

void beyond_it_as_many_rows_as_fit_are_kept_and_one_at_least(void**) {
  assert_int_equal(rows_kept(2 * kRows - 1), kRows - 1);
  assert_int_equal(rows_kept(21), 10);
  assert_int_equal(rows_kept(1), 1);
}

void rows_are_kept_whole_and_once(void**) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) assert_true(has_whole_rows_once(seed, 20));
}

void every_row_is_kept_with_the_same_probability(void**) {
  // 0.1; the standard error of 4000 samples is 0.0047.
  for (const double number : {0.0, 9.0, 10.0, 50.0, 99.0}) assert_near(share_with(number), 0.1, 5 * 0.0047, 0);
}

void the_seed_decides(void**) {
  assert_true(same_sample(7, 7));
  assert_false(same_sample(7, 8));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(up_to_the_bound_every_row_is_kept_in_order),
    cmocka_unit_test(beyond_it_as_many_rows_as_fit_are_kept_and_one_at_least),
    cmocka_unit_test(rows_are_kept_whole_and_once),
    cmocka_unit_test(every_row_is_kept_with_the_same_probability),
    cmocka_unit_test(the_seed_decides),
};
EPSILOND_TEST_MAIN(kTests)
