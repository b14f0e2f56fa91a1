#include "models/density/mahalanobis_batch.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/models/density/batch_rows.h"
#include "tests/support/golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::BatchScore;
using epsilond::models::FeatureParts;
using epsilond::models::FitStatus;
using epsilond::models::MahalanobisBatch;
using epsilond::models::MahalanobisBatchSettings;
using epsilond::tests::Rng;
using epsilond::tests::row_of;

namespace {

using Table = std::vector<std::vector<double>>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Bed {
  explicit Bed(const Table& rows, MahalanobisBatchSettings settings = {}) : model(with_width(settings, rows)) {
    for (const std::vector<double>& row : rows) model.learn(row_of(row));
    status = model.fit();
  }
  static MahalanobisBatchSettings with_width(MahalanobisBatchSettings settings, const Table& rows) {
    settings.feature_count = rows.front().size();
    return settings;
  }
  BatchScore score(const std::vector<double>& row) { return model.score(row_of(row)); }
  FeatureParts explain(const std::vector<double>& row) {
    FeatureParts parts;
    model.score(row_of(row));
    model.explain(row_of(row), parts);
    return parts;
  }

  MahalanobisBatch model;
  FitStatus status{};
};

constexpr std::size_t kGoldenWidth = 5;
enum Column : std::size_t { kMaximumLikelihood = 6, kShrunk = 7, kLedoitWolf = 8, kDistance = 9 };

double worst_relative_error(const MahalanobisBatchSettings& settings, Column column) {
  const Table golden = epsilond::tests::read_golden("density_mahalanobis.csv");
  Table train;
  for (const std::vector<double>& row : golden)
    if (row[0] == 0.0) train.emplace_back(row.begin() + 1, row.begin() + 1 + kGoldenWidth);
  Bed bed(train, settings);
  double worst = 0.0;
  for (const std::vector<double>& row : golden) {
    if (std::isnan(row[column])) continue;
    const std::vector<double> x(row.begin() + 1, row.begin() + 1 + kGoldenWidth);
    const double got = column == kDistance ? bed.model.gaussian().squared_distance(x) : bed.score(x).native;
    worst = std::fmax(worst, std::fabs(got / row[column] - 1.0));
  }
  return worst;
}

void log_densities_equal_maximum_likelihood_with_and_without_absent_values(void**) {
  assert_near(worst_relative_error({}, kMaximumLikelihood), 0.0, 1e-9, 0);
}

void squared_distances_equal_scikit_learn(void**) { assert_near(worst_relative_error({}, kDistance), 0.0, 1e-9, 0); }

void shrunk_log_densities_equal_scikit_learn(void**) {
  assert_near(worst_relative_error({.shrinkage = 0.25}, kShrunk), 0.0, 1e-9, 0);
}

void automatic_shrinkage_equals_ledoit_and_wolf(void**) {
  assert_near(worst_relative_error({.automatic_shrinkage = true}, kLedoitWolf), 0.0, 1e-9, 0);
}

double automatic_shrinkage_error() {
  Table train;
  for (const std::vector<double>& row : epsilond::tests::read_golden("density_mahalanobis.csv"))
    if (row[0] == 0.0) train.emplace_back(row.begin() + 1, row.begin() + 1 + kGoldenWidth);
  const Bed bed(train, {.automatic_shrinkage = true});
  return std::fabs(bed.model.shrinkage() / epsilond::tests::read_golden("density_ledoit_wolf.csv")[0][0] - 1.0);
}

void the_automatic_shrinkage_is_said(void**) { assert_near(automatic_shrinkage_error(), 0.0, 1e-9, 0); }

Table correlated(std::size_t rows, std::uint64_t seed) {
  Rng rng(seed);
  Table table;
  for (std::size_t i = 0; i < rows; ++i) {
    const double common = rng.normal();
    table.push_back({10.0 + common + 0.1 * rng.normal(), 5.0 - common + 0.1 * rng.normal(), rng.normal()});
  }
  return table;
}

struct Collinear {
  FitStatus status;
  double shrinkage;
  double on_the_line;
  double off_the_line;
};

Collinear collinear() {
  Table table = correlated(200, 1);
  for (std::vector<double>& row : table) row[1] = 1e9 - 3e8 * row[0];
  Bed bed(table);
  return {bed.status, bed.model.shrinkage(), bed.score({10.5, 1e9 - 3e8 * 10.5, 0.0}).strangeness,
          bed.score({10.5, 1e9 - 3e8 * 9.5, 0.0}).strangeness};
}

void collinear_columns_take_the_smallest_shrinkage_that_works_and_say_so(void**) {
  const Collinear made = collinear();
  assert_int_equal(made.status, FitStatus::kFitted);
  assert_near(made.shrinkage, 1e-10, 0, 1e-9);
  assert_true(std::isfinite(made.on_the_line) && std::isfinite(made.off_the_line));
  assert_true(made.off_the_line > made.on_the_line + 1e6);
}

double constant_column_density() {
  Bed bed({{1.0, 7.0}, {3.0, 7.0}});
  return bed.score({2.0, 7.0}).native;
}

void a_feature_that_never_moved_has_a_thousandth_of_its_unit(void**) {
  assert_near(constant_column_density(), -std::log(2.0 * std::acos(-1.0)) - std::log(0.001), 1e-12, 0);
}

struct Counted {
  FitStatus status;
  std::uint64_t rows;
};

Counted counted(const Table& table) {
  const Bed bed(table);
  return {bed.status, bed.model.training_rows()};
}

void only_complete_rows_are_learned(void**) {
  // Feature 1 comes late: what was complete until then is not.
  const Counted late = counted({{1, kNaN}, {2, kNaN}, {3, 5}, {kNaN, 6}, {5, 7}, {6, 9}, {kNaN, kNaN}});
  assert_int_equal(late.status, FitStatus::kFitted);
  assert_int_equal(late.rows, 3);
  // A row with a new feature only.
  const Counted alone = counted({{1, kNaN}, {2, kNaN}, {kNaN, 5}, {3, 4}});
  assert_int_equal(alone.status, FitStatus::kTooFewRows);
  assert_int_equal(alone.rows, 1);
  assert_int_equal(counted({{kNaN, kNaN}}).status, FitStatus::kTooFewRows);
}

struct Unseen {
  FitStatus status;
  BatchScore with;
  BatchScore without;
  bool judged_alone;
};

Unseen unseen() {
  Bed bed({{1, kNaN}, {2, kNaN}, {4, kNaN}});
  return {bed.status, bed.score({3, 1e9}), bed.score({3, kNaN}), bed.score({kNaN, 1.0}).judged};
}

void a_feature_never_seen_does_not_count(void**) {
  const Unseen made = unseen();
  assert_int_equal(made.status, FitStatus::kFitted);
  assert_near(made.with.native, made.without.native, 0, 0);
  assert_near(made.with.strangeness, -made.with.native, 1e-12, 0);
  assert_false(made.judged_alone);
}

void a_covariance_that_overflows_is_degenerate(void**) {
  assert_int_equal(counted({{1e200, 1}, {-1e200, 2}, {0, 4}}).status, FitStatus::kDegenerate);
}

// Mean strangeness of the training rows, whole and with feature `i` taken away: equal, for an absent feature counts
// what it counts on average.
double change_of_the_mean_strangeness(double shrinkage, std::size_t i) {
  const Table table = correlated(500, 6);
  Bed bed(table, {.shrinkage = shrinkage});
  double change = 0.0;
  for (const std::vector<double>& row : table) {
    std::vector<double> part = row;
    part[i] = kNaN;
    change += bed.score(part).strangeness - bed.score(row).strangeness;
  }
  return change / 500.0;
}

void an_absent_feature_counts_what_it_counts_on_average(void**) {
  for (const double shrinkage : {0.0, 0.1, 1.0})
    for (std::size_t i = 0; i < 3; ++i) assert_near(change_of_the_mean_strangeness(shrinkage, i), 0.0, 1e-9, 0);
}

struct Explained {
  double z0;
  double share0;
  double share1;
  double share2;
  double sd_of_the_absent;
};

Explained explained() {
  Bed bed(correlated(500, 6));
  const FeatureParts broken = bed.explain({11.5, 6.5, 0.1});  // both within 2 sd, but on the same side
  const FeatureParts part = bed.explain({11.5, kNaN, 0.1});
  return {(11.5 - broken.mean[0]) / broken.sd[0], broken.share[0], broken.share[1], broken.share[2], part.sd[1]};
}

void a_broken_correlation_is_the_share_of_those_it_joins(void**) {
  const Explained made = explained();
  assert_true(made.z0 < 2.0);
  assert_true(made.share0 > 0.3 && made.share1 > 0.3 && made.share2 < 0.01);
  assert_near(made.share0 + made.share1 + made.share2, 1.0, 1e-12, 0);
  assert_near(made.sd_of_the_absent, 0.0, 0, 0);
}

struct Component {
  std::size_t count;
  double mean;
  double covariance;
  double transposed;
};

Component component() {
  const Bed bed({{1, 10}, {3, 40}, {5, 10}, {3, 20}});
  const auto components = bed.model.components();
  return {components.size(), components[0].mean[1], components[0].covariance(0, 0),
          components[0].covariance(0, 1) - components[0].covariance(1, 0)};
}

void the_gaussian_is_given_in_the_units_of_the_table(void**) {
  const Component made = component();
  assert_int_equal(made.count, 1);
  assert_near(made.mean, 20.0, 0, 0);
  assert_near(made.covariance, 2.0, 1e-12, 0);
  assert_near(made.transposed, 0.0, 0, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(log_densities_equal_maximum_likelihood_with_and_without_absent_values),
    cmocka_unit_test(squared_distances_equal_scikit_learn),
    cmocka_unit_test(shrunk_log_densities_equal_scikit_learn),
    cmocka_unit_test(automatic_shrinkage_equals_ledoit_and_wolf),
    cmocka_unit_test(the_automatic_shrinkage_is_said),
    cmocka_unit_test(collinear_columns_take_the_smallest_shrinkage_that_works_and_say_so),
    cmocka_unit_test(a_feature_that_never_moved_has_a_thousandth_of_its_unit),
    cmocka_unit_test(only_complete_rows_are_learned),
    cmocka_unit_test(a_feature_never_seen_does_not_count),
    cmocka_unit_test(a_covariance_that_overflows_is_degenerate),
    cmocka_unit_test(an_absent_feature_counts_what_it_counts_on_average),
    cmocka_unit_test(a_broken_correlation_is_the_share_of_those_it_joins),
    cmocka_unit_test(the_gaussian_is_given_in_the_units_of_the_table),
};
EPSILOND_TEST_MAIN(kTests)
