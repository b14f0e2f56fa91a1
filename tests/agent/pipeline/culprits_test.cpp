#include "agent/pipeline/culprits.h"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "tests/support/fake_growth.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::append_culprits;
using epsilond::agent::Behind;
using epsilond::agent::features;
using epsilond::agent::find_culprits;
using epsilond::agent::find_feature;
using epsilond::agent::growth_behind;
using epsilond::agent::ModelView;
using epsilond::agent::Snapshot;
using epsilond::platform::FixedString;
using epsilond::platform::FlagProcess;
using epsilond::platform::GrowthKind;
using epsilond::platform::SampleField;
using epsilond::tests::FakeGrowth;

namespace {

using Processes = std::array<FlagProcess, 3>;

// A model of all features, one moment of it, and who grew.
struct Bench {
  std::vector<std::size_t> columns;
  Snapshot snapshot;
  FakeGrowth growth;
  Processes found;

  Bench() {
    for (std::size_t i = 0; i < features().size(); ++i) columns.push_back(i);
    for (auto* vector : {&snapshot.score.mean, &snapshot.score.sd, &snapshot.score.z, &snapshot.score.share})
      vector->setZero(static_cast<Eigen::Index>(columns.size()));
  }
  // Usual is 1000 for everything; gauges only, which models see as they are.
  void read(std::string_view feature, double value, double share) {
    const std::size_t row = *find_feature(feature);
    snapshot.readings.values[row] = value;
    snapshot.readings.present.set(row);
    snapshot.score.mean[static_cast<Eigen::Index>(row)] = 1000.0;
    snapshot.score.sd[static_cast<Eigen::Index>(row)] = 1.0;
    snapshot.score.share[static_cast<Eigen::Index>(row)] = share;
  }
  std::size_t find() {
    return find_culprits(snapshot, ModelView{features(), columns, false, false, 1e6, 1.0}, growth, found);
  }
};

int set_up(void** state) {
  *state = new Bench;
  return 0;
}
int tear_down(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& bench_of(void** state) { return *static_cast<Bench*>(*state); }

void every_feature_but_stolen_time_has_somebody_behind_it(void**) {
  for (const auto& feature : features()) {
    const std::optional<Behind> behind = growth_behind(feature.field);
    const bool stolen = feature.field == SampleField::kCpuStealTicks;
    if (behind.has_value() == stolen || (behind && behind->first == GrowthKind::kNone))
      fail_msg("%.*s", static_cast<int>(feature.name.size()), feature.name.data());
  }
}

void each_feature_has_its_kind_of_growth(void**) {
  const auto is = [](SampleField field, GrowthKind first) { return growth_behind(field)->first == first; };
  assert_true(is(SampleField::kMemUsedBytes, GrowthKind::kMemory));
  assert_true(is(SampleField::kCpuUserTicks, GrowthKind::kCpu));
  assert_true(is(SampleField::kLoad1Min, GrowthKind::kCpu));
  assert_true(is(SampleField::kDiskReadBytes, GrowthKind::kReads));
  assert_true(is(SampleField::kDiskWriteBytes, GrowthKind::kWrites));
  assert_true(is(SampleField::kDiskBusyMs, GrowthKind::kStorage));
  assert_true(is(SampleField::kThreads, GrowthKind::kThreads));
  assert_true(is(SampleField::kOpenFiles, GrowthKind::kDescriptors));
  assert_true(is(SampleField::kZombies, GrowthKind::kZombies));
  assert_true(is(SampleField::kProcesses, GrowthKind::kChildren));
  assert_true(is(SampleField::kBlocked, GrowthKind::kBlocked));
}

void who_did_it_is_carried_whole(void** state) {
  Bench& bench = bench_of(state);
  bench.read("zombies", 1200, 1.0);
  bench.growth.add(GrowthKind::kZombies, "parent", 77, "zombies", 200);
  assert_int_equal(bench.find(), 1);
  const FlagProcess& process = bench.found[0];
  assert_string_equal(process.comm.c_str(), "parent");
  assert_int_equal(process.pid, 77);
  assert_int_equal(process.uid, 113);
  assert_string_equal(process.unit.c_str(), "a.service");
  assert_string_equal(process.what.c_str(), "zombies");
  assert_near(process.delta, 200, 0, 0);
}

void the_leading_feature_comes_first_and_a_process_once(void** state) {
  Bench& bench = bench_of(state);
  bench.read("load_1min", 1010, 0.3);
  bench.read("mem_used_bytes", 2000, 0.6);
  bench.growth.add(GrowthKind::kCpu, "both", 7, "cpu_seconds", 4);
  bench.growth.add(GrowthKind::kCpu, "other", 8, "cpu_seconds", 3);
  bench.growth.add(GrowthKind::kMemory, "both", 7, "rss_bytes", 1e9);
  assert_int_equal(bench.find(), 2);
  assert_int_equal(bench.found[0].pid, 7);
  assert_string_equal(bench.found[0].what.c_str(), "rss_bytes");
  assert_int_equal(bench.found[1].pid, 8);
}

void no_more_are_named_than_a_flag_holds(void** state) {
  Bench& bench = bench_of(state);
  bench.read("mem_used_bytes", 2000, 0.6);
  bench.read("load_1min", 1010, 0.4);
  for (std::int32_t pid = 1; pid <= 3; ++pid) bench.growth.add(GrowthKind::kMemory, "m", pid, "rss_bytes", 1e9);
  bench.growth.add(GrowthKind::kCpu, "c", 9, "cpu_seconds", 4);
  assert_int_equal(bench.find(), 3);
  assert_int_equal(bench.growth.asked, 1);
}

void a_feature_that_is_hardly_odd_names_nobody(void** state) {
  Bench& bench = bench_of(state);
  bench.read("mem_used_bytes", 2000, 0.97);
  bench.read("load_1min", 1010, 0.03);
  bench.growth.add(GrowthKind::kCpu, "c", 9, "cpu_seconds", 4);
  assert_int_equal(bench.find(), 0);
}

void what_fell_has_no_culprit(void** state) {
  Bench& bench = bench_of(state);
  bench.read("processes", 900, 0.6);
  bench.read("load_1min", 1010, 0.4);
  bench.growth.add(GrowthKind::kCpu, "c", 9, "cpu_seconds", 4);
  assert_int_equal(bench.find(), 0);
  assert_int_equal(bench.growth.asked, 0);
}

void memory_available_falls_when_somebody_takes_it(void** state) {
  Bench& bench = bench_of(state);
  bench.growth.add(GrowthKind::kMemory, "m", 9, "rss_bytes", 400);
  bench.read("mem_available_bytes", 500, 1.0);
  assert_int_equal(bench.find(), 1);
  bench.read("mem_available_bytes", 1500, 1.0);
  assert_int_equal(bench.find(), 0);
}

void the_second_kind_is_asked_for_when_the_first_finds_nobody(void** state) {
  Bench& bench = bench_of(state);
  bench.read("processes", 1200, 1.0);
  bench.growth.add(GrowthKind::kCpu, "c", 9, "cpu_seconds", 4);
  assert_int_equal(bench.find(), 1);
  assert_true(bench.growth.kinds[0] == GrowthKind::kChildren && bench.growth.kinds[1] == GrowthKind::kCpu);
}

void a_culprit_bears_some_part_of_what_a_level_moved(void** state) {
  Bench& bench = bench_of(state);
  bench.read("mem_used_bytes", 51'000, 0.6);
  bench.read("load_1min", 1010, 0.4);
  assert_int_equal(bench.find(), 0);
  assert_true(bench.growth.kinds[0] == GrowthKind::kMemory);
  assert_near(bench.growth.least[0], 1000.0, 0, 1e-12);  // 2 % of 50,000
  assert_true(bench.growth.kinds[2] == GrowthKind::kCpu);
  assert_near(bench.growth.least[2], 0.0, 0, 0);
}

void the_sentence_names_them(void**) {
  Processes processes;
  processes[0] = {std::string_view("postgres"), 4411, 113, std::string_view("rss_bytes"), 5.6e9, {}};
  processes[1] = {std::string_view("java"), 12, 0, std::string_view("threads"), 200, {}};
  processes[2] = {std::string_view("make"), 9, 0, std::string_view("cpu_seconds"), 4.04, {}};
  FixedString<1024> text(std::string_view("odd"));
  append_culprits(std::span(processes).first(0), text);
  assert_string_equal(text.c_str(), "odd");
  append_culprits(processes, text);
  assert_string_equal(text.c_str(), "odd; postgres[4411] +5.6 GB, java[12] +200 threads, make[9] +4.0 s CPU");
}

void each_growth_has_its_words(void**) {
  struct Case {
    std::string_view what;
    double delta;
    std::string_view text;
  };
  constexpr std::array kCases = {
      Case{"read_bytes", 4.8e8, "; p[1] +480 MB read"},     Case{"write_bytes", 4.8e8, "; p[1] +480 MB written"},
      Case{"descriptors", 1500, "; p[1] +1500 open files"}, Case{"children", 20, "; p[1] +20 processes"},
      Case{"zombies", 1, "; p[1] +1 zombies"},              Case{"blocked", 1, "; p[1] blocked"},
  };
  for (const Case& row : kCases) {
    const FlagProcess process = {std::string_view("p"), 1, 0, row.what, row.delta, {}};
    FixedString<1024> text;
    append_culprits({&process, 1}, text);
    if (text.view() != row.text) fail_msg("%s", text.c_str());
  }
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(every_feature_but_stolen_time_has_somebody_behind_it),
    cmocka_unit_test(each_feature_has_its_kind_of_growth),
    cmocka_unit_test_setup_teardown(who_did_it_is_carried_whole, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_leading_feature_comes_first_and_a_process_once, set_up, tear_down),
    cmocka_unit_test_setup_teardown(no_more_are_named_than_a_flag_holds, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_feature_that_is_hardly_odd_names_nobody, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_fell_has_no_culprit, set_up, tear_down),
    cmocka_unit_test_setup_teardown(memory_available_falls_when_somebody_takes_it, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_second_kind_is_asked_for_when_the_first_finds_nobody, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_culprit_bears_some_part_of_what_a_level_moved, set_up, tear_down),
    cmocka_unit_test(the_sentence_names_them),
    cmocka_unit_test(each_growth_has_its_words),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
