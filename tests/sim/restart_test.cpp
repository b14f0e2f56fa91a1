// The whole pipeline over the end of the agent and its next start: what was open is closed under its id, what was
// learned is there, and the time between counts.

#include "tests/support/restart_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::tests;
using epsilond::agent::find_feature;

namespace {

int setup(void** state) {
  auto* bench = new Bench;
  bench->make(short_warm_up());
  bench->run(300);
  *state = bench;
  return 0;
}

int teardown(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}

Bench& get(void** state) { return *static_cast<Bench*>(*state); }

// Opens an episode of 20 s, and saves all that is saved.
void open_one(Bench& bench) {
  bench.host.extra_memory_bytes = 2e9;
  bench.run(20);
  assert_int_equal(bench.flags.size(), 1);
  assert_true(bench.flags[0].event == FlagEvent::kRaised);
  bench.save();
}

long start_again_same(Bench& bench, long away_s, bool remembers = true) {
  return bench.start_again(short_warm_up(), away_s, remembers);
}

long start_again_without_the_model(Bench& bench) {
  Config config = short_warm_up();
  config.models[0].name = "other";
  return bench.start_again(config, 10);
}

long start_again_with_other_features(Bench& bench) {
  Config config = short_warm_up();
  config.models[0].features.reset(*find_feature("zombies"));
  return bench.start_again(config, 10);
}

void an_open_episode_is_cleared_under_its_id_after_a_restart(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  assert_int_equal(start_again_same(bench, 600), 1);
  assert_true(bench.pipeline->watchers()[0]->anomalous());
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.last().event == FlagEvent::kCleared);
  assert_true(bench.one_id());
  assert_true(bench.last().features[0].name.view().starts_with("mem_"));
  assert_true(bench.last().surprise >= bench.flags[0].surprise);
  assert_true(bench.last_text().starts_with("back to usual after "));
}

void the_time_between_is_time_of_the_episode(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  start_again_same(bench, 600);
  bench.run(10);  // still strange
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  assert_true(bench.last().event == FlagEvent::kCleared);
  assert_true(bench.last().duration_s >= 620.0 && bench.last().duration_s <= 720.0);
}

void what_is_still_strange_is_not_raised_again(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  start_again_same(bench, 60);
  bench.run(400);
  assert_int_equal(bench.flags.size(), 1);
  assert_true(bench.pipeline->watchers()[0]->anomalous());
}

void what_goes_on_can_be_explained_before_its_next_event(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  start_again_same(bench, 60);
  const auto* record = bench.pipeline->episode_log().find(bench.flags[0].id.view());
  assert_non_null(record);
  assert_string_equal(record->flag.host.c_str(), "simulated");
  assert_true(record->flag.features[0].name.view().starts_with("mem_"));
  assert_near(record->flag.duration_s, 79.0, 2.0, 0);
  assert_int_equal(record->term_count, features().size());
  assert_int_equal(bench.flags.size(), 1);
}

// A model that has learned for five minutes yields to a level after ten, which the restart does not begin anew.
void a_level_is_accepted_as_if_there_had_been_no_restart(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  start_again_same(bench, 60);
  bench.run(575);
  assert_int_equal(bench.count(FlagEvent::kLearned), 0);
  bench.run(15);
  assert_int_equal(bench.count(FlagEvent::kLearned), 1);
  assert_int_equal(bench.count(FlagEvent::kRaised), 1);
  assert_true(bench.one_id());
}

void a_second_restart_ends_it_no_second_time(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  start_again_same(bench, 60);
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  bench.save();
  assert_int_equal(start_again_same(bench, 60), 0);
  bench.run(100);
  assert_int_equal(bench.flags.size(), 2);
}

void with_nothing_learned_left_the_episode_is_ended_and_says_why(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  assert_int_equal(start_again_same(bench, 60, false), 0);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.last().event == FlagEvent::kCleared);
  assert_true(bench.one_id());
  assert_true(bench.last_text().find("what was usual is not known") != std::string_view::npos);
  assert_true(bench.last().wall == bench.now().wall);
}

void the_episode_of_a_model_that_is_gone_is_ended(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  assert_int_equal(start_again_without_the_model(bench), 0);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.one_id());
  assert_string_equal(bench.last().model.c_str(), "host");
  assert_true(bench.last_text().find("no such model") != std::string_view::npos);
}

