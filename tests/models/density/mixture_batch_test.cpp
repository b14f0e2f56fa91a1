#include "models/density/mixture_batch.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "tests/models/density/batch_rows.h"
#include "tests/models/density/mixture_golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::BatchScore;
using epsilond::models::FeatureParts;
using epsilond::models::FitStatus;
using epsilond::models::MixtureBatch;
using epsilond::models::MixtureBatchSettings;
using epsilond::tests::Rng;
using epsilond::tests::row_of;

namespace {

using Table = std::vector<std::vector<double>>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Bed {
  explicit Bed(const Table& rows, std::size_t components)
      : model({.feature_count = rows.front().size(), .fit = {.components = components}}) {
    for (const std::vector<double>& row : rows) model.learn(row_of(row));
    status = model.fit();
  }
  BatchScore score(const std::vector<double>& row) { return model.score(row_of(row)); }

  MixtureBatch model;
  FitStatus status{};
};

// Two states of a machine: idle (0, 0), and busy (10, 5) where the features move together.
Table states(std::size_t rows) {
  Rng rng(2);
  Table table;
  for (std::size_t i = 0; i < rows; ++i) {
    const double common = rng.normal();
    if (i % 3 == 0)
      table.push_back({10.0 + common, 5.0 + common + 0.1 * rng.normal()});
    else
      table.push_back({rng.normal(), 0.5 * rng.normal()});
  }
  return table;
}

struct Judged {
  FitStatus status;
  double normal;
  double between;  // of the two states
  double off;      // of the way the features move together while busy
  double share0;
  double mean0;
};

Judged judged() {
  Bed bed(states(600), 2);
  Judged out{bed.status, bed.score({9.0, 4.0}).strangeness, bed.score({5.0, 2.5}).strangeness, 0.0, 0.0, 0.0};
  const std::vector<double> off{10.5, 4.5};
  out.off = bed.score(off).strangeness;
  FeatureParts parts;
  bed.model.explain(row_of(off), parts);
  out.share0 = parts.share[0];
  out.mean0 = parts.mean[0];
  return out;
}

void a_row_is_judged_by_the_state_it_is_in(void**) {
  const Judged made = judged();
  assert_int_equal(made.status, FitStatus::kFitted);
  assert_true(made.between > made.normal + 5.0);
  assert_true(made.off > made.normal + 40.0);
  assert_true(made.share0 > 0.3 && made.share0 < 0.7);
  assert_near(made.mean0, 10.0, 0.3, 0);
}

struct Reported {
  std::size_t count;
  double weights;
  double covariance;
  double likelihood_error;
  double bic_error;
  bool converged;
};

Reported reported() {
  const Table table = states(600);
  Bed bed(table, 2);
  const auto components = bed.model.components();
  double sum = 0.0;
  for (const std::vector<double>& row : table) sum += bed.score(row).native;
  const auto busy = std::max_element(components.begin(), components.end(),
                                     [](const auto& a, const auto& b) { return a.mean[0] < b.mean[0]; });
  return {components.size(),
          components[0].weight + components[1].weight,
          busy->covariance(0, 1),
          sum / 600.0 - bed.model.mean_log_likelihood(),
          epsilond::models::bayesian_information(sum, 2, 2, 600) - bed.model.bic(),
          bed.model.converged()};
}

void components_and_likelihood_are_those_of_the_table(void**) {
  const Reported made = reported();
  assert_int_equal(made.count, 2);
  assert_near(made.weights, 1.0, 1e-12, 0);
  // A covariance of 1 from 200 rows: 5 standard errors of sqrt(2 / 200).
  assert_near(made.covariance, 1.0, 0.5, 0);
  assert_near(made.likelihood_error, 0.0, 1e-10, 0);
  assert_near(made.bic_error, 0.0, 1e-7, 0);
  assert_true(made.converged);
}

struct Incomplete {
  FitStatus status;
  std::uint64_t rows;
  BatchScore part;
  BatchScore none;
  double unseen_change;
};

Incomplete incomplete() {
  Table table = states(60);
  for (std::vector<double>& row : table) row.push_back(kNaN);
  table[7][1] = kNaN;
  Bed bed(table, 2);
  return {bed.status, bed.model.training_rows(), bed.score({10.0, kNaN, kNaN}), bed.score({kNaN, kNaN, 3.0}),
          bed.score({10.0, 5.0, 1e9}).strangeness + bed.score({10.0, 5.0, kNaN}).native};
}

void only_complete_rows_are_learned_and_any_row_is_scored(void**) {
  const Incomplete made = incomplete();
  assert_int_equal(made.status, FitStatus::kFitted);
  assert_int_equal(made.rows, 59);
  assert_true(made.part.judged && std::isfinite(made.part.strangeness));
  assert_false(made.none.judged);
  assert_near(made.unseen_change, 0.0, 1e-12, 0);
}

FitStatus status_of(const Table& table, std::size_t components) { return Bed(table, components).status; }

void too_few_rows_are_said(void**) {
  assert_int_equal(status_of({{kNaN, kNaN}}, 1), FitStatus::kTooFewRows);
  assert_int_equal(status_of({{1, 2}, {2, 3}}, 3), FitStatus::kTooFewRows);
  assert_int_equal(status_of({{1, 2}, {1, 2}, {1, 2}}, 2), FitStatus::kDegenerate);
}

// Not ours to ship; EPSILOND_DATA names the folder that holds system-load/.
Table system_load(const char* data) {
  const std::string path = std::string(data) + "/system-load/system-load.csv";
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) std::abort();
  Table table;
  char line[256];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    double t = 0.0;
    std::vector<double> row(2);
    if (std::sscanf(line, "%lf,%lf,%lf", &t, &row[0], &row[1]) == 3) table.push_back(row);
  }
  std::fclose(file);
  return table;
}

// The rows below the 5 % quantile of the log densities (by linear interpolation, as numpy).
std::vector<double> strangest(const Table& table) {
  Bed bed(table, 1);
  std::vector<double> scores;
  for (const std::vector<double>& row : table) scores.push_back(bed.score(row).native);
  std::vector<double> sorted = scores;
  std::sort(sorted.begin(), sorted.end());
  const double place = 0.05 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double cut = sorted[below] + (place - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
  std::vector<double> out;
  for (std::size_t row = 0; row < scores.size(); ++row)
    if (scores[row] < cut) out.push_back(static_cast<double>(row));
  return out;
}

bool the_same_rows_of_system_load(const char* data) {
  std::vector<double> wanted;
  for (const std::vector<double>& row : epsilond::tests::read_golden("density_system_load.csv"))
    wanted.push_back(row[0]);
  return wanted.size() == 47 && strangest(system_load(data)) == wanted;
}

void one_component_flags_the_rows_of_scikit_learn(void**) {
  const char* data = std::getenv("EPSILOND_DATA");
  if (data == nullptr || *data == '\0') {
    print_message("skipped: EPSILOND_DATA is not set\n");
    skip();
  }
  assert_true(the_same_rows_of_system_load(data));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_row_is_judged_by_the_state_it_is_in),
    cmocka_unit_test(components_and_likelihood_are_those_of_the_table),
    cmocka_unit_test(only_complete_rows_are_learned_and_any_row_is_scored),
    cmocka_unit_test(too_few_rows_are_said),
    cmocka_unit_test(one_component_flags_the_rows_of_scikit_learn),
};
EPSILOND_TEST_MAIN(kTests)
