// One frame of `epsilonctl top`, from lines as an agent answers them.

#include <algorithm>
#include <string>
#include <vector>

#include "agent/control/agent_view.h"
#include "agent/control/top_command.h"
#include "tests/support/screen_frame.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::agent;

namespace {

// An agent with an open episode: zombies is odd, memory is not, and forty more features are as they usually are.
struct Bench : epsilond::tests::ScreenFrame {
  std::vector<std::string> text;
  AgentLines lines;
  HistoryTable history;
  TopChoice choice;
  std::string episode;
  std::string trouble;

  Bench() {
    text.emplace_back(
        R"({"what":"agent","version":"0.1.0","host":"web1","time":"2026-11-22T14:03:22.123Z","uptime_s":3700,)"
        R"("state":"anomalous","muted":false,"mute_window":false})");
    text.emplace_back(
        R"({"what":"model","model":"host","state":"anomalous","learning_ratio":1,"surprise":9.2,)"
        R"("log_super_epsilon":-83.1,"threshold":5.3,"threshold_form":"budget","id":"host-1","duration_s":15})");
    add("memory used", "mem_used_bytes", "bytes", "7.9e9", 0.4, 0.0);
    add("zombies", "zombies", "1", "200", 26.1, 1.0);
    for (int i = 0; i < 40; ++i)
      add("feature number " + std::to_string(i), "f" + std::to_string(i), "1", "1", 0.1, 0.0);
    std::vector<std::string_view> views(text.begin(), text.end());
    lines = sort_lines(views);
    for (int i = 0; i < 300; ++i) history.times_s.push_back(1795305600.0 + i);
    history.names = {"zombies", "host.surprise"};
    history.columns.assign(2, std::vector<double>(300, 0.0));
    for (std::size_t i = 280; i < 300; ++i) {
      history.columns[0][i] = 200.0;
      history.columns[1][i] = 9.2;
    }
  }
  void add(const std::string& description, const std::string& name, const std::string& unit, const std::string& value,
           double z, double share) {
    text.push_back(R"({"what":"feature","name":")" + name + R"(","model":"host","unit":")" + unit +
                   R"(","description":")" + description + R"(","value":)" + value + R"(,"mean":1,"sd":0.5,"z":)" +
                   std::to_string(z) + R"(,"log_density":-1,"share":)" + std::to_string(share) + "}");
  }
  void draw(std::size_t columns, std::size_t rows, const TextStyle& style) {
    frame = draw_top({lines.agent, lines.models[0], 1, history, episode, trouble}, choice, columns, rows, style);
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
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void it_fills_the_screen_and_never_more(void** state) {
  constexpr struct {
    std::size_t columns;
    std::size_t rows;
  } kSizes[] = {{80, 24}, {200, 60}, {40, 10}, {132, 43}};
  for (const auto& size : kSizes) {
    for (const TextStyle style : {TextStyle{false, false}, TextStyle{true, true}}) {
      get(state).draw(size.columns, size.rows, style);
      assert_int_equal(get(state).row_count(), size.rows);
      assert_true(get(state).widest() < size.columns);
      assert_true(get(state).widest() >= size.columns - 1);
    }
  }
}

void it_says_what_is_odd_first(void** state) {
  Bench& bench = get(state);
  bench.draw(80, 24, {false, true});
  assert_true(bench.row_begins(0, "epsilond 0.1.0 on web1: anomalous "));
  assert_true(bench.has("14:03:22 UTC"));
  assert_true(bench.row_begins(1, "[model host] anomalous   surprise 9.20 of 5.30   log super-epsilon -83.1"));
  assert_true(bench.row_begins(3, "episode for 15 s: host-1"));
  assert_true(bench.row_begins(5, "zombies "));
  assert_true(bench.has("+26.1 100 %! "));
  assert_true(bench.has("\u2588"));
}

void it_tells_what_happened_in_a_few_lines(void** state) {
  Bench& bench = get(state);
  for (int i = 0; i < 20; ++i) bench.episode += "memory used 7.9 GB, ";
  for (const std::size_t columns : {std::size_t{40}, std::size_t{80}, std::size_t{132}}) {
    bench.draw(columns, 24, {true, true});
    assert_int_equal(bench.row_count(), 24);
    assert_true(bench.widest() < columns);
  }
  bench.draw(80, 24, {false, false});
  assert_false(bench.has("\u00b1"));
  assert_true(bench.has(" 1 +- 0.5 "));
  bench.draw(80, 24, {false, true});
  assert_true(bench.has(" 1 \u00b1 0.5 "));
  assert_true(bench.row_begins(3, "episode for 15 s: memory used 7.9 GB, "));
  assert_true(bench.row_begins(4, "memory used 7.9 GB, "));
  assert_true(bench.row_begins(5, "memory used 7.9 GB, "));
  assert_true(bench.row_begins(6, "feature "));
  assert_true(bench.has("...\nfeature "));
  assert_true(bench.has("  space pause\n"));
}

void a_window_that_mutes_is_named(void** state) {
  Bench& bench = get(state);
  bench.text[0] =
      R"({"what":"agent","version":"0.1.0","host":"web1","time":"2026-11-22T03:03:22.123Z","uptime_s":3700,)"
      R"("state":"muted","muted":true,"mute_window":true,"mute_window_name":"backup",)"
      R"("mute_window_until":"2026-11-22T04:30:00.000Z"})";
  bench.lines.agent = epsilond::agent::RawJson(bench.text[0]);
  bench.draw(132, 24, {false, true});
  assert_true(bench.row_begins(3, "muted until 2026-11-22T04:30:00.000Z by [mute backup]; episode for 15 s: host-1"));
}

void an_agent_that_is_gone_leaves_its_last_screen_and_a_word(void** state) {
  Bench& bench = get(state);
  bench.trouble = "/run/x: no agent";
  bench.draw(80, 24, {false, true});
  assert_true(bench.row_begins(3, "/run/x: no agent"));
  assert_true(bench.row_begins(5, "zombies "));
}

void without_colour_there_is_no_escape(void** state) {
  get(state).draw(80, 24, {false, true});
  assert_false(get(state).has("\033"));
  get(state).draw(80, 24, {true, true});
  assert_true(get(state).has("\033[31mzombies"));
}

void the_order_of_the_table_can_be_kept(void** state) {
  Bench& bench = get(state);
  bench.choice.by_strangeness = false;
  bench.draw(80, 24, {false, true});
  assert_true(bench.row_begins(5, "memory used "));
}

void the_table_scrolls_to_its_end_and_no_farther(void** state) {
  Bench& bench = get(state);
  bench.choice.by_strangeness = false;
  bench.choice.scroll = 1000;
  bench.draw(80, 24, {false, true});
  assert_true(bench.row_begins(22, "feature number 39"));
  assert_true(bench.row_begins(23, "! odd  q quit"));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(it_fills_the_screen_and_never_more, setup, teardown),
    cmocka_unit_test_setup_teardown(it_says_what_is_odd_first, setup, teardown),
    cmocka_unit_test_setup_teardown(it_tells_what_happened_in_a_few_lines, setup, teardown),
    cmocka_unit_test_setup_teardown(a_window_that_mutes_is_named, setup, teardown),
    cmocka_unit_test_setup_teardown(an_agent_that_is_gone_leaves_its_last_screen_and_a_word, setup, teardown),
    cmocka_unit_test_setup_teardown(without_colour_there_is_no_escape, setup, teardown),
    cmocka_unit_test_setup_teardown(the_order_of_the_table_can_be_kept, setup, teardown),
    cmocka_unit_test_setup_teardown(the_table_scrolls_to_its_end_and_no_farther, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
