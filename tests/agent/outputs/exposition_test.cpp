#include "agent/outputs/exposition.h"

#include <cstdlib>
#include <string>

#include "agent/outputs/model_reading.h"
#include "tests/agent/outputs/outputs_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::FeatureDetail;
using epsilond::agent::Watcher;
using epsilond::platform::Reading;
using epsilond::tests::OutputsBench;
using epsilond::tests::setup_crowded;
using epsilond::tests::setup_one_model;
using epsilond::tests::teardown_outputs;

namespace {

constexpr std::size_t kSeriesOfAHost = 25;

OutputsBench& get(void** state) { return *static_cast<OutputsBench*>(*state); }

double value_of(const OutputsBench& bench, const char* series) {
  const std::size_t at = bench.text.find("\n" + std::string(series) + " ");
  return at == std::string::npos ? -1e99
                                 : std::strtod(bench.text.c_str() + at + std::string(series).size() + 2, nullptr);
}

void every_family_is_described_before_anything_is_known(void** state) {
  OutputsBench& bench = get(state);
  bench.expose(FeatureDetail::kTop);
  assert_int_equal(bench.count("# HELP epsilond_"), 18);
  assert_int_equal(bench.count("# TYPE epsilond_"), 18);
  assert_int_equal(bench.count("epsilond_log_super_epsilon"), 0);
  assert_int_equal(bench.count("epsilond_surprise"), 0);
  assert_near(value_of(bench, "epsilond_learning_ratio{model=\"host\"}"), 0.0, 0, 0);
  assert_near(value_of(bench, "epsilond_anomalous{model=\"host\"}"), 0.0, 0, 0);
  assert_near(value_of(bench, "epsilond_samples_total"), 0.0, 0, 0);
}

void all_is_told_of_a_model_that_has_learned(void** state) {
  OutputsBench& bench = get(state);
  bench.step(300);
  bench.expose(FeatureDetail::kTop);
  const Watcher& watcher = *bench.pipeline->watchers().front();
  // Ten digits are written.
  assert_near(value_of(bench, "epsilond_log_super_epsilon{model=\"host\"}"), watcher.latest().score.log_density, 0,
              1e-9);
  assert_near(value_of(bench, "epsilond_log_super_epsilon_expected{model=\"host\"}"), watcher.usual_score().mean(), 0,
              1e-9);
  assert_near(value_of(bench, "epsilond_log_super_epsilon_variance{model=\"host\"}"), watcher.usual_score().variance(),
              0, 1e-9);
  assert_near(value_of(bench, "epsilond_surprise{model=\"host\"}"), watcher.latest().score.surprise, 0, 1e-9);
  assert_near(value_of(bench, "epsilond_surprise_threshold{model=\"host\"}"), watcher.latest().verdict.threshold, 0,
              1e-9);
  assert_near(value_of(bench, "epsilond_learning_ratio{model=\"host\"}"), 1.0, 0, 0);
  assert_near(value_of(bench, "epsilond_samples_total"), 299.0, 0, 0);
}

void a_quiet_host_tells_of_no_feature_and_an_odd_one_of_three(void** state) {
  OutputsBench& bench = get(state);
  bench.step(300);
  bench.expose(FeatureDetail::kTop);
  assert_int_equal(bench.count("epsilond_feature_"), 0);
  assert_true(bench.count("epsilond_") <= kSeriesOfAHost);
  bench.host.extra_zombies = 500;
  bench.step(10);
  bench.expose(FeatureDetail::kTop);
  assert_near(value_of(bench, "epsilond_anomalous{model=\"host\"}"), 1.0, 0, 0);
  assert_int_equal(bench.count("epsilond_feature_zscore{model=\"host\",feature=\"zombies\"} "), 1);
  assert_int_equal(bench.count("epsilond_feature_zscore{"), 3);
  assert_int_equal(bench.count("epsilond_feature_share_ratio{"), 3);
  assert_true(bench.count("epsilond_") <= kSeriesOfAHost);
}

void all_features_or_none_are_told_if_that_is_wanted(void** state) {
  OutputsBench& bench = get(state);
  bench.step(300);
  bench.expose(FeatureDetail::kAll);
  const std::size_t present = bench.pipeline->watchers().front()->latest().readings.present.count();
  assert_int_equal(bench.count("epsilond_feature_zscore{"), present);
  assert_int_equal(bench.count("epsilond_feature_share_ratio{"), present);
  bench.host.extra_zombies = 500;
  bench.step(10);
  bench.expose(FeatureDetail::kNone);
  assert_int_equal(bench.count("epsilond_feature_"), 0);
}

void only_a_source_that_failed_has_a_series(void** state) {
  OutputsBench& bench = get(state);
  bench.sources.resize(2);
  bench.sources[0].name = "meminfo";
  bench.sources[1].name = "pressure/io";
  bench.sources[1].failures = 12;
  bench.expose(FeatureDetail::kTop);
  assert_int_equal(bench.count("epsilond_sample_errors_total"), 1);
  assert_near(value_of(bench, "epsilond_sample_errors_total{source=\"pressure/io\"}"), 12.0, 0, 0);
}

void the_buffer_is_large_enough_for_the_most_models_and_features(void** state) {
  OutputsBench& bench = get(state);
  bench.sources.resize(64);
  for (auto& part : bench.sources) {
    part.name = "a source with a name as long as none";
    part.failures = 18446744073709551615U;
  }
  bench.step(200);
  bench.host.extra_zombies = 500;
  bench.step(5);
  for (const FeatureDetail detail : {FeatureDetail::kAll, FeatureDetail::kTop, FeatureDetail::kNone})
    assert_true(bench.expose(detail).ends_with("\"} 1\n"));
  bench.expose(FeatureDetail::kAll);
  assert_true(bench.count("epsilond_feature_zscore{") > 16 * 8);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(every_family_is_described_before_anything_is_known, setup_one_model,
                                    teardown_outputs),
    cmocka_unit_test_setup_teardown(all_is_told_of_a_model_that_has_learned, setup_one_model, teardown_outputs),
    cmocka_unit_test_setup_teardown(a_quiet_host_tells_of_no_feature_and_an_odd_one_of_three, setup_one_model,
                                    teardown_outputs),
    cmocka_unit_test_setup_teardown(all_features_or_none_are_told_if_that_is_wanted, setup_one_model, teardown_outputs),
    cmocka_unit_test_setup_teardown(only_a_source_that_failed_has_a_series, setup_one_model, teardown_outputs),
    cmocka_unit_test_setup_teardown(the_buffer_is_large_enough_for_the_most_models_and_features, setup_crowded,
                                    teardown_outputs),
};
EPSILOND_TEST_MAIN(kTests)
