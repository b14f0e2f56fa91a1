#include "models/density/product_batch.h"

#include <cmath>

#include "tests/support/golden.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::BatchScore;
using epsilond::models::FeatureParts;
using epsilond::models::FitStatus;
using epsilond::models::GaussianComponent;
using epsilond::models::Observation;
using epsilond::models::ProductBatch;

namespace {

Observation row_of(double a, double b) {
  Observation row;
  row.values.resize(2);
  row.values << a, b;
  row.present.set(0, !std::isnan(a));
  row.present.set(1, !std::isnan(b));
  return row;
}

constexpr double kVariance = (101.0 * 101.0 - 1.0) / 12.0;  // of 0 .. 100, divisor n

double log_peak(double variance) { return -0.5 * std::log(2.0 * M_PI * variance); }

// Fitted to 0 .. 100 in the first feature and 7 always in the second.
struct Bed {
  Bed() : model(2) {
    for (int i = 0; i <= 100; ++i) model.learn(row_of(i, 7.0));
    status = model.fit();
  }
  ProductBatch model;
  FitStatus status;
};

BatchScore score_of(const Observation& row) { return Bed().model.score(row); }

FeatureParts parts_of(const Observation& row) {
  Bed bed;
  FeatureParts parts;
  bed.model.score(row);
  bed.model.explain(row, parts);
  return parts;
}

double worst_relative_error_against_scipy() {
  const std::vector<std::vector<double>> rows = epsilond::tests::read_golden("product_density.csv");
  ProductBatch model(6);
  const auto observation_of = [](const std::vector<double>& row) {
    Observation observation;
    observation.values.resize(6);
    for (std::size_t i = 0; i < 6; ++i) {
      observation.values[static_cast<Eigen::Index>(i)] = row[i + 1];
      observation.present.set(i);
    }
    return observation;
  };
  for (const std::vector<double>& row : rows)
    if (row[0] == 0.0) model.learn(observation_of(row));
  if (model.fit() != FitStatus::kFitted) return INFINITY;
  double worst = 0.0;
  for (const std::vector<double>& row : rows) {
    const BatchScore score = model.score(observation_of(row));
    if (!score.judged || score.strangeness != -score.native) return INFINITY;
    worst = std::fmax(worst, std::fabs(score.native - row[7]) / std::fabs(row[7]));
  }
  return worst;
}

void complete_rows_score_as_scipy_says(void**) { assert_near(worst_relative_error_against_scipy(), 0.0, 1e-9, 0); }

FitStatus status_after(int rows) {
  ProductBatch model(2);
  model.learn(row_of(NAN, NAN));
  for (int i = 0; i < rows; ++i) model.learn(row_of(i, NAN));
  return model.fit();
}

void two_rows_with_values_are_needed(void**) {
  assert_true(status_after(1) == FitStatus::kTooFewRows);
  assert_true(status_after(2) == FitStatus::kFitted);
  const std::uint64_t rows = Bed().model.training_rows();
  assert_int_equal(rows, 101);
}

void a_row_without_values_is_not_judged(void**) { assert_false(score_of(row_of(NAN, NAN)).judged); }

void a_feature_never_seen_in_training_does_not_count(void**) {
  const auto score = [](double b) {
    ProductBatch model(2);
    for (int i = 0; i <= 100; ++i) model.learn(row_of(i, NAN));
    model.fit();
    return model.score(row_of(50.0, b));
  };
  assert_near(score(1e9).native, score(NAN).native, 0, 0);
  assert_near(score(NAN).strangeness, -log_peak(kVariance), 0, 1e-12);
}

void a_variance_of_zero_gets_the_floor_and_no_other_does(void**) {
  assert_near(score_of(row_of(50, 7)).native, log_peak(kVariance) + log_peak(1e-6), 0, 1e-12);
  assert_near(parts_of(row_of(50, 7)).sd[1], 1e-3, 0, 1e-15);
}

void an_absent_feature_counts_as_one_sd_from_its_mean_in_the_strangeness_alone(void**) {
  const BatchScore score = score_of(row_of(50, NAN));
  assert_near(score.native, log_peak(kVariance), 0, 1e-12);
  assert_near(score.strangeness, -(log_peak(kVariance) + log_peak(1e-6) - 0.5), 0, 1e-12);
}

void shares_are_squared_distances_and_add_up_to_one(void**) {
  const FeatureParts parts = parts_of(row_of(50.0 + 2.0 * std::sqrt(kVariance), 7.001));
  assert_near(parts.share[0], 0.8, 0, 1e-9);
  assert_near(parts.share[1], 0.2, 0, 1e-9);
  assert_near(parts.mean[0], 50, 0, 1e-15);
}

void an_absent_feature_has_no_share(void**) {
  const FeatureParts parts = parts_of(row_of(80.0, NAN));
  assert_near(parts.share[0], 1.0, 0, 0);
  assert_near(parts.share[1], 0.0, 0, 0);
  assert_near(parts_of(row_of(50.0, 7.0)).share.sum(), 0.0, 0, 0);
}

void the_component_is_the_diagonal_gaussian(void**) {
  const auto covariance = [](Eigen::Index i, Eigen::Index j) {
    Bed bed;
    return bed.model.components().size() == 1 ? bed.model.components()[0].covariance(i, j) : NAN;
  };
  assert_near(covariance(0, 0), kVariance, 0, 1e-12);
  assert_near(covariance(1, 1), 1e-6, 0, 1e-12);
  assert_near(covariance(0, 1), 0.0, 0, 0);
  assert_near(Bed().model.components()[0].weight, 1.0, 0, 0);
  assert_near(Bed().model.components()[0].mean[1], 7.0, 0, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(complete_rows_score_as_scipy_says),
    cmocka_unit_test(two_rows_with_values_are_needed),
    cmocka_unit_test(a_row_without_values_is_not_judged),
    cmocka_unit_test(a_feature_never_seen_in_training_does_not_count),
    cmocka_unit_test(a_variance_of_zero_gets_the_floor_and_no_other_does),
    cmocka_unit_test(an_absent_feature_counts_as_one_sd_from_its_mean_in_the_strangeness_alone),
    cmocka_unit_test(shares_are_squared_distances_and_add_up_to_one),
    cmocka_unit_test(an_absent_feature_has_no_share),
    cmocka_unit_test(the_component_is_the_diagonal_gaussian),
};
EPSILOND_TEST_MAIN(kTests)
