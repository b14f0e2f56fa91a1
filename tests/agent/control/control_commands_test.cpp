// What an operator commands over the control socket: mute, unmute, relearn.

#include "tests/agent/control/control_bench.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::tests;

namespace {

using Bench = ControlBench;
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void while_muted_nothing_is_sent_and_nothing_learned_but_start_and_stop(void** state) {
  Bench& bench = get(state);
  bench.run(200);
  bench.flags.clear();
  bench.ask("mute 100 a \"backup\"");
  assert_true(bench.verdict().starts_with("ok muted until 20"));
  const double learned_s = bench.pipeline->watchers()[0]->model().learned_s();
  bench.host.extra_zombies = 400;
  bench.run(50);
  assert_true(bench.pipeline->watchers()[0]->latest().score.surprise > 3.0);
  assert_int_equal(bench.flags.size(), 0);
  assert_true(bench.pipeline->watchers()[0]->model().learned_s() == learned_s);
  bench.pipeline->announce(FlagEvent::kStop, bench.time(), "stopped");
  assert_int_equal(bench.flags.size(), 1);
  bench.ask("status");
  assert_true(bench.text_is(0, "state", "muted"));
  assert_true(bench.text_is(0, "mute_reason", "a \"backup\""));
  assert_near(bench.number(0, "mute_left_s"), 50.0, 1e-6, 0.0);
}

void a_mute_ends_in_time(void** state) {
  Bench& bench = get(state);
  bench.run(200);
  bench.ask("mute 30");
  bench.run(29);
  assert_true(bench.pipeline->muted());
  bench.run(1);
  assert_false(bench.pipeline->muted());
  bench.host.extra_zombies = 400;
  bench.run(20);
  assert_true(bench.flag_count(FlagEvent::kRaised) >= 1);
}

void a_second_mute_takes_the_place_of_the_first(void** state) {
  Bench& bench = get(state);
  bench.run(10);
  bench.ask("mute 3000 first");
  bench.ask("mute 5");
  bench.ask("status");
  assert_near(bench.number(0, "mute_left_s"), 5.0, 1e-9, 0.0);
  assert_true(bench.text_is(0, "mute_reason", ""));
}

void unmute_ends_it_at_once(void** state) {
  Bench& bench = get(state);
  bench.run(10);
  bench.ask("unmute");
  assert_true(bench.verdict() == "ok was not muted by command");
  bench.ask("mute 3000");
  bench.ask("unmute");
  assert_true(bench.verdict() == "ok unmuted");
  assert_false(bench.pipeline->muted());
  bench.ask("status");
  assert_false(bench.has("mute_until"));
}

void a_mute_outlasts_a_reload_and_a_restart(void** state) {
  Bench& bench = get(state);
  bench.run(10);
  bench.ask("mute 3000 backup");
  std::vector<std::byte>& saved = *new std::vector<std::byte>(bench.pipeline->episodes_bytes());
  bench.pipeline->save_episodes(bench.time(), saved);
  std::unique_ptr<Pipeline>& next = *new std::unique_ptr<Pipeline>(bench.make_pipeline());
  next->take_over(*bench.pipeline, bench.time());
  const bool after_reload = next->muted();
  next = bench.make_pipeline();
  const bool loaded = static_cast<bool>(next->resume_episodes(saved, bench.time()));
  bench.pipeline = std::move(next);
  delete &next;
  delete &saved;
  assert_true(after_reload);
  assert_true(loaded);
  for (int second = 0; second < 1000; ++second) static_cast<void>(bench.host.next());  // the restart took so long
  bench.run(2);
  bench.ask("status");
  assert_true(bench.text_is(0, "mute_reason", "backup"));
  assert_near(bench.number(0, "mute_left_s"), 3000.0 - 1002.0, 1e-6, 0.0);
}

// A file that is written when this grows has every mute in it, and none that is over.
void each_begin_and_end_of_a_mute_is_to_be_saved(void** state) {
  Bench& bench = get(state);
  bench.run(10);
  std::uint64_t before = bench.pipeline->told();
  bench.ask("unmute");
  assert_int_equal(bench.pipeline->told(), before);
  bench.ask("mute 5");
  assert_int_equal(bench.pipeline->told(), before + 1);
  bench.run(4);
  assert_int_equal(bench.pipeline->told(), before + 1);
  bench.run(2);
  assert_int_equal(bench.pipeline->told(), before + 2);
  bench.ask("mute 5");
  bench.ask("unmute");
  assert_int_equal(bench.pipeline->told(), before + 4);
}

void relearn_begins_the_warm_up_again_and_ends_what_was_open(void** state) {
  Bench& bench = get(state);
  bench.run(200);
  bench.host.extra_zombies = 400;
  bench.run(20);
  const std::size_t raised = bench.flag_count(FlagEvent::kRaised);
  assert_true(raised >= 1);
  bench.ask("relearn");
  assert_true(bench.verdict() == "ok every model learns anew (2)");
  assert_true(bench.service.take_wish_to_save());
  assert_false(bench.service.take_wish_to_save());
  assert_int_equal(bench.flag_count(FlagEvent::kCleared), raised);
  assert_true(bench.flags.back().text == "told to learn anew");
  bench.ask("status");
  assert_true(bench.text_is(0, "state", "learning"));
  assert_near(bench.number(1, "learned_s"), 0.0, 1e-9, 0.0);
  bench.run(100);  // the zombies are usual now
  assert_int_equal(bench.flag_count(FlagEvent::kRaised), raised);
  assert_int_equal(bench.flag_count(FlagEvent::kCleared), raised);
}

void one_feature_is_forgotten_alone(void** state) {
  Bench& bench = get(state);
  bench.run(200);
  bench.ask("relearn zombis");
  assert_true(bench.verdict() == "error not-found no such feature");
  assert_false(bench.service.take_wish_to_save());
  const std::size_t known = bench.pipeline->watchers()[0]->latest().score.features_known;
  bench.ask("relearn zombies");
  assert_true(bench.verdict().starts_with("ok zombies is learned anew by "));
  assert_true(bench.service.take_wish_to_save());
  assert_true(bench.pipeline->watchers()[0]->model().ready());
  const std::size_t raised = bench.flag_count(FlagEvent::kRaised);
  bench.host.extra_zombies = 400;
  bench.run(1);
  assert_int_equal(bench.pipeline->watchers()[0]->latest().score.features_known, known - 1);
  assert_int_equal(bench.flag_count(FlagEvent::kRaised), raised);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(while_muted_nothing_is_sent_and_nothing_learned_but_start_and_stop,
                                    make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(a_mute_ends_in_time, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(a_second_mute_takes_the_place_of_the_first, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(unmute_ends_it_at_once, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(a_mute_outlasts_a_reload_and_a_restart, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(each_begin_and_end_of_a_mute_is_to_be_saved, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(relearn_begins_the_warm_up_again_and_ends_what_was_open, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(one_feature_is_forgotten_alone, make_control_bench,
                                    destroy_control_bench),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
