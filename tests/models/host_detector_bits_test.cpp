#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/models/detector_bed.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::models::FeatureVector;
using epsilond::models::HostDetectorSettings;
using epsilond::models::Score;
using epsilond::tests::all_present;
using epsilond::tests::Bed;
using epsilond::tests::Rng;

namespace {

// FNV-1a over the bits.
class Hash {
 public:
  void add(std::uint64_t bits) { hash_ = (hash_ ^ bits) * 0x100000001b3; }
  void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  void add(const FeatureVector& values) {
    for (Eigen::Index i = 0; i < values.size(); ++i) add(values[i]);
  }
  void add(const Score& score) {
    add(static_cast<std::uint64_t>(score.status));
    for (const double value : {score.log_density, score.surprise, score.habituation, score.routine}) add(value);
    for (const FeatureVector* values : {&score.mean, &score.sd, &score.z, &score.share}) add(*values);
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

// Noise, a value that slides, bursts, a constant with rare steps, whole numbers: by operations that are exact to the
// last bit everywhere.
double next_value(Rng& rng, std::size_t kind, double last) {
  const double noise = rng.uniform() + rng.uniform() + rng.uniform() + rng.uniform() - 2.0;
  switch (kind) {
    case 0:
      return 50.0 + 5.0 * noise;
    case 1:
      return 0.98 * last + 0.2 * noise;
    case 2:
      return 1.0 / (0.001 + rng.uniform());
    case 3:
      return rng.below(200) == 0 ? 4096.0 * static_cast<double>(rng.below(16)) : last;
    default:
      return std::floor(100.0 + 3.0 * noise);
  }
}

// Values that are absent, no number or beyond reason, a gap, a level that is accepted, a feature that is forgotten.
std::uint64_t hash_of_a_stream(std::size_t feature_count, double interval_s) {
  HostDetectorSettings settings;
  settings.feature_count = feature_count;
  settings.interval_s = interval_s;
  settings.warm_up_s = 300.0 * interval_s;
  for (std::size_t i = 0; i < feature_count; ++i) settings.resolution[i] = 0.01;
  Bed bed(settings, 200.0 * interval_s);
  std::vector<double> last(feature_count, 0.0);
  Rng rng(11);
  Hash hash;
  for (std::size_t row = 0; row < 4000; ++row) {
    for (std::size_t i = 0; i < feature_count; ++i) bed.value(i) = last[i] = next_value(rng, i % 5, last[i]);
    bed.observation.present = all_present(feature_count);
    bed.observation.elapsed_s = row == 2700 ? 100.0 * interval_s : interval_s;
    if (row % 97 == 5) bed.observation.present.reset(row % feature_count);
    if (row % 501 == 17) bed.value(row % feature_count) = std::numeric_limits<double>::quiet_NaN();
    if (row == 1500) bed.value(1) = 1e29;
    if (row == 1600) bed.value(1) = 1e200;
    if (row >= 1800 && row < 2300) bed.value(0) += 500.0;
    if (row == 3200) bed.model.forget_feature(2);
    hash.add(bed.step().score);
  }
  std::vector<std::byte> state(bed.model.state_bytes());
  bed.model.save(state);
  for (const std::byte byte : state) hash.add(static_cast<std::uint64_t>(byte));
  return hash.value() ^ static_cast<std::uint64_t>(bed.accepted);
}

// The numbers are no golden values of theirs: they are what every processor and every compiler comes to, as single
// operations, in registers of any width, or in software. A change of the arithmetic changes them; one that only makes
// it faster does not.
void every_processor_says_the_same_bits_of_a_row_a_second(void**) {
  assert_int_equal(hash_of_a_stream(7, 1.0), 0x1e9b06a2749b0182);
}

void every_processor_says_the_same_bits_of_a_row_a_minute(void**) {
  assert_int_equal(hash_of_a_stream(20, 60.0), 0x03cdb75ad9010b76);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(every_processor_says_the_same_bits_of_a_row_a_second),
    cmocka_unit_test(every_processor_says_the_same_bits_of_a_row_a_minute),
};
EPSILOND_TEST_MAIN(kTests)