void the_episode_of_a_model_with_other_features_is_ended(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  assert_int_equal(start_again_with_other_features(bench), 0);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.one_id());
  assert_true(bench.last_text().find("other features") != std::string_view::npos);
}

void what_was_never_told_is_not_ended(void** state) {
  Bench& bench = get(state);
  bench.save();
  assert_int_equal(start_again_same(bench, 60), 0);
  bench.run(60);
  assert_int_equal(bench.flags.size(), 0);
}

void a_clock_that_was_set_back_a_day_takes_no_time_from_an_episode(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  bench.clock_set_s = -kDay;
  assert_int_equal(start_again_same(bench, 60), 1);
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  assert_int_equal(bench.flags.size(), 2);
  assert_true(bench.one_id());
  assert_true(bench.last().duration_s >= 15.0 && bench.last().duration_s <= 120.0);
}

void ids_differ_even_when_the_clock_was_set_back(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  bench.host.extra_memory_bytes = 0;
  bench.run(100);
  bench.save();
  start_again_same(bench, 60);
  bench.run(200);
  bench.host.extra_memory_bytes = 2e9;
  bench.run(20);
  assert_int_equal(bench.count(FlagEvent::kRaised), 2);
  assert_true(bench.last().id.view().ends_with("-2"));
}

void what_was_learned_goes_on_where_it_was_saved(void** state) {
  Bench& bench = get(state);
  bench.save();
  const double learned_s = bench.pipeline->watchers()[0]->model().learned_s();
  bench.run(50);  // which a kill takes
  start_again_same(bench, 3600);
  assert_near(bench.pipeline->watchers()[0]->model().learned_s(), learned_s, 0, 0);
  bench.host.extra_memory_bytes = 2e9;
  bench.run(5);
  assert_int_equal(bench.count(FlagEvent::kRaised), 1);  // no second warm-up
}

bool refuses_length(Bench& bench, std::size_t length) {
  const auto resumed = bench.pipeline->resume_episodes(std::span(bench.episodes).first(length), bench.now());
  return !resumed;
}

void every_cut_is_refused_whole(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  for (std::size_t length = 1; length < bench.episodes.size(); length += 7) assert_true(refuses_length(bench, length));
  assert_int_equal(bench.flags.size(), 1);
}

// Whatever the bytes are, the events stay in order: flips beyond what the checksum of the file would let through.
void no_flipped_bit_breaks_the_order_of_events(void** state) {
  Bench& bench = get(state);
  open_one(bench);
  Rng& random = *new Rng(epsilond::tests::test_seed());
  for (int i = 0; i < 300; ++i) {
    const std::size_t at = random.below(bench.episodes.size());
    const auto bit = static_cast<std::byte>(1U << random.below(8));
    bench.episodes[at] ^= bit;
    static_cast<void>(start_again_same(bench, 1));
    bench.run(2);
    bench.episodes[at] ^= bit;
  }
  delete &random;
  assert_true(bench.flags.size() >= 1);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(an_open_episode_is_cleared_under_its_id_after_a_restart, setup, teardown),
    cmocka_unit_test_setup_teardown(the_time_between_is_time_of_the_episode, setup, teardown),
    cmocka_unit_test_setup_teardown(what_is_still_strange_is_not_raised_again, setup, teardown),
    cmocka_unit_test_setup_teardown(what_goes_on_can_be_explained_before_its_next_event, setup, teardown),
    cmocka_unit_test_setup_teardown(a_level_is_accepted_as_if_there_had_been_no_restart, setup, teardown),
    cmocka_unit_test_setup_teardown(a_second_restart_ends_it_no_second_time, setup, teardown),
    cmocka_unit_test_setup_teardown(with_nothing_learned_left_the_episode_is_ended_and_says_why, setup, teardown),
    cmocka_unit_test_setup_teardown(the_episode_of_a_model_that_is_gone_is_ended, setup, teardown),
    cmocka_unit_test_setup_teardown(the_episode_of_a_model_with_other_features_is_ended, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_never_told_is_not_ended, setup, teardown),
    cmocka_unit_test_setup_teardown(a_clock_that_was_set_back_a_day_takes_no_time_from_an_episode, setup, teardown),
    cmocka_unit_test_setup_teardown(ids_differ_even_when_the_clock_was_set_back, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_learned_goes_on_where_it_was_saved, setup, teardown),
    cmocka_unit_test_setup_teardown(every_cut_is_refused_whole, setup, teardown),
    cmocka_unit_test_setup_teardown(no_flipped_bit_breaks_the_order_of_events, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
