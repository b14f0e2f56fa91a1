// The kinds of model in a configuration: which keys belong to which, and what a preset fixes.

#include <string>
#include <vector>

#include "agent/config/config_printer.h"
#include "tests/agent/config/config_support.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::agent;
using namespace epsilond::tests;

namespace {

const ModelConfig& first() { return config().models[0]; }

bool refused(const char* text, const char* begins, const char* says) {
  if (load(text) || message_count() != 1) return false;
  return message().starts_with(begins) && message().find(says) != std::string::npos;
}

void every_kind_is_taken(void**) {
  assert_true(load("[model a]\nkind = product\n[model b]\nkind = mahalanobis\n[model c]\nkind = mixture\n"
                   "[model d]\nkind = kmeans\n[model e]\nkind = isolation_forest\n[model f]\nkind = zscore\n"
                   "[model g]\nkind = series\nfeatures = load_1min\n"));
  assert_int_equal(config().models.size(), 7);
  assert_int_equal(config().models[6].kind, ModelKind::kSeries);
}

void a_key_of_another_kind_is_refused(void**) {
  assert_true(refused("[model m]\ntrees = 10\n", "a.ini:2: [model m] trees = 10: ",
                      "belongs to kind = isolation_forest and means nothing with kind = product"));
  assert_true(refused("[model m]\nkind = zscore\nbaseline = global\n", "a.ini:3: ", "belongs to kind = product"));
  assert_true(refused("[model m]\nkind = mahalanobis\nretrain_every = 1h\n", "a.ini:3: ",
                      "kind = mixture or kmeans or isolation_forest"));
}

void a_kind_of_a_later_file_drops_the_keys_of_the_earlier_one(void**) {
  assert_true(load_files({"[model m]\nkind = mixture\ncomponents = 2\n", "[model m]\nkind = zscore\n"}));
  assert_int_equal(first().kind, ModelKind::kZscore);
  assert_int_equal(first().tuning.components, 3);
}

void components_are_a_number_or_bic(void**) {
  assert_true(load("[model m]\nkind = mixture\ncomponents = bic\n"));
  assert_int_equal(first().tuning.components, 0);
  assert_true(load("[model m]\nkind = mixture\ncomponents = 4\n"));
  assert_int_equal(first().tuning.components, 4);
  assert_true(refused("[model m]\nkind = mixture\ncomponents = 9\n", "a.ini:3: ", "1 .. 8, or bic"));
  assert_true(refused("[model m]\nkind = mixture\ncomponents = aic\n", "a.ini:3: ", "1 .. 8, or bic"));
}

void the_defaults_of_kmeans_are_those_of_netdata(void**) {
  assert_true(load("[model m]\nkind = kmeans\npreset = netdata\n"));
  ModelTuning by_preset = first().tuning;
  by_preset.netdata = false;
  assert_true(load("[model m]\nkind = kmeans\n"));
  assert_true(by_preset == first().tuning);
  assert_int_equal(by_preset.models, 18);
  assert_near(by_preset.train_window_s, 6 * 3600, 0, 0);
  assert_near(by_preset.retrain_every_s, 3 * 3600, 0, 0);
}

void a_preset_fixes_its_keys(void**) {
  assert_true(refused("[model m]\nkind = kmeans\npreset = netdata\nlag = 3\n", "a.ini:4: [model m] lag = 3: ",
                      "belongs to preset = none and means nothing with preset = netdata"));
  assert_true(load("[model m]\nkind = kmeans\npreset = netdata\ncap = 5\n"));
}

void a_density_is_cut_by_log_epsilon_and_a_score_by_epsilon(void**) {
  assert_true(load("[model m]\nkind = kmeans\nthreshold = epsilon\nepsilon = 0.99\n"));
  assert_near(first().epsilon, 0.99, 0, 0);
  assert_true(refused("[model m]\nkind = kmeans\nthreshold = epsilon\n", "a.ini:3: ", "the key epsilon is missing"));
  assert_true(load("[model m]\nkind = mixture\nthreshold = epsilon\nlog_epsilon = -20\n"));
  assert_false(load("[model m]\nkind = mixture\nthreshold = epsilon\nlog_epsilon = -20\nepsilon = 1\n"));
}

void a_series_is_one_feature(void**) {
  assert_true(refused("[model m]\nkind = series\n", "a.ini:2: [model m] kind = series: ", "looks at one feature"));
  assert_true(refused("[model m]\nkind = series\nfeatures = load_*\n", "a.ini:3: ", "3 are chosen"));
}

void what_is_printed_is_read_back(void**) {
  const char* const text =
      "[model m]\nkind = mixture\ncomponents = bic\ntrain_window = 1d\n[model n]\nkind = kmeans\npreset = netdata\n";
  assert_true(load(text));
  static std::vector<ModelConfig> models;
  models = config().models;
  static std::string printed;
  printed = print_config(last_result().loaded);
  assert_true(load(printed.c_str()));
  assert_true(models == config().models);
  models.clear();
}

constexpr CMUnitTest kTests[] = {
    cmocka_unit_test(every_kind_is_taken),
    cmocka_unit_test(a_key_of_another_kind_is_refused),
    cmocka_unit_test(a_kind_of_a_later_file_drops_the_keys_of_the_earlier_one),
    cmocka_unit_test(components_are_a_number_or_bic),
    cmocka_unit_test(the_defaults_of_kmeans_are_those_of_netdata),
    cmocka_unit_test(a_preset_fixes_its_keys),
    cmocka_unit_test(a_density_is_cut_by_log_epsilon_and_a_score_by_epsilon),
    cmocka_unit_test(a_series_is_one_feature),
    cmocka_unit_test(what_is_printed_is_read_back),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
