// One frame of `epsilonctl fleet`, and what stands in it.

#include <algorithm>
#include <string>
#include <vector>

#include "agent/fleet/fleet_command.h"
#include "agent/fleet/fleet_text.h"
#include "tests/support/screen_frame.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::agent;
using namespace epsilond::platform;

namespace {

// Fifty hosts, of which h07 is odd; names with what no terminal should be shown are not believed by the readers.
struct Bench : epsilond::tests::ScreenFrame {
  Bench() : book(BookSettings(), KeyedHash({1, 2})), view(100) {
    for (int i = 0; i < 50; ++i) {
      HostReport report;
      report.host.assign("h" + std::to_string(i / 10) + std::to_string(i % 10) + ".a-rather-long-domain.example.org");
      report.model.assign("host");
      report.role.assign("web");
      report.surprise = i == 7 ? 9.2 : 0.01 * i;
      report.threshold = 5.3;
      report.anomalous = i == 7;
      report.learning_ratio = i == 9 ? 0.34 : 1.0;
      report.top_feature.assign("disk_write_bytes_per_s");
      book.take(report, SourceAddress(), {std::chrono::seconds(1000), std::chrono::seconds(1766000000)});
    }
    view.look(book, std::chrono::seconds(1003));
    for (int i = 0; i < 6; ++i) news.push_back("news number " + std::to_string(i));
  }
  void draw(std::size_t columns, std::size_t rows, const TextStyle& style) {
    frame = draw_fleet(view, fates, {"127.0.0.1:8089", std::chrono::seconds(1766000000), news}, choice, columns, rows,
                       style);
  }

  HostBook book;
  FleetView view;
  FleetFates fates;
  FleetChoice choice;
  std::vector<std::string> news;
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
  } kSizes[] = {{80, 24}, {200, 60}, {40, 10}, {132, 43}, {99, 24}, {100, 24}};
  for (const auto& size : kSizes) {
    for (const TextStyle style : {TextStyle{false, false}, TextStyle{true, true}}) {
      get(state).draw(size.columns, size.rows, style);
      assert_int_equal(get(state).row_count(), size.rows);
      assert_true(get(state).widest() < size.columns);
    }
  }
}

void the_oddest_host_comes_first(void** state) {
  Bench& bench = get(state);
  bench.draw(80, 24, {false, true});
  assert_true(bench.row_begins(0, "epsilonctl fleet, 127.0.0.1:8089 "));
  assert_true(bench.row_begins(1, "50 hosts: 50 reporting (1 learning), 0 silent; 1 flagged (2.0 %)"));
  assert_true(bench.row_begins(3, "max surprise 9.20 on h07"));
  assert_true(bench.row_begins(4, "host "));
  assert_true(bench.row_begins(5, "h07"));
  assert_true(bench.has("anomalous "));
  assert_true(bench.has("    3 s"));
  assert_true(bench.has("news number 5\n"));
  assert_false(bench.has("news number 1\n"));
  assert_true(bench.has("more hosts"));
}

void it_scrolls_to_its_end_and_sorts_by_name(void** state) {
  Bench& bench = get(state);
  bench.choice.scroll = 1000;
  bench.draw(80, 24, {false, true});
  assert_true(bench.has("learning 34 %"));
  bench.choice = {.order = HostOrder::kName};
  bench.draw(80, 24, {false, true});
  assert_true(bench.row_begins(5, "h00"));
}

void without_colour_there_is_no_escape(void** state) {
  get(state).draw(80, 24, {false, true});
  assert_false(get(state).has("\033"));
  get(state).draw(80, 24, {true, true});
  assert_true(get(state).has("\033[31mh07"));
}

void what_was_lost_is_said(void** state) {
  Bench& bench = get(state);
  bench.draw(80, 24, {false, true});
  assert_false(bench.has("datagrams:"));
  bench.fates.dropped = 12;
  bench.fates.intake.malformed = 3;
  bench.draw(80, 24, {false, true});
  assert_true(bench.row_begins(4, "datagrams: 12 lost here, 3 malformed"));
  assert_int_equal(bench.row_count(), 24);
}

void the_exit_code_says_what_is_wrong(void**) {
  FleetFacts facts;
  assert_int_equal(fleet_exit_code(facts, 0), 3);
  facts.hosts = facts.reporting = 5;
  assert_int_equal(fleet_exit_code(facts, 0), 0);
  assert_int_equal(fleet_exit_code(facts, 5), 0);
  assert_int_equal(fleet_exit_code(facts, 6), 2);
  facts.fleet_is_odd = true;
  assert_int_equal(fleet_exit_code(facts, 0), 1);
  facts.silent = 1;
  assert_int_equal(fleet_exit_code(facts, 0), 2);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(it_fills_the_screen_and_never_more, setup, teardown),
    cmocka_unit_test_setup_teardown(the_oddest_host_comes_first, setup, teardown),
    cmocka_unit_test_setup_teardown(it_scrolls_to_its_end_and_sorts_by_name, setup, teardown),
    cmocka_unit_test_setup_teardown(without_colour_there_is_no_escape, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_lost_is_said, setup, teardown),
    cmocka_unit_test(the_exit_code_says_what_is_wrong),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
