#include "agent/control/control_service.h"

#include "tests/agent/control/control_bench.h"
#include "tests/support/alloc_guard.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::tests;

namespace {

using Bench = ControlBench;
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void status_has_the_agent_each_model_and_each_emitter(void** state) {
  Bench& bench = get(state);
  bench.run(100);
  bench.ask("status");
  assert_true(bench.verdict() == "ok");
  assert_true(bench.text_is(0, "what", "agent"));
  assert_true(bench.text_is(0, "version", EPSILOND_VERSION));
  assert_true(bench.text_is(0, "state", "normal"));
  assert_true(bench.number(0, "samples") == 99.0);
  assert_true(bench.number(0, "ticks_missed") == 2.0);
  assert_true(bench.text_is(1, "what", "model"));
  assert_true(bench.text_is(1, "model", "host"));
  assert_true(bench.number(1, "learning_ratio") == 1.0);
  for (std::size_t i = 2; i < 5; ++i) assert_true(bench.text_is(i, "what", "feature"));
  assert_true(bench.text_is(5, "model", "diary"));
  assert_true(bench.text_is(6, "name", "zombies"));
  assert_true(bench.text_is(7, "what", "emitter"));
  assert_true(bench.text_is(7, "name", "recording"));
  assert_int_equal(bench.line_count(), 9);
}

void status_says_how_far_learning_has_come(void** state) {
  Bench& bench = get(state);
  bench.run(31);
  bench.ask("status");
  assert_true(bench.text_is(0, "state", "learning"));
  assert_near(bench.number(1, "learning_ratio"), 0.5, 1e-9, 0.0);
}

void status_tells_of_the_open_episode(void** state) {
  Bench& bench = get(state);
  bench.run(200);
  bench.host.extra_zombies = 400;
  bench.run(40);
  bench.ask("status");
  assert_true(bench.text_is(0, "state", "anomalous"));
  assert_true(bench.text_is(1, "id", bench.flags.front().id.view()));
  assert_true(RawJson(bench.line(1))["told"].is_true());
  assert_near(bench.number(1, "times"), 1.0, 0.0, 0.0);
  assert_true(bench.number(1, "peak_surprise") >= bench.number(1, "surprise"));
  assert_false(bench.has("cooldown_left_s"));
}

void status_tells_of_the_quiet_of_a_flapping_episode(void** state) {
  Bench& bench = get(state);
  for (ModelConfig& model : bench.config.models) model.flap_count = 2;
  bench.pipeline = bench.make_pipeline();
  bench.live_through_an_episode();
  bench.ask("status");
  assert_true(bench.text_is(0, "state", "normal"));
  bench.host.extra_zombies = 400;
  bench.run(40);
  bench.host.extra_zombies = 0;
  bench.run(60);
  bench.ask("status");
  assert_true(bench.text_is(0, "state", "flapping"));
  assert_true(bench.text_is(1, "state", "flapping"));
  assert_true(RawJson(bench.line(1))["told"].is_true());
  assert_false(RawJson(bench.line(1))["anomalous"].is_true());
}

void status_tells_of_a_cooldown(void** state) {
  Bench& bench = get(state);
  for (ModelConfig& model : bench.config.models) model.cooldown_s = 3600;
  bench.pipeline = bench.make_pipeline();
  bench.live_through_an_episode();
  bench.ask("status");
  assert_true(bench.text_is(1, "state", "normal"));
  assert_true(bench.number(1, "cooldown_left_s") > 3500.0 && bench.number(1, "cooldown_left_s") < 3600.0);
  bench.host.extra_zombies = 400;
  bench.run(20);
  bench.ask("status");
  assert_true(bench.text_is(1, "state", "anomalous"));
  assert_false(RawJson(bench.line(1))["told"].is_true());
}

void before_the_first_sample_every_request_is_answered(void** state) {
  Bench& bench = get(state);
  for (const char* line : {"status", "features", "explain", "explain now", "history"}) {
    bench.ask(line);
    assert_true(bench.verdict() == "ok" || bench.verdict().starts_with("error not-found "));
  }
}

void features_has_every_column_of_every_model(void** state) {
  Bench& bench = get(state);
  bench.run(100);
  bench.ask("features");
  assert_int_equal(bench.line_count(), 1 + features().size() + 2 + 1);
  assert_true(bench.text_is(1, "name", "load_1min"));
  assert_true(bench.text_is(1, "unit", "1"));
  assert_true(bench.number(1, "sd") > 0.0);
  assert_false(std::isfinite(bench.number(2, "value")));  // load_5min: the simulated host has none
}

void the_log_densities_add_up_to_log_super_epsilon(void** state) {
  Bench& bench = get(state);
  bench.run(300);
  bench.ask("explain now");
  const double total = bench.number(0, "log_super_epsilon");
  const double diary = bench.number(1 + features().size(), "log_super_epsilon");
  const double of_diary = bench.number(2 + features().size(), "log_density");
  assert_near(of_diary, diary, 1e-5, 1e-5);
  // Printed with six digits each.
  assert_near(bench.sum(1, "log_density") - of_diary, total, 1e-3, 1e-5);
}

void without_an_episode_explain_says_what_else_there_is(void** state) {
  Bench& bench = get(state);
  bench.run(100);
  bench.ask("explain");
  assert_true(bench.verdict().starts_with("error not-found "));
  assert_true(bench.has("explain now"));
  assert_int_equal(bench.line_count(), 1);
}

void explain_shows_the_last_episode_as_it_was_sent_and_its_arithmetic(void** state) {
  Bench& bench = get(state);
  bench.live_through_an_episode();
  assert_true(bench.flag_count(FlagEvent::kCleared) >= 1);
  bench.ask("explain");
  assert_true(bench.verdict() == "ok");
  assert_true(bench.text_is(0, "event", "cleared"));
  assert_true(bench.text_is(0, "id", bench.flags.back().id.view()));
  assert_true(bench.has("\"name\":\"zombies\""));
  const double terms = bench.flags.back().model == "diary" ? 1.0 : static_cast<double>(features().size());
  assert_int_equal(bench.line_count(), 2 + static_cast<std::size_t>(terms));
  assert_near(bench.sum(1, "log_density"), bench.number(0, "log_super_epsilon"), 1e-2, 1e-4);
  assert_near(bench.sum(1, "share"), 1.0, 1e-3, 0.0);
}

void an_episode_is_found_by_its_id(void** state) {
  Bench& bench = get(state);
  bench.live_through_an_episode();
  static std::string request;
  request = "explain " + std::string(bench.flags.front().id.view());
  bench.ask(request);
  assert_true(bench.text_is(0, "id", bench.flags.front().id.view()));
  bench.ask("explain host-of-mine");
  assert_true(bench.verdict().starts_with("error not-found no such episode"));
}

void history_has_every_feature_and_every_row(void** state) {
  Bench& bench = get(state);
  bench.run(51);
  bench.ask("history");
  assert_true(bench.verdict() == "ok");
  assert_int_equal(bench.line_count(), 1 + 50 + 1);
  assert_true(bench.line(0).starts_with("timestamp,load_1min,"));
  assert_true(bench.ascends_by_one(0));
  assert_true(bench.cell_is(49, 0, "1795305651.000"));
  assert_true(bench.cell_is(0, 2, ""));  // load_5min is absent
}

void history_gives_the_columns_and_rows_that_are_asked_for(void** state) {
  Bench& bench = get(state);
  bench.run(51);
  bench.ask("history 7 host.surprise zombies");
  assert_true(bench.line(0) == "timestamp,zombies,host.surprise");
  assert_int_equal(bench.line_count(), 1 + 7 + 1);
  assert_true(bench.column_is_zero(1));
  bench.ask("history 1000 zombies");
  assert_int_equal(bench.line_count(), 1 + 50 + 1);
}

void history_remembers_the_surprise_of_each_row(void** state) {
  Bench& bench = get(state);
  bench.run(200);
  bench.host.extra_zombies = 400;
  bench.run(3);
  bench.ask("history 5 diary.surprise");
  assert_int_equal(bench.line_count(), 7);
  assert_true(std::atof(bench.line(5).data() + bench.line(5).find(',') + 1) > 3.0);
  assert_true(std::atof(bench.line(1).data() + bench.line(1).find(',') + 1) < 3.0);
}

void a_column_that_is_not_there_is_named(void** state) {
  Bench& bench = get(state);
  for (const char* line : {"history zombis", "history 5 host", "history .surprise", "history nobody.surprise"}) {
    bench.ask(line);
    assert_true(bench.verdict().starts_with("error not-found no such feature: "));
    assert_int_equal(bench.line_count(), 1);
  }
}

void rows_that_are_overwritten_while_a_client_reads_are_counted(void** state) {
  Bench& bench = get(state);
  bench.run(kRows + 51);
  bench.begin("history");
  assert_true(bench.more());
  const std::size_t sent = bench.line_count() - 1;
  assert_true(sent > 0 && sent < kRows / 2);
  bench.run(80);  // of the rows that were there, 40 are left
  while (bench.more()) {
  }
  assert_int_equal(bench.line_count(), 1 + sent + 40 + 1);
  assert_true(bench.has("ok "));
  assert_true(bench.verdict() ==
              "ok " + std::to_string(kRows - sent - 40) + " rows were overwritten before they could be sent");
}

void an_answer_ends_although_all_its_rows_were_overwritten(void** state) {
  Bench& bench = get(state);
  bench.run(kRows + 1);
  bench.begin("history");
  assert_true(bench.more());
  const std::size_t sent = bench.line_count() - 1;
  bench.run(3 * kRows);
  while (bench.more()) {
  }
  assert_int_equal(bench.line_count(), 1 + sent + 1);
  assert_true(bench.verdict().starts_with("ok " + std::to_string(kRows - sent) + " rows"));
}

void nonsense_is_answered_with_what_there_is(void** state) {
  Bench& bench = get(state);
  bench.ask("HELO");
  assert_true(bench.verdict().starts_with("error invalid no such request; there are: status"));
  bench.ask(std::string_view("\0\1\2", 3));
  assert_true(bench.verdict().starts_with("error malformed "));
}

void a_reload_ends_what_was_being_answered(void** state) {
  Bench& bench = get(state);
  bench.run(100);
  bench.begin("history");
  assert_true(bench.more());
  bench.service.forget_pipeline();
  while (bench.more()) {
  }
  assert_true(bench.verdict() == "error changed the agent was reloaded meanwhile: ask again");
}

void episodes_outlast_a_reload_that_changes_the_table(void** state) {
  Bench& bench = get(state);
  bench.live_through_an_episode();
  bench.config.models.resize(1);
  bench.config.models[0].clear_after_s = 7;
  std::unique_ptr<Pipeline>& next = *new std::unique_ptr<Pipeline>(bench.make_pipeline());
  next->take_over(*bench.pipeline, bench.time());
  bench.pipeline = std::move(next);
  delete &next;
  bench.ask("explain");
  assert_true(bench.verdict() == "ok");
  assert_true(bench.has("\"what\":\"feature\",\"name\":\"zombies\""));
}

void requests_allocate_nothing(void** state) {
  if (!allocations_are_counted()) skip();
  Bench& bench = get(state);
  bench.live_through_an_episode();
  bench.answer.reserve(1U << 20U);
  bench.ask("status");
  const std::size_t before = allocation_count();
  for (const char* line :
       {"status", "features", "explain", "explain now", "history", "history 5 zombies diary.surprise", "mute 60 backup",
        "unmute", "relearn", "nonsense", "relearn zombies"})
    bench.ask(line);
  const std::size_t after = allocation_count();
  assert_int_equal(after, before);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(status_has_the_agent_each_model_and_each_emitter, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(status_says_how_far_learning_has_come, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(status_tells_of_the_open_episode, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(status_tells_of_the_quiet_of_a_flapping_episode, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(status_tells_of_a_cooldown, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(before_the_first_sample_every_request_is_answered, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(features_has_every_column_of_every_model, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(the_log_densities_add_up_to_log_super_epsilon, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(without_an_episode_explain_says_what_else_there_is, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(explain_shows_the_last_episode_as_it_was_sent_and_its_arithmetic,
                                    make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(an_episode_is_found_by_its_id, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(history_has_every_feature_and_every_row, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(history_gives_the_columns_and_rows_that_are_asked_for, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(history_remembers_the_surprise_of_each_row, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(a_column_that_is_not_there_is_named, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(rows_that_are_overwritten_while_a_client_reads_are_counted, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(an_answer_ends_although_all_its_rows_were_overwritten, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(nonsense_is_answered_with_what_there_is, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(a_reload_ends_what_was_being_answered, make_control_bench, destroy_control_bench),
    cmocka_unit_test_setup_teardown(episodes_outlast_a_reload_that_changes_the_table, make_control_bench,
                                    destroy_control_bench),
    cmocka_unit_test_setup_teardown(requests_allocate_nothing, make_control_bench, destroy_control_bench),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
