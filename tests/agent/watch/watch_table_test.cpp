#include "agent/watch/watch_table.h"

#include "platform/emit/flag.h"

#include <string>
#include <vector>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::Feature;
using epsilond::agent::features;
using epsilond::agent::features_for;
using epsilond::agent::find_watch_rows;
using epsilond::agent::kWatchFeatureCount;
using epsilond::agent::usage_field;
using epsilond::agent::watch_features;
using epsilond::agent::WatchConfig;
using epsilond::agent::WatchRows;

namespace {

struct State {
  std::vector<WatchConfig> watches;
  std::vector<Feature> table;
  WatchRows rows{{}};

  void watch(const char* name, std::initializer_list<std::size_t> chosen) {
    WatchConfig config;
    config.name = name;
    for (const std::size_t i : chosen) config.features.set(i);
    watches.push_back(config);
  }
  void build() {
    rows = WatchRows(watches);
    table = rows.behind(features_for({8e9, 2.0}));
  }
};

int set_up(void** state) {
  *state = new State;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void each_feature_has_a_field_of_its_own(void**) {
  for (std::size_t i = 0; i < kWatchFeatureCount; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      assert_true(usage_field(i) != usage_field(j));
      assert_true(watch_features()[i].name != watch_features()[j].name);
    }
}

void a_flag_holds_the_longest_name(void**) {
  constexpr std::size_t kMostName = 31;
  for (const Feature& feature : watch_features())
    assert_in_range(kMostName + 1 + feature.name.size(), 1, decltype(epsilond::platform::FlagFeature::name)::capacity());
}

void rows_stand_behind_those_of_the_host_watch_by_watch(void** state) {
  State& test = state_of(state);
  test.watch("web", {0, 5});
  test.watch("db", {13});
  test.build();
  const std::size_t host = features().size();
  assert_int_equal(test.table.size(), host + 3);
  assert_true(test.table[host].name == "web.rss_bytes" && test.table[host].description == "web resident memory");
  assert_true(test.table[host + 1].name == "web.processes");
  assert_true(test.table[host + 2].name == "db.write_bytes_per_s" && test.table[host + 2].unit == "bytes/s");
  assert_true(test.table[0].name == features()[0].name);
}

void names_find_their_rows(void** state) {
  State& test = state_of(state);
  test.watch("web", {0, 1, 8, 9});
  test.watch("db", {0});
  const std::size_t host = features().size();
  const auto rows = [&test](const char* name) { return find_watch_rows(test.watches, name); };
  assert_true(rows("db.rss_bytes").count() == 1 && rows("db.rss_bytes").test(host + 4));
  assert_true(rows("web.cpu_*").count() == 2 && rows("web.cpu_*").test(host + 2) && rows("web.cpu_*").test(host + 3));
  assert_int_equal(rows("web.*").count(), 4);
  assert_int_equal(epsilond::agent::all_watch_rows(test.watches).count(), 5);
  for (const char* name : {"db.pss_bytes", "mail.rss_bytes", "rss_bytes", "db.", "web", "web.cpu"})
    assert_true(rows(name).none());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(each_feature_has_a_field_of_its_own),
    cmocka_unit_test(a_flag_holds_the_longest_name),
    cmocka_unit_test_setup_teardown(rows_stand_behind_those_of_the_host_watch_by_watch, set_up, tear_down),
    cmocka_unit_test_setup_teardown(names_find_their_rows, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
