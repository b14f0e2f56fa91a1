#include "models/host/given_others.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/golden.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::GivenOthers;
using epsilond::models::PerFeature;

namespace {

constexpr std::size_t kFeatures = 5;

PerFeature row_of(const std::vector<double>& golden) {
  PerFeature z{};
  for (std::size_t i = 0; i < kFeatures; ++i) z[i] = golden[2 + i];
  return z;
}

GivenOthers learned() {
  GivenOthers model(kFeatures);
  for (const std::vector<double>& row : epsilond::tests::read_golden("host_given_others.csv")) {
    model.learn(row_of(row), row[0]);
    model.refresh(row[1]);
  }
  return model;
}

double worst_golden_error() {
  GivenOthers model(kFeatures);
  double worst = 0.0;
  for (const std::vector<double>& row : epsilond::tests::read_golden("host_given_others.csv")) {
    const PerFeature z = row_of(row);
    model.learn(z, row[0]);
    model.refresh(row[1]);
    worst = std::fmax(worst, std::fabs(model.strangeness(z) - row.back()) / (1.0 + row.back()));
  }
  return worst;
}

void the_strangeness_given_the_others_agrees_with_numpy(void**) {
  // A condition of at most 6, 120 rows of rounding, 15 digits in the file.
  assert_near(worst_golden_error(), 0.0, 1e-12, 0);
}

double strangeness(const GivenOthers& model, double first, double second) {
  PerFeature z{};
  z[0] = first;
  z[1] = second;
  return model.strangeness(z);
}

// Of two features that have always been the same.
double strangeness_of_companions(double first, double second, bool refreshed = true) {
  GivenOthers model(2);
  for (int row = 0; row < 400; ++row) {
    PerFeature z{};
    z[0] = z[1] = row % 2 == 0 ? 1.0 : -1.0;
    model.learn(z, 0.05);
  }
  if (refreshed) model.refresh(400.0);
  return strangeness(model, first, second);
}

double strangeness_after_reset(double first, double second) {
  GivenOthers model = learned();
  model.reset();
  return strangeness(model, first, second);
}

void features_that_part_are_stranger_than_features_that_go_together(void**) {
  // R = (1, 1/2; 1/2, 1) after shrinkage, P = 4/3 (1, -1/2; -1/2, 1): w = z sqrt(4/3) (1 -+ 1/2).
  const auto both = [](double w) { return 2.0 * 10.5 * std::log1p(w * w / 20.0); };
  // The identity it began with has faded to 0.95^400 = 1.2e-9.
  assert_near(strangeness_of_companions(2.0, 2.0), both(2.0 * std::sqrt(4.0 / 3.0) * 0.5), 0, 1e-6);
  assert_near(strangeness_of_companions(2.0, -2.0), both(2.0 * std::sqrt(4.0 / 3.0) * 1.5), 0, 1e-6);
}

void until_it_is_refreshed_features_count_as_unrelated(void**) {
  assert_near(strangeness_of_companions(3.0, 3.0, false), 2.0 * 10.5 * std::log1p(9.0 / 20.0), 0, 1e-14);
}

void reset_forgets(void**) {
  assert_near(strangeness_after_reset(2.0, -2.0), 2.0 * 10.5 * std::log1p(4.0 / 20.0), 0, 1e-14);
}

// Saves between two refreshes, loads, and goes on with both.
bool round_trip_is_identical() {
  GivenOthers original = learned();
  PerFeature z{};
  z[2] = -3.0;
  original.learn(z, 0.3);
  std::vector<double> state(original.state_doubles());
  original.save(state.data());
  GivenOthers copy(kFeatures);
  if (!copy.load(state.data())) return false;
  z[1] = 1.5;
  if (copy.strangeness(z) != original.strangeness(z)) return false;
  for (GivenOthers* model : {&original, &copy}) {
    model->learn(z, 0.1);
    model->refresh(500.0);
  }
  return copy.strangeness(z) == original.strangeness(z);
}

void a_round_trip_gives_identical_strangeness_from_then_on(void**) { assert_true(round_trip_is_identical()); }

bool refused(std::size_t at, double value) {
  GivenOthers model = learned();
  std::vector<double> state(model.state_doubles());
  model.save(state.data());
  std::vector<double> before = state;
  state[at] = value;
  if (model.load(state.data())) return false;
  model.save(state.data());
  return state == before;
}

void a_damaged_state_is_refused(void**) {
  for (std::size_t at = 0; at < 2 * kFeatures * kFeatures; ++at) {
    assert_true(refused(at, std::numeric_limits<double>::quiet_NaN()));
    assert_true(refused(at, 17.0));
  }
  assert_true(refused(kFeatures + 1, -0.1));          // a variance
  assert_true(refused(kFeatures * kFeatures, -1.6));  // a weight
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_strangeness_given_the_others_agrees_with_numpy),
    cmocka_unit_test(features_that_part_are_stranger_than_features_that_go_together),
    cmocka_unit_test(until_it_is_refreshed_features_count_as_unrelated),
    cmocka_unit_test(reset_forgets),
    cmocka_unit_test(a_round_trip_gives_identical_strangeness_from_then_on),
    cmocka_unit_test(a_damaged_state_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
