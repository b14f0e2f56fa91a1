// What a live model says it holds is what the heap holds for it and its own size, byte for byte; and what it says it
// computes grows with what it has to compute.

#include <cstdio>

#include "models/density/mahalanobis_detector.h"
#include "models/density/mixture_detector.h"
#include "models/host_detector.h"
#include "models/outlier/isolation_forest_detector.h"
#include "models/outlier/kmeans_detector.h"
#include "models/outlier/zscore_detector.h"
#include "models/series/series_detector.h"
#include "tests/models/density/live_bed.h"
#include "tests/models/detector_bed.h"
#include "tests/support/alloc_guard.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::models;
using epsilond::tests::allocations_are_counted;
using epsilond::tests::bank_settings;
using epsilond::tests::bed_settings;
using epsilond::tests::held_bytes;

namespace {

constexpr std::size_t kFeatures = 7;  // no multiple of anything that rows are padded to

template <typename Model, typename... Settings>
bool says_what_it_holds(const Settings&... settings) {
  const std::size_t before = held_bytes();
  const Model model(settings...);
  const std::size_t holds = sizeof(model) + held_bytes() - before;
  if (model.memory_bytes() != holds) std::printf("says %zu bytes and holds %zu\n", model.memory_bytes(), holds);
  return model.memory_bytes() == holds;
}

template <typename Settings>
Settings settings_for(std::size_t features) {
  Settings settings;
  settings.bank = bank_settings(features);
  return settings;
}

bool zscore_says_what_it_holds(bool robust) {
  auto settings = settings_for<ZscoreDetectorSettings>(kFeatures);
  settings.robust = robust;
  return says_what_it_holds<ZscoreDetector>(settings);
}

void the_host_model_says_what_it_holds(void**) {
  if (!allocations_are_counted()) skip();
  assert_true(says_what_it_holds<HostDetector>(bed_settings(kFeatures)));
}

void kmeans_says_what_it_holds(void**) {
  if (!allocations_are_counted()) skip();
  assert_true(says_what_it_holds<KMeansDetector>(bank_settings(kFeatures), KMeansSettings{.clusters = 3, .models = 4}));
}

void an_isolation_forest_says_what_it_holds(void**) {
  if (!allocations_are_counted()) skip();
  assert_true(says_what_it_holds<IsolationForestDetector>(bank_settings(kFeatures), IsolationForestSettings{}));
}

void a_zscore_says_what_it_holds(void**) {
  if (!allocations_are_counted()) skip();
  for (const bool robust : {false, true}) assert_true(zscore_says_what_it_holds(robust));
}

void a_distance_says_what_it_holds(void**) {
  if (!allocations_are_counted()) skip();
  assert_true(says_what_it_holds<MahalanobisDetector>(settings_for<MahalanobisDetectorSettings>(kFeatures)));
}

void a_mixture_says_what_it_holds(void**) {
  if (!allocations_are_counted()) skip();
  assert_true(says_what_it_holds<MixtureDetector>(settings_for<MixtureDetectorSettings>(kFeatures)));
}

void a_series_says_what_it_holds(void**) {
  if (!allocations_are_counted()) skip();
  assert_true(says_what_it_holds<SeriesDetector>(settings_for<SeriesDetectorSettings>(1)));
}

double operations_of_kmeans(std::size_t models, std::size_t lag) {
  KMeansSettings settings;
  settings.models = models;
  settings.lag = lag;
  return KMeansDetector(bank_settings(kFeatures), settings).operations_per_sample();
}

// What is left without any model makes the vector of the row.
void each_model_of_kmeans_costs_the_same_and_longer_vectors_more_even_without(void**) {
  double shorter = 0.0;
  for (const std::size_t lag : {std::size_t{0}, std::size_t{5}, std::size_t{10}}) {
    const double one = operations_of_kmeans(1, lag);
    const double each = operations_of_kmeans(2, lag) - one;
    assert_true(each > 0.0);
    assert_near(operations_of_kmeans(18, lag), one + 17.0 * each, 0, 1e-12);
    assert_true(one - each > shorter);
    shorter = one - each;
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_host_model_says_what_it_holds),
    cmocka_unit_test(kmeans_says_what_it_holds),
    cmocka_unit_test(an_isolation_forest_says_what_it_holds),
    cmocka_unit_test(a_zscore_says_what_it_holds),
    cmocka_unit_test(a_distance_says_what_it_holds),
    cmocka_unit_test(a_mixture_says_what_it_holds),
    cmocka_unit_test(a_series_says_what_it_holds),
    cmocka_unit_test(each_model_of_kmeans_costs_the_same_and_longer_vectors_more_even_without),
};
EPSILOND_TEST_MAIN(kTests)
