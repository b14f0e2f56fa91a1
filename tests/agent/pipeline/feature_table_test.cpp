#include "agent/pipeline/feature_table.h"

#include <chrono>
#include <cmath>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::apply_transform;
using epsilond::agent::Feature;
using epsilond::agent::FeatureKind;
using epsilond::agent::features;
using epsilond::agent::features_for;
using epsilond::agent::find_feature;
using epsilond::agent::invert_transform;
using epsilond::agent::machine_size;
using epsilond::agent::observe;
using epsilond::agent::Readings;
using epsilond::platform::HostSample;
using epsilond::platform::SampleField;

namespace {

HostSample sample_at(double seconds) {
  HostSample sample;
  sample.taken_monotonic = std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
  return sample;
}

double value_of(const Readings& readings, const char* name) { return readings.values[*find_feature(name)]; }
bool present(const Readings& readings, const char* name) { return readings.present.test(*find_feature(name)); }

void rates_use_measured_time(void**) {
  HostSample a = sample_at(10.0);
  HostSample b = sample_at(12.5);
  a.set(SampleField::kForks, 100);
  b.set(SampleField::kForks, 150);
  const Readings readings = observe(a, b, false);
  assert_near(readings.elapsed_s, 2.5, 1e-12, 0);
  assert_near(value_of(readings, "forks_per_s"), 20.0, 1e-12, 0);
}

void a_counter_that_goes_backwards_is_absent(void**) {
  HostSample a = sample_at(1);
  HostSample b = sample_at(2);
  a.set(SampleField::kNetRxBytes, 4294967290.0);
  b.set(SampleField::kNetRxBytes, 12.0);
  assert_false(present(observe(a, b, false), "net_rx_bytes_per_s"));
}

void a_counter_missing_on_either_side_is_absent(void**) {
  HostSample a = sample_at(1);
  HostSample b = sample_at(2);
  b.set(SampleField::kForks, 5);
  assert_false(present(observe(a, b, false), "forks_per_s"));
  a.set(SampleField::kForks, 5);
  b.clear();
  b.taken_monotonic = std::chrono::seconds(2);
  assert_false(present(observe(a, b, false), "forks_per_s"));
}

void the_first_sample_has_gauges_only(void**) {
  HostSample a = sample_at(1);
  a.set(SampleField::kForks, 5);
  a.set(SampleField::kZombies, 0);
  const Readings readings = observe(a, a, true);
  assert_false(present(readings, "forks_per_s"));
  assert_true(present(readings, "zombies"));
  assert_int_equal(readings.present.count(), 1);
}

void no_time_passed_means_no_rate(void**) {
  HostSample a = sample_at(1);
  a.set(SampleField::kForks, 5);
  assert_false(present(observe(a, a, false), "forks_per_s"));
}

void cpu_shares_are_of_all_ticks(void**) {
  HostSample a = sample_at(1);
  HostSample b = sample_at(2);
  a.set(SampleField::kCpuUserTicks, 1000);
  a.set(SampleField::kCpuTotalTicks, 5000);
  b.set(SampleField::kCpuUserTicks, 1050);
  b.set(SampleField::kCpuTotalTicks, 5200);
  assert_near(value_of(observe(a, b, false), "cpu_user_ratio"), 0.25, 1e-12, 0);
}

void pressure_is_a_share_of_time(void**) {
  HostSample a = sample_at(1);
  HostSample b = sample_at(3);
  a.set(SampleField::kPressureIoSomeUs, 1e6);
  b.set(SampleField::kPressureIoSomeUs, 1.5e6);
  assert_near(value_of(observe(a, b, false), "pressure_io_some_ratio"), 0.25, 1e-12, 0);
}

void transforms_invert(void**) {
  for (const Feature& feature : features())
    for (const double value : {0.0, 0.3, 17.0, 1e9})
      assert_near(invert_transform(feature, apply_transform(feature, value)), value, 1e-9, 1e-9);
}

void every_row_is_sane_and_unique(void**) {
  for (std::size_t i = 0; i < features().size(); ++i) {
    const Feature& feature = features()[i];
    assert_true(feature.resolution > 0 && feature.scale > 0 && feature.factor > 0);
    assert_true(feature.blame > 0 && feature.blame <= 1);
    assert_int_equal(*find_feature(feature.name), i);
    const bool named_rate = feature.name.ends_with("_per_s");
    assert_int_equal(named_rate, feature.kind == FeatureKind::kRate);
    if (feature.name.find("_bytes") != std::string_view::npos) assert_true(feature.unit.starts_with("bytes"));
  }
}

void loads_are_relative_to_the_processors(void**) {
  const double scale = features()[*find_feature("load_1min")].scale;
  const double on_four = features_for({0.0, 4.0})[*find_feature("load_1min")].scale;
  assert_near(on_four, 4.0 * scale, 0, 0);
}

void the_resolution_of_memory_is_relative_to_its_size(void**) {
  const double small = features_for({1e9, 1.0})[*find_feature("mem_used_bytes")].resolution;
  const double large = features_for({64e9, 1.0})[*find_feature("mem_used_bytes")].resolution;
  assert_near(small, 16.0 * 1024 * 1024, 0, 0);
  assert_near(large, 0.32e9, 0, 1e-12);
}

void the_size_of_a_machine_is_read_from_a_sample(void**) {
  HostSample sample;
  assert_near(machine_size(sample).processors, 1.0, 0, 0);
  sample.set(SampleField::kCpuCount, 8);
  sample.set(SampleField::kMemTotalBytes, 4e9);
  assert_near(machine_size(sample).processors, 8.0, 0, 0);
  assert_near(machine_size(sample).memory_bytes, 4e9, 0, 0);
}

void an_unknown_name_has_no_row(void**) { assert_false(find_feature("load_2min").has_value()); }

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(rates_use_measured_time),
    cmocka_unit_test(a_counter_that_goes_backwards_is_absent),
    cmocka_unit_test(a_counter_missing_on_either_side_is_absent),
    cmocka_unit_test(the_first_sample_has_gauges_only),
    cmocka_unit_test(no_time_passed_means_no_rate),
    cmocka_unit_test(cpu_shares_are_of_all_ticks),
    cmocka_unit_test(pressure_is_a_share_of_time),
    cmocka_unit_test(transforms_invert),
    cmocka_unit_test(every_row_is_sane_and_unique),
    cmocka_unit_test(loads_are_relative_to_the_processors),
    cmocka_unit_test(the_resolution_of_memory_is_relative_to_its_size),
    cmocka_unit_test(the_size_of_a_machine_is_read_from_a_sample),
    cmocka_unit_test(an_unknown_name_has_no_row),
};
EPSILOND_TEST_MAIN(kTests)
