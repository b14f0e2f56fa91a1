// KMeansBatch against scikit-learn's inertia and against the scores of the notebook, computed in NumPy.

#include "models/outlier/kmeans_batch.h"

#include <algorithm>

#include "tests/models/outlier/outlier_bed.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::tests;
using epsilond::models::FeatureParts;
using epsilond::models::FitStatus;
using epsilond::models::KMeansBatch;
using epsilond::models::KMeansBatchSettings;

namespace {

KMeansBatchSettings plain(std::size_t features, std::size_t clusters) {
  KMeansBatchSettings settings;
  settings.window = {.feature_count = features, .smooth = 1, .difference = 0, .lag = 0};
  settings.clusters = clusters;
  return settings;
}

double inertia(const Table& table, std::size_t clusters, bool standardise = false) {
  KMeansBatchSettings settings = plain(table.front().size(), clusters);
  settings.standardise = standardise;
  KMeansBatch model(settings);
  return train(model, table) == FitStatus::kFitted ? model.inertia() : kAbsent;
}

// How much larger than scikit-learn's, as a share of it; the largest of the lines of the golden file.
double worst_inertia(bool standardised) {
  const Table table = read_golden("outlier_clusters.csv");
  double worst = -1.0;
  for (const std::vector<double>& line : read_golden("outlier_clusters_inertia.csv")) {
    const double ours = inertia(table, static_cast<std::size_t>(line[0]), standardised);
    worst = std::fmax(worst, ours / line[standardised ? 2 : 1] - 1.0);
    if (std::isnan(ours)) return kAbsent;
  }
  return worst;
}

void inertia_is_no_worse_than_that_of_scikit_learn(void**) {
  assert_true(worst_inertia(false) < 1e-3);
  assert_true(worst_inertia(true) < 1e-3);
}

double one_cluster_error() {
  const Table table = read_golden("outlier_clusters.csv");
  return inertia(table, 1) / read_golden("outlier_clusters_inertia.csv")[0][1] - 1.0;
}

// One cluster has one solution: 1800 squares, added in double precision on both sides.
void inertia_of_one_cluster_is_exact(void**) { assert_near(one_cluster_error(), 0.0, 1800 * 2.3e-16, 0); }

double worst_on_real_tables(const char* data) {
  double worst = -1.0;
  std::string name;
  LabelledTable table;
  for (const std::vector<std::string>& line : read_golden_text("outlier_inertia_sets.csv")) {
    if (line[0] != name) table = read_data(std::string(data) + "/" + line[0]);
    name = line[0];
    const double ours = inertia(table.rows, static_cast<std::size_t>(std::atoi(line[1].c_str())));
    const double excess = ours / std::strtod(line[2].c_str(), nullptr) - 1.0;
    std::printf("%s k=%s: %+.5f\n", name.c_str(), line[1].c_str(), excess);
    worst = std::isnan(excess) ? 1.0 : std::fmax(worst, excess);
  }
  return worst;
}

void inertia_on_real_tables_is_no_worse_than_that_of_scikit_learn(void**) {
  const char* data = std::getenv("EPSILOND_DATA");
  if (data == nullptr || *data == '\0') {
    print_message("skipped: EPSILOND_DATA is not set\n");
    skip();
  }
  assert_true(worst_on_real_tables(data) < 1e-3);
}

struct Notebook {
  double exact = 0.0;    // largest difference to the reference
  double rounded = 0.0;  // and to the one that rounds to 2 decimals
  int rows = 0;
  int capped = 0;
};

Notebook run_notebook() {
  const Table golden = read_golden("outlier_notebook.csv");
  KMeansBatchSettings settings;
  settings.window = {.feature_count = 1, .smooth = 3, .difference = 1, .lag = 3};
  settings.cap = 5.0;
  settings.tolerance = 0.0;
  KMeansBatch model(settings);
  epsilond::models::LaggedWindow window(settings.window);
  std::vector<double> vector(window.length());
  std::vector<double> centres;
  const Table values = columns(golden, 1, 2);
  for (std::size_t row = 0; row < 8; ++row) {
    if (window.vector_of(observation_of(values[row]), vector) == 1)
      centres.insert(centres.end(), vector.begin(), vector.end());
    window.push(observation_of(values[row]));
  }
  model.start_at(centres);
  Notebook out;
  if (train(model, Table(values.begin(), values.begin() + 25)) != FitStatus::kFitted) return out;
  const std::vector<double> scores = scores_of(model, values);
  for (std::size_t row = 0; row < golden.size(); ++row) {
    if (std::isnan(scores[row]) != (golden[row][2] == -1.0)) return {};
    if (std::isnan(scores[row])) continue;
    ++out.rows;
    out.exact = std::fmax(out.exact, std::fabs(scores[row] - golden[row][2]));
    out.rounded = std::fmax(out.rounded, std::fabs(scores[row] - golden[row][3]));
    if (scores[row] == 5.0) ++out.capped;
  }
  return out;
}

// Entries carry rounding of 40 (the metric) x 2.2e-16 x 4 additions, distances four entries and two centres of it, and
// the score divides by a range of about 1.5.
void the_scores_of_the_notebook_are_reproduced(void**) {
  const Notebook notebook = run_notebook();
  assert_int_equal(notebook.rows, 54);
  assert_near(notebook.exact, 0.0, 40 * 2.3e-16 * 4 * 8 * 2, 0);
}

// Two roundings by at most 0.005, of the mean and of the difference of two such, move an entry by at most 0.015 and a
// vector of four by 0.03; so do the centres, and the smallest distance, and the range of the training of about 1.1
// scales it.
void rounding_to_two_decimals_moves_a_score_a_little(void**) {
  const Notebook notebook = run_notebook();
  assert_true(notebook.rounded > 1e-4);
  assert_true(notebook.rounded < 0.25);
}

struct Extremes {
  double low = 1e300;
  double high = -1e300;
};

Extremes training_scores() {
  const Table table = read_golden("outlier_clusters.csv");
  KMeansBatch model(plain(3, 3));
  train(model, table);
  Extremes out;
  for (const double score : scores_of(model, table)) {
    out.low = std::fmin(out.low, score);
    out.high = std::fmax(out.high, score);
  }
  return out;
}

void training_rows_score_from_zero_to_one(void**) {
  const Extremes extremes = training_scores();
  assert_near(extremes.low, 0.0, 0, 0);
  assert_near(extremes.high, 1.0, 0, 0);
}

double order_of_features() {
  const Table table = read_golden("outlier_clusters.csv");
  Table turned = table;
  for (std::vector<double>& row : turned) std::rotate(row.begin(), row.begin() + 1, row.end());
  return inertia(turned, 5) / inertia(table, 5) - 1.0;
}

// The same rows are drawn, unless a sum of squares that rounds in another order passes a draw by.
void the_order_of_features_does_not_matter(void**) { assert_near(order_of_features(), 0.0, 1e-9, 0); }

FitStatus status_of(const Table& table, std::size_t clusters) {
  KMeansBatch model(plain(table.front().size(), clusters));
  return train(model, table);
}

void too_few_or_equal_rows_are_refused(void**) {
  assert_int_equal(status_of({{1}, {2}}, 3), FitStatus::kTooFewRows);
  assert_int_equal(status_of({{1}, {2}, {2}, {1}}, 3), FitStatus::kDegenerate);
  assert_int_equal(status_of({{1}, {2}, {2}, {3}}, 3), FitStatus::kFitted);
}

struct Odd {
  bool empty_row_judged;
  double full;
  double without_constant;
  double shifted;
};

Odd odd_rows() {
  Table table = read_golden("outlier_clusters.csv");
  for (std::vector<double>& row : table) {
    row.push_back(kAbsent);  // a column without values
    row.push_back(1e12);     // and one that never moves
  }
  KMeansBatchSettings settings = plain(5, 2);
  settings.standardise = true;
  KMeansBatch model(settings);
  train(model, table);
  const auto score = [&](const std::vector<double>& row) { return model.score(observation_of(row)); };
  return {score({kAbsent, kAbsent, kAbsent, kAbsent, kAbsent}).judged, score({1, 2, 3, kAbsent, 1e12}).native,
          score({1, 2, 3, kAbsent, kAbsent}).native, score({1, 2, 3, 77, 1e12}).native};
}

void absent_and_constant_features_contribute_nothing(void**) {
  const Odd odd = odd_rows();
  assert_false(odd.empty_row_judged);
  assert_true(std::isfinite(odd.full));
  assert_near(odd.without_constant, odd.full, 0, 0);
  assert_near(odd.shifted, odd.full, 0, 0);
}

struct Blame {
  double share[3];
  double mean[3];
  double sd[3];
};

Blame blame() {
  Rng rng(5);
  Table table;
  for (int i = 0; i < 400; ++i) table.push_back({rng.normal(), 100 + rng.normal(), (i % 2 ? 50 : 0) + rng.normal()});
  KMeansBatch model(plain(3, 2));
  train(model, table);
  const auto odd = observation_of(std::vector<double>{0.0, 140.0, 50.0});
  model.begin_pass();
  model.score(odd);
  FeatureParts parts;
  model.explain(odd, parts);
  Blame out{};
  for (int i = 0; i < 3; ++i) {
    out.share[i] = parts.share[i];
    out.mean[i] = parts.mean[i];
    out.sd[i] = parts.sd[i];
  }
  return out;
}

void the_feature_that_is_off_takes_the_blame(void**) {
  const Blame found = blame();
  assert_true(found.share[1] > 0.99);
  assert_near(found.share[0] + found.share[1] + found.share[2], 1.0, 1e-15, 0);
  assert_near(found.mean[2], 50.0, 0.4, 0);  // of the nearest centre: five standard errors of 200 values
  assert_true(found.sd[2] > 20.0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(inertia_is_no_worse_than_that_of_scikit_learn),
    cmocka_unit_test(inertia_of_one_cluster_is_exact),
    cmocka_unit_test(inertia_on_real_tables_is_no_worse_than_that_of_scikit_learn),
    cmocka_unit_test(the_scores_of_the_notebook_are_reproduced),
    cmocka_unit_test(rounding_to_two_decimals_moves_a_score_a_little),
    cmocka_unit_test(training_rows_score_from_zero_to_one),
    cmocka_unit_test(the_order_of_features_does_not_matter),
    cmocka_unit_test(too_few_or_equal_rows_are_refused),
    cmocka_unit_test(absent_and_constant_features_contribute_nothing),
    cmocka_unit_test(the_feature_that_is_off_takes_the_blame),
};
EPSILOND_TEST_MAIN(kTests)
