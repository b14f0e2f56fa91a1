#include "agent/history/feature_columns.h"

#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::Feature;
using epsilond::agent::FeatureColumns;
using epsilond::agent::features;
using epsilond::agent::features_for;
using epsilond::agent::find_feature;
using epsilond::agent::find_foreign_name;
using epsilond::agent::foreign_names;
using epsilond::agent::kUnknownResolution;
using epsilond::agent::NameMapping;
using epsilond::agent::parse_name_mappings;
using epsilond::agent::Readings;
using epsilond::agent::TableRow;

namespace {

enum class Use { kReplay, kLearn };

// The columns of a file; lives in *state, so that a failed assertion leaks nothing.
struct Bench {
  std::vector<std::string> names;
  std::vector<NameMapping> mappings;
  FeatureColumns columns;
  Readings readings;
};

int setup(void** state) {
  *state = new Bench;
  return 0;
}

int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

Bench& bench_of(void** state, Use use, std::initializer_list<const char*> names, const char* map = nullptr) {
  Bench& bench = *static_cast<Bench*>(*state);
  bench.names.assign(names.begin(), names.end());
  bench.mappings.clear();
  if (map != nullptr)
    if (auto parsed = parse_name_mappings(map)) bench.mappings = std::move(*parsed);
  bench.columns = use == Use::kReplay
                      ? FeatureColumns::for_replay(bench.names, bench.mappings)
                      : FeatureColumns::for_learning(bench.names, bench.mappings, features_for({8e9, 2.0}));
  return bench;
}

const Readings& read(Bench& bench, std::initializer_list<std::optional<double>> cells) {
  TableRow row;
  row.values.setZero(static_cast<Eigen::Index>(cells.size()));
  std::size_t i = 0;
  for (const std::optional<double>& cell : cells) {
    if (cell) {
      row.values[static_cast<Eigen::Index>(i)] = *cell;
      row.present.set(i);
    }
    ++i;
  }
  bench.columns.read(row, bench.readings);
  return bench.readings;
}

std::size_t row_of(const Bench& bench, const char* feature) {
  return bench.columns.row_of(*find_feature(feature)).value_or(99);
}

void a_column_of_any_name_has_a_row_of_its_own(void** state) {
  Bench& bench = bench_of(state, Use::kReplay, {"latency", "errors"});
  assert_int_equal(bench.columns.table().size(), 2);
  const Feature& feature = bench.columns.table()[0];
  assert_true(feature.name == "latency");
  assert_true(feature.unit.empty());
  assert_near(feature.resolution, kUnknownResolution, 0, 0);
  const Readings& readings = read(bench, {-3.5, std::nullopt});
  assert_near(readings.values[0], -3.5, 0, 0);
  assert_true(readings.present[0]);
  assert_false(readings.present[1]);
}

void a_column_named_as_a_feature_is_that_feature(void** state) {
  Bench& bench = bench_of(state, Use::kReplay, {"x", "disk_write_bytes_per_s"});
  const Feature& feature = bench.columns.table()[1];
  assert_true(feature.transform == epsilond::agent::Transform::kLog1p);
  assert_int_equal(row_of(bench, "disk_write_bytes_per_s"), 1);
  assert_int_equal(bench.columns.applied().size(), 0);
}

void a_replay_takes_a_foreign_name_only_where_it_means_one_thing(void** state) {
  Bench& bench = bench_of(state, Use::kReplay, {"%steal", "memory", "load"});
  assert_int_equal(row_of(bench, "cpu_steal_ratio"), 0);
  assert_true(bench.columns.table()[1].name == "memory");
  assert_true(bench.columns.table()[2].name == "load");
  assert_int_equal(bench.columns.applied().size(), 1);
  assert_near(read(bench, {25.0, 1.0, 1.0}).values[0], 0.25, 1e-15, 0);
}

void learning_takes_what_such_a_name_usually_means(void** state) {
  Bench& bench = bench_of(state, Use::kLearn, {"load", "colour"});
  assert_int_equal(bench.columns.table().size(), features().size());
  assert_int_equal(row_of(bench, "load_1min"), *find_feature("load_1min"));
  assert_int_equal(bench.columns.fed().count(), 1);
  assert_int_equal(bench.columns.left_out().size(), 1);
  assert_true(bench.columns.left_out()[0] == "colour");
}

void learning_takes_the_features_of_a_service_behind_those_of_the_host(void** state) {
  Bench& bench = bench_of(state, Use::kLearn, {"db.rss_bytes", "load_1min", "web.rss_bytes"});
  std::vector<Feature> table = features_for({8e9, 2.0});
  table.push_back(features()[0]);
  table.back().name = "db.rss_bytes";
  bench.columns = FeatureColumns::for_learning(bench.names, {}, table);
  assert_near(read(bench, {5e6, 1.0, 7e6}).values[features().size()], 5e6, 0, 0);
  assert_int_equal(bench.columns.fed().count(), 2);
  assert_true(bench.columns.left_out().size() == 1 && bench.columns.left_out()[0] == "web.rss_bytes");
}

void a_data_source_without_a_name_has_that_of_its_file(void** state) {
  const Bench& bench = bench_of(state, Use::kReplay, {"swap-used.value"});
  assert_int_equal(row_of(bench, "swap_used_bytes"), 0);
}

void learning_has_the_scales_of_its_machine(void** state) {
  const Bench& bench = bench_of(state, Use::kLearn, {"load_1min"});
  assert_near(bench.columns.table()[*find_feature("load_1min")].scale, 2.0, 0, 0);
}

void parts_of_one_feature_add_up(void** state) {
  Bench& bench = bench_of(state, Use::kLearn, {"eth0.rxkB/s", "eth1.rxkB/s", "lo.rxkB/s", "%user", "%nice"});
  const Readings& readings = read(bench, {1.0, 2.0, 500.0, 10.0, 5.0});
  assert_near(readings.values[row_of(bench, "net_rx_bytes_per_s")], 3.0 * 1024, 0, 0);
  assert_near(readings.values[row_of(bench, "cpu_user_ratio")], 0.15, 1e-15, 0);
  assert_int_equal(bench.columns.left_out().size(), 1);
}

void a_sum_with_an_absent_part_is_absent(void** state) {
  Bench& bench = bench_of(state, Use::kLearn, {"%user", "%nice", "zombies"});
  const std::size_t user = row_of(bench, "cpu_user_ratio");
  assert_false(read(bench, {10.0, std::nullopt, 1.0}).present[user]);
  assert_false(read(bench, {std::nullopt, 10.0, 1.0}).present[user]);
  assert_true(read(bench, {10.0, 10.0, std::nullopt}).present[user]);
}

void what_is_asked_for_comes_before_its_own_name_and_that_before_a_foreign_one(void** state) {
  Bench& asked = bench_of(state, Use::kLearn, {"kbavail", "mem_available_bytes", "x"}, "x=mem_available_bytes*2");
  assert_near(read(asked, {1.0, 5.0, 7.0}).values[row_of(asked, "mem_available_bytes")], 14.0, 0, 0);
  Bench& own = bench_of(state, Use::kLearn, {"kbavail", "mem_available_bytes"});
  assert_near(read(own, {1.0, 5.0}).values[row_of(own, "mem_available_bytes")], 5.0, 0, 0);
}

void of_two_names_for_one_thing_the_first_counts(void** state) {
  Bench& bench = bench_of(state, Use::kReplay, {"ldavg-1", "node_load1"});
  assert_near(read(bench, {1.0, 2.0}).values[row_of(bench, "load_1min")], 1.0, 0, 0);
  assert_true(bench.columns.table()[1].name == "node_load1");
}

void a_negative_value_of_what_cannot_be_is_absent_and_counted(void** state) {
  Bench& bench = bench_of(state, Use::kReplay, {"load_1min", "x"});
  const Readings& readings = read(bench, {-1.0, -1.0});
  assert_false(readings.present[0]);
  assert_true(readings.present[1]);
  assert_int_equal(bench.columns.negative_values(), 1);
}

void every_foreign_name_leads_to_a_feature_and_is_there_once(void**) {
  for (const auto& foreign : foreign_names()) {
    assert_true(find_feature(foreign.feature).has_value());
    assert_true(foreign.factor > 0.0);
    assert_ptr_equal(find_foreign_name(foreign.name), &foreign);
    assert_false(find_feature(foreign.name).has_value());
  }
}

const char* mapping_error(const char* text) {
  static char message[256];
  const auto parsed = parse_name_mappings(text);
  std::strncpy(message, parsed ? "" : parsed.error().context.c_str(), sizeof message - 1);
  return message;
}

void a_mapping_is_a_name_a_feature_and_perhaps_a_factor(void** state) {
  const Bench& bench = bench_of(state, Use::kReplay, {"a"}, "a=zombies,\"b,=c=load_1min*1e-3\"");
  assert_int_equal(bench.mappings.size(), 2);
  assert_string_equal(bench.mappings[0].column.c_str(), "a");
  assert_near(bench.mappings[0].factor, 1.0, 0, 0);
  assert_string_equal(bench.mappings[1].column.c_str(), "b,=c");
  assert_near(bench.mappings[1].factor, 1e-3, 0, 0);
}

void a_wrong_mapping_says_what_is_allowed(void**) {
  assert_non_null(std::strstr(mapping_error("zombies"), "NAME=FEATURE"));
  assert_non_null(std::strstr(mapping_error("=zombies"), "NAME=FEATURE"));
  assert_non_null(std::strstr(mapping_error("a=zombis"), "did you mean 'zombies'?"));
  assert_non_null(std::strstr(mapping_error("a=zombies*0"), "other than 0"));
  assert_non_null(std::strstr(mapping_error("a=zombies*x"), "other than 0"));
  assert_non_null(std::strstr(mapping_error("a=zombies,a=threads"), "twice"));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_column_of_any_name_has_a_row_of_its_own, setup, teardown),
    cmocka_unit_test_setup_teardown(a_column_named_as_a_feature_is_that_feature, setup, teardown),
    cmocka_unit_test_setup_teardown(a_replay_takes_a_foreign_name_only_where_it_means_one_thing, setup, teardown),
    cmocka_unit_test_setup_teardown(learning_takes_what_such_a_name_usually_means, setup, teardown),
    cmocka_unit_test_setup_teardown(learning_takes_the_features_of_a_service_behind_those_of_the_host, setup, teardown),
    cmocka_unit_test_setup_teardown(a_data_source_without_a_name_has_that_of_its_file, setup, teardown),
    cmocka_unit_test_setup_teardown(learning_has_the_scales_of_its_machine, setup, teardown),
    cmocka_unit_test_setup_teardown(parts_of_one_feature_add_up, setup, teardown),
    cmocka_unit_test_setup_teardown(a_sum_with_an_absent_part_is_absent, setup, teardown),
    cmocka_unit_test_setup_teardown(what_is_asked_for_comes_before_its_own_name_and_that_before_a_foreign_one, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(of_two_names_for_one_thing_the_first_counts, setup, teardown),
    cmocka_unit_test_setup_teardown(a_negative_value_of_what_cannot_be_is_absent_and_counted, setup, teardown),
    cmocka_unit_test(every_foreign_name_leads_to_a_feature_and_is_there_once),
    cmocka_unit_test_setup_teardown(a_mapping_is_a_name_a_feature_and_perhaps_a_factor, setup, teardown),
    cmocka_unit_test(a_wrong_mapping_says_what_is_allowed),
};
EPSILOND_TEST_MAIN(kTests)
