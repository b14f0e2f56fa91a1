#include "agent/history/replayer.h"

#include <memory>
#include <string>
#include <vector>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::choose_features;
using epsilond::agent::ConfigText;
using epsilond::agent::FeatureColumns;
using epsilond::agent::LoadedConfig;
using epsilond::agent::parse_config;
using epsilond::agent::Replayer;
using epsilond::agent::ReplayListener;
using epsilond::agent::RowClock;
using epsilond::agent::TableRow;
using epsilond::agent::Watcher;
using epsilond::platform::Flag;
using epsilond::platform::FlagEvent;

namespace {

constexpr double kStep = 60.0;
constexpr double kStart = 1795305600.0;  // 2026-11-22 00:00 UTC, a Sunday

struct Notes final : ReplayListener {
  void on_row(const TableRow& row, std::span<const std::unique_ptr<Watcher>> watchers) override {
    ++rows;
    last_row = row.row;
    flagged += watchers.front()->anomalous() ? 1 : 0;
  }
  void on_event(const Flag& flag) override {
    raised += flag.event == FlagEvent::kRaised ? 1 : 0;
    if (flag.event == FlagEvent::kRaised) raised_flag = flag;
    events_before_row = rows;
  }
  int rows = 0;
  int raised = 0;
  int flagged = 0;
  int events_before_row = -1;
  std::uint64_t last_row = 0;
  Flag raised_flag;
};

struct Bench {
  std::vector<std::string> names;
  LoadedConfig loaded;
  FeatureColumns columns;
  Notes notes;
  std::unique_ptr<Replayer> replayer;
  epsilond::tests::Rng rng{1};
  std::uint64_t row = 0;
  std::string error;

  void configure(const char* text, std::vector<std::string> column_names) {
    names = std::move(column_names);
    const ConfigText file{"test.ini", text};
    auto result = parse_config(std::span(&file, 1));
    if (!result) {
      error = result.messages.front();
      return;
    }
    loaded = std::move(result.loaded);
    columns = FeatureColumns::for_replay(names, {});
    if (const auto chosen = choose_features(loaded, columns, loaded.config.models); !chosen)
      error = chosen.error().context.c_str();
  }
  void start() {
    ReplayListener* const listeners[] = {&notes};
    replayer = std::make_unique<Replayer>(loaded.config, columns, RowClock(kStep, 1.0), listeners);
  }
  // Rows of noise around 100, with `extra` on the first column.
  void run(int rows, double extra = 0.0) {
    TableRow next;
    next.values.setZero(static_cast<Eigen::Index>(names.size()));
    for (int i = 0; i < rows; ++i) {
      next.row = row;
      next.has_time = true;
      next.time_s = kStart + kStep * static_cast<double>(row++);
      for (std::size_t c = 0; c < names.size(); ++c) {
        next.values[static_cast<Eigen::Index>(c)] = 100.0 + 5.0 * rng.normal() + (c == 0 ? extra : 0.0);
        next.present.set(c);
      }
      replayer->step(next);
    }
  }
};

int setup(void** state) {
  *state = new Bench;
  return 0;
}

int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

Bench& bench_of(void** state, const char* config, std::initializer_list<const char*> names) {
  Bench& bench = *static_cast<Bench*>(*state);
  bench.configure(config, {names.begin(), names.end()});
  return bench;
}

void a_gross_row_raises_an_episode_that_names_its_column(void** state) {
  Bench& bench = bench_of(state, "", {"requests", "latency"});
  assert_string_equal(bench.error.c_str(), "");
  bench.start();
  bench.run(1500);
  assert_int_equal(bench.notes.raised, 0);
  bench.run(1, 1e5);
  assert_int_equal(bench.notes.raised, 1);
  assert_string_equal(bench.notes.raised_flag.features[0].name.c_str(), "requests");
  assert_near(std::chrono::duration<double>(bench.notes.raised_flag.wall).count(), kStart + kStep * 1500, 0, 0);
  assert_int_equal(bench.notes.events_before_row, 1500);
  assert_int_equal(bench.notes.flagged, 1);
  bench.run(200);
  assert_in_range(bench.replayer->tallies()[0].episodes, 1, 2);
  // The longest average has half forgotten the row after 22 more; four times that is enough for any.
  assert_in_range(bench.replayer->tallies()[0].flagged_rows, 1, 88);
  assert_int_equal(bench.notes.rows, 1701);
  assert_int_equal(bench.notes.last_row, 1700);
}

void the_span_of_the_rows_is_known(void** state) {
  Bench& bench = bench_of(state, "", {"a"});
  bench.start();
  bench.run(3);
  assert_int_equal(bench.replayer->rows(), 3);
  assert_near(bench.replayer->from_s(), kStart, 0, 0);
  assert_near(bench.replayer->to_s(), kStart + 2 * kStep, 0, 0);
}

void a_mute_counts_by_utc(void** state) {
  Bench& bench = bench_of(state, "[mute night]\nwhen = Sun 20:00-22:00\n", {"a"});
  assert_string_equal(bench.error.c_str(), "");
  bench.start();
  bench.run(1200);  // 20 hours
  bench.run(1, 1e5);
  assert_int_equal(bench.notes.raised, 0);
  bench.run(120);
  bench.run(1, 1e5);
  assert_int_equal(bench.notes.raised, 1);
}

void a_model_that_names_features_sees_only_those(void** state) {
  Bench& bench = bench_of(state, "[model all]\n[model few]\nfeatures = zombies threads\n", {"x", "zombies"});
  assert_string_equal(bench.error.c_str(), "");
  assert_int_equal(bench.loaded.config.models[0].features.to_ulong(), 3);
  assert_int_equal(bench.loaded.config.models[1].features.to_ulong(), 2);
}

void a_disabled_feature_does_not_count(void** state) {
  Bench& bench = bench_of(state, "[features]\ndisable = zombies\n", {"zombies", "x"});
  assert_string_equal(bench.error.c_str(), "");
  assert_int_equal(bench.loaded.config.models[0].features.to_ulong(), 2);
}

void a_model_without_any_column_is_an_error(void** state) {
  const Bench& bench = bench_of(state, "[model few]\nfeatures = zombies\n", {"x"});
  assert_string_equal(bench.error.c_str(), "no column is a feature of [model few]");
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_gross_row_raises_an_episode_that_names_its_column, setup, teardown),
    cmocka_unit_test_setup_teardown(the_span_of_the_rows_is_known, setup, teardown),
    cmocka_unit_test_setup_teardown(a_mute_counts_by_utc, setup, teardown),
    cmocka_unit_test_setup_teardown(a_model_that_names_features_sees_only_those, setup, teardown),
    cmocka_unit_test_setup_teardown(a_disabled_feature_does_not_count, setup, teardown),
    cmocka_unit_test_setup_teardown(a_model_without_any_column_is_an_error, setup, teardown),
};
EPSILOND_TEST_MAIN(kTests)
