#include "agent/pipeline/episode_log.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "models/density/gaussian.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::EpisodeLog;
using epsilond::agent::ToldEpisode;
using epsilond::agent::Feature;
using epsilond::agent::features;
using epsilond::agent::find_feature;
using epsilond::agent::ModelView;
using epsilond::agent::Snapshot;
using epsilond::platform::Flag;
using epsilond::platform::FlagEvent;

namespace {

// A model of zombies and memory: 40 zombies where 10 +- 5 are usual, and no memory.
struct Bench {
  EpisodeLog log;
  std::array<std::size_t, 2> columns = {*find_feature("mem_used_bytes"), *find_feature("zombies")};
  Snapshot snapshot;
  Flag flag;

  Bench() {
    for (auto* part : {&snapshot.score.mean, &snapshot.score.sd, &snapshot.score.z, &snapshot.score.share})
      part->setZero(2);
    snapshot.score.mean[1] = 10.0;
    snapshot.score.sd[0] = 1.0;
    snapshot.score.sd[1] = 5.0;
    snapshot.score.z[1] = 6.0;
    snapshot.score.share[1] = 1.0;
    snapshot.readings.values[columns[1]] = 40.0;
    snapshot.readings.present.set(columns[1]);
  }
  void add(int number, FlagEvent event = FlagEvent::kRaised) {
    char id[16];
    std::snprintf(id, sizeof id, "host-%d", number);
    flag.id.assign(std::string_view(id));
    flag.event = event;
    log.add(flag, snapshot, ModelView{features(), columns});
  }
  bool newest_is(std::string_view id) const { return log.newest() != nullptr && log.newest()->flag.id == id; }
};

int setup(void** state) {
  *state = new Bench;
  return 0;
}
int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void an_empty_log_has_nothing(void** state) {
  assert_null(get(state).log.newest());
  assert_null(get(state).log.find(""));
}

void the_arithmetic_is_that_of_the_snapshot(void** state) {
  Bench& bench = get(state);
  bench.add(1);
  const ToldEpisode& record = *bench.log.find("host-1");
  assert_int_equal(record.term_count, 2);
  assert_true(std::isnan(record.terms[0].value) && std::isnan(record.terms[0].log_density));
  assert_int_equal(record.terms[1].row, bench.columns[1]);
  assert_near(record.terms[1].value, 40.0, 0, 0);
  assert_near(record.terms[1].mean, 10.0, 0, 0);
  assert_near(record.terms[1].sd, 5.0, 0, 1e-15);
  assert_near(record.terms[1].z, 6.0, 0, 0);
  // -z^2 / 2 - ln sd - ln(2 pi) / 2
  assert_near(record.terms[1].log_density, -18.0 - std::log(5.0) - epsilond::models::kHalfLog2Pi, 0, 1e-15);
}

void the_events_of_one_episode_are_one_record(void** state) {
  Bench& bench = get(state);
  bench.add(1);
  bench.add(2);
  bench.add(1, FlagEvent::kCleared);
  assert_true(bench.newest_is("host-1"));
  assert_int_equal(bench.log.find("host-1")->flag.event, FlagEvent::kCleared);
  assert_int_equal(bench.log.find("host-2")->flag.event, FlagEvent::kRaised);
}

void the_ninth_episode_takes_the_place_of_the_one_told_of_longest_ago(void** state) {
  Bench& bench = get(state);
  for (int number = 1; number <= 8; ++number) bench.add(number);
  bench.add(1, FlagEvent::kCleared);
  bench.add(9);
  assert_non_null(bench.log.find("host-1"));
  assert_null(bench.log.find("host-2"));
  for (const char* id : {"host-3", "host-8", "host-9"}) assert_non_null(bench.log.find(id));
}

void processes_that_were_named_at_the_onset_stay(void** state) {
  Bench& bench = get(state);
  bench.flag.process_count = 1;
  bench.flag.processes[0].comm.assign("postgres");
  bench.add(1);
  bench.flag.process_count = 0;
  bench.flag.processes[0].comm.clear();
  bench.add(1, FlagEvent::kCleared);
  assert_int_equal(bench.log.newest()->flag.process_count, 1);
  assert_string_equal(bench.log.newest()->flag.processes[0].comm.c_str(), "postgres");
  for (int number = 2; number <= 9; ++number) bench.add(number);
  assert_int_equal(bench.log.newest()->flag.process_count, 0);
}

// How many terms of the newest record are left under another table, and the row of the first of them there.
struct Kept {
  std::size_t terms = 0;
  std::size_t row = 0;
};
Kept take_over(Bench& bench, std::span<const Feature> table) {
  EpisodeLog next;
  next.take_over(bench.log, features(), table);
  return {next.newest()->term_count, next.newest()->terms[0].row};
}

void after_a_reload_terms_follow_their_feature_and_go_with_it(void** state) {
  Bench& bench = get(state);
  bench.add(1);
  // A table in which zombies is the first row and memory is not.
  const Kept kept = take_over(bench, features().subspan(bench.columns[1], 1));
  assert_int_equal(kept.terms, 1);
  assert_int_equal(kept.row, 0);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(an_empty_log_has_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(the_arithmetic_is_that_of_the_snapshot, setup, teardown),
    cmocka_unit_test_setup_teardown(the_events_of_one_episode_are_one_record, setup, teardown),
    cmocka_unit_test_setup_teardown(the_ninth_episode_takes_the_place_of_the_one_told_of_longest_ago, setup, teardown),
    cmocka_unit_test_setup_teardown(processes_that_were_named_at_the_onset_stay, setup, teardown),
    cmocka_unit_test_setup_teardown(after_a_reload_terms_follow_their_feature_and_go_with_it, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
