#include "models/outlier/zscore_batch.h"

#include <cmath>

#include "tests/support/golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::BatchScore;
using epsilond::models::FeatureParts;
using epsilond::models::FitStatus;
using epsilond::models::Observation;
using epsilond::models::ZscoreBatch;
using epsilond::tests::Rng;

namespace {

Observation row_of(const std::vector<double>& values) {
  Observation row;
  row.values.resize(static_cast<Eigen::Index>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    row.values[static_cast<Eigen::Index>(i)] = std::isnan(values[i]) ? 0.0 : values[i];
    row.present.set(i, !std::isnan(values[i]));
  }
  return row;
}

double worst_relative_error_against_scipy(bool robust) {
  const std::vector<std::vector<double>> rows = epsilond::tests::read_golden("zscore.csv");
  const auto features = [](const std::vector<double>& row) {
    return row_of(std::vector<double>(row.begin() + 1, row.begin() + 6));
  };
  ZscoreBatch model({.feature_count = 5, .robust = robust});
  for (const std::vector<double>& row : rows)
    if (row[0] == 0.0) model.learn(features(row));
  if (model.fit() != FitStatus::kFitted) return INFINITY;
  double worst = 0.0;
  for (const std::vector<double>& row : rows) {
    const BatchScore score = model.score(features(row));
    const double expected = robust ? row[7] : row[6];
    if (!score.judged || score.strangeness != score.native) return INFINITY;
    worst = std::fmax(worst, std::fabs(score.native - expected) / expected);
  }
  return worst;
}

// Fitted to 0 .. 100 in the first feature, 3 in the second, but for one 9 among eleven rows; nothing in the third.
struct Bed {
  explicit Bed(bool robust) : model({.feature_count = 3, .robust = robust}) {
    for (int i = 0; i <= 100; ++i) model.learn(row_of({static_cast<double>(i), i % 11 == 5 ? 9.0 : 3.0, NAN}));
    status = model.fit();
  }
  ZscoreBatch model;
  FitStatus status;
};

BatchScore score_of(bool robust, const std::vector<double>& values) { return Bed(robust).model.score(row_of(values)); }

FeatureParts parts_of(bool robust, const std::vector<double>& values) {
  Bed bed(robust);
  FeatureParts parts;
  bed.model.score(row_of(values));
  bed.model.explain(row_of(values), parts);
  return parts;
}

// Sums of a hundred values differ in their rounding, by less than 100 units in the last place of 1e-16; the z-scores of
// a feature whose mean is 20 sd from 0 by 20 times that.
void plain_scores_equal_scipy_zmap(void**) { assert_near(worst_relative_error_against_scipy(false), 0.0, 1e-12, 0); }

void robust_scores_equal_scipy_to_the_last_bit(void**) {
  assert_near(worst_relative_error_against_scipy(true), 0.0, 0, 0);
}

FitStatus status_after(bool robust, int rows) {
  ZscoreBatch model({.feature_count = 2, .robust = robust});
  model.learn(row_of({NAN, NAN}));
  for (int i = 0; i < rows; ++i) model.learn(row_of({static_cast<double>(i), NAN}));
  return model.fit();
}

void two_rows_with_values_are_needed(void**) {
  for (const bool robust : {false, true}) {
    assert_true(status_after(robust, 1) == FitStatus::kTooFewRows);
    assert_true(status_after(robust, 2) == FitStatus::kFitted);
  }
}

void a_row_without_known_features_is_not_judged(void**) {
  for (const bool robust : {false, true}) {
    assert_false(score_of(robust, {NAN, NAN, NAN}).judged);
    assert_false(score_of(robust, {NAN, NAN, 5.0}).judged);
    assert_true(score_of(robust, {50.0, NAN, 5.0}).judged);
    assert_near(score_of(robust, {50.0, NAN, 1e9}).native, 0.0, 0, 0);
  }
}

void a_mad_of_zero_falls_back_on_the_mean_distance(void**) {
  const double mean_distance = 6.0 * 9.0 / 101.0;  // 5, 16, ... 93: nine rows of 9 among 101
  assert_near(parts_of(true, {50.0, 9.0, NAN}).sd[1], std::sqrt(M_PI / 2.0) * mean_distance, 0, 1e-12);
}

void one_row_in_three_of_garbage_does_not_move_the_robust_score(void**) {
  const auto score = [](bool robust) {
    ZscoreBatch model({.feature_count = 1, .robust = robust});
    for (int i = 0; i < 300; ++i) model.learn(row_of({i % 3 == 0 ? 1e6 : i * 0.01}));
    model.fit();
    return model.score(row_of({20.0})).native;
  };
  assert_true(score(true) > 5.0);
  assert_true(score(false) < 1.0);
}

void shares_begin_at_one_sd_and_add_up_to_one(void**) {
  const FeatureParts calm = parts_of(false, {60.0, NAN, NAN});
  assert_near(calm.share.sum(), 0.0, 0, 0);
  const FeatureParts odd = parts_of(true, {1000.0, 9.0, 4.0});
  assert_near(odd.share.sum(), 1.0, 0, 1e-12);
  assert_true(odd.share[0] > odd.share[1] && odd.share[1] > 0.0);
  assert_near(odd.share[2], 0.0, 0, 0);
}

void the_largest_finite_value_has_a_finite_score(void**) {
  for (const bool robust : {false, true}) {
    assert_true(std::isfinite(score_of(robust, {-1.7e308, 1.7e308, NAN}).native));
    assert_near(parts_of(robust, {-1.7e308, 3.0, NAN}).share[0], 1.0, 0, 1e-12);
  }
}

// The same table under another unit, origin and order of the features.
double worst_change_under_shift_scale_and_order(bool robust, std::uint64_t seed) {
  Rng rng(seed);
  double worst = 0.0;
  for (int round = 0; round < 20; ++round) {
    const double factor = std::exp(rng.uniform(-10.0, 10.0));
    const double shift = rng.uniform(-10.0, 10.0) * factor;
    ZscoreBatch one({.feature_count = 2, .robust = robust});
    ZscoreBatch other({.feature_count = 2, .robust = robust});
    for (int i = 0; i < 50; ++i) {
      const double a = rng.normal();
      const double b = rng.normal();
      one.learn(row_of({a, b}));
      other.learn(row_of({b, factor * a + shift}));
    }
    one.fit();
    other.fit();
    const double a = 3.0 * rng.normal();
    const double b = 3.0 * rng.normal();
    const double expected = one.score(row_of({a, b})).native;
    worst = std::fmax(worst, std::fabs(other.score(row_of({b, factor * a + shift})).native / expected - 1.0));
  }
  return worst;
}

void unit_origin_and_order_of_features_do_not_matter(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const bool robust : {false, true})
    assert_near(worst_change_under_shift_scale_and_order(robust, seed), 0.0, 1e-12, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(plain_scores_equal_scipy_zmap),
    cmocka_unit_test(robust_scores_equal_scipy_to_the_last_bit),
    cmocka_unit_test(two_rows_with_values_are_needed),
    cmocka_unit_test(a_row_without_known_features_is_not_judged),
    cmocka_unit_test(a_mad_of_zero_falls_back_on_the_mean_distance),
    cmocka_unit_test(one_row_in_three_of_garbage_does_not_move_the_robust_score),
    cmocka_unit_test(shares_begin_at_one_sd_and_add_up_to_one),
    cmocka_unit_test(the_largest_finite_value_has_a_finite_score),
    cmocka_unit_test(unit_origin_and_order_of_features_do_not_matter),
};
EPSILOND_TEST_MAIN(kTests)
