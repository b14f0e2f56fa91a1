// The live outlier detectors never allocate once they are built, however often they are fitted anew.

#include "models/outlier/isolation_forest_detector.h"
#include "models/outlier/kmeans_detector.h"
#include "tests/models/outlier/outlier_bed.h"
#include "tests/support/alloc_guard.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::tests;

namespace {

struct Count {
  std::size_t building;
  std::size_t running;
};

template <typename Detector, typename Settings>
Count allocations(const Settings& settings) {
  const std::size_t before = allocation_count();
  LiveBed<Detector> bed(10, settings);
  const std::size_t built = allocation_count();
  Rng rng(9);
  epsilond::models::Observation row = bed.row();
  for (int i = 0; i < 10000; ++i) {
    for (Eigen::Index at = 0; at < row.values.size(); ++at) row.values[at] = rng.normal();
    if (i == 7000) bed.model.accept_level();
    static_cast<void>(bed.model.score(row));
    bed.model.advance(row);
    bed.model.update(row);
  }
  return {built - before, allocation_count() - built};
}

Count kmeans() {
  epsilond::models::KMeansSettings settings;
  settings.models = 3;
  settings.retrain_every_s = 600.0;
  return allocations<epsilond::models::KMeansDetector>(settings);
}

Count forest() {
  epsilond::models::IsolationForestSettings settings;
  settings.retrain_every_s = 600.0;
  return allocations<epsilond::models::IsolationForestDetector>(settings);
}

void ten_thousand_rows_of_kmeans_allocate_nothing(void**) {
  if (!allocations_are_counted()) skip();
  const Count count = kmeans();
  assert_true(count.building >= 4);
  assert_int_equal(count.running, 0);
}

void ten_thousand_rows_of_a_forest_allocate_nothing(void**) {
  if (!allocations_are_counted()) skip();
  const Count count = forest();
  assert_true(count.building >= 4);
  assert_int_equal(count.running, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(ten_thousand_rows_of_kmeans_allocate_nothing),
    cmocka_unit_test(ten_thousand_rows_of_a_forest_allocate_nothing),
};
EPSILOND_TEST_MAIN(kTests)
