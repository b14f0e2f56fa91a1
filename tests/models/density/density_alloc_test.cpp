// The detectors of this wing never allocate once they are built, fits included.

#include "models/density/mahalanobis_detector.h"
#include "models/density/mixture_detector.h"
#include "tests/models/density/live_bed.h"
#include "tests/support/alloc_guard.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::models::MahalanobisDetector;
using epsilond::models::MahalanobisDetectorSettings;
using epsilond::models::MixtureDetector;
using epsilond::models::MixtureDetectorSettings;
using epsilond::tests::allocation_count;
using epsilond::tests::allocations_are_counted;
using epsilond::tests::bank_settings;
using epsilond::tests::LiveBed;

namespace {

template <typename Detector, typename Settings>
std::size_t allocations_of_ten_thousand_steps() {
  Settings settings;
  settings.bank = bank_settings(20);
  LiveBed<Detector, Settings> bed(settings);
  const std::size_t before = allocation_count();
  double sum = 0.0;
  for (int row = 0; row < 10000; ++row) {
    bed.normal_row();
    bed.observation.present.set(7, row % 50 != 0);
    sum += bed.score().surprise;
    bed.model.advance(bed.observation);
    if (row % 1000 > 900) {
      bed.model.observe_unlearned(bed.observation);
    } else {
      bed.model.update(bed.observation);
    }
    if (row == 5950) bed.model.accept_level();
  }
  return allocation_count() - before + (sum > 0.0 ? 0 : 1);
}

void ten_thousand_steps_of_mahalanobis_allocate_nothing(void**) {
  if (!allocations_are_counted()) skip();
  assert_int_equal((allocations_of_ten_thousand_steps<MahalanobisDetector, MahalanobisDetectorSettings>()), 0);
}

void ten_thousand_steps_of_the_mixture_allocate_nothing(void**) {
  if (!allocations_are_counted()) skip();
  assert_int_equal((allocations_of_ten_thousand_steps<MixtureDetector, MixtureDetectorSettings>()), 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(ten_thousand_steps_of_mahalanobis_allocate_nothing),
    cmocka_unit_test(ten_thousand_steps_of_the_mixture_allocate_nothing),
};
EPSILOND_TEST_MAIN(kTests)
