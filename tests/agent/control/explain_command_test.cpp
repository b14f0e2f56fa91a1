#include "agent/control/explain_command.h"

#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::agent;

namespace {

constexpr std::string_view kHead =
    R"({"v":1,"event":"EVENT","id":"host-20261122T031502Z-4","host":"web1","time":"2026-11-22T03:15:17.000Z","model":"host",)"
    R"("surprise":9.2,"log_super_epsilon":-81.1,"threshold":5.3,"duration_s":15,"features":[],"processes":[PROCESSES],)"
    R"x("text":"memory used 7.9 GB (usual 2.2 \u00b1 0.2 GB)"})x";

// The answer of an agent to `explain`, and what is made of it.
struct Bench {
  AgentReply reply;
  std::string text;

  void explain(const std::string& event, const std::string& processes, bool all = false) {
    std::string head(kHead);
    head.replace(head.find("EVENT"), 5, event);
    head.replace(head.find("PROCESSES"), 9, processes);
    reply.text = head + "\n" + feature("mem_used_bytes", "memory used", "bytes", 7.9e9, 26.1, -80.0, 0.98);
    for (int i = 0; i < 6; ++i)
      reply.text += feature("f" + std::to_string(i), "feature " + std::to_string(i), "1", 1, 0.1, -0.25, 0.0);
    reply.text += feature("disk_ops", "disk operations", "1", 5, 3.0, 0.4, 0.0) + "ok\n";
    read_reply(reply);
    text = episode_for_people(reply, all);
  }
  static std::string feature(const std::string& name, const std::string& description, const std::string& unit,
                             double value, double z, double log_density, double share) {
    return R"({"what":"feature","name":")" + name + R"(","description":")" + description + R"(","unit":")" + unit +
           R"(","value":)" + std::to_string(value) + R"(,"mean":1,"sd":0.5,"z":)" + std::to_string(z) +
           R"(,"log_density":)" + std::to_string(log_density) + R"(,"share":)" + std::to_string(share) + "}\n";
  }
  bool has(std::string_view what) const { return text.find(what) != std::string::npos; }
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

void it_says_what_happened_and_whether_it_is_over(void** state) {
  Bench& bench = get(state);
  bench.explain("raised", "");
  assert_true(bench.text.starts_with("RAISED host-20261122T031502Z-4 [model host] on web1, 2026-11-22T03:15:17.000Z, "
                                     "still open, by then for 15 s\nmemory used 7.9 GB (usual 2.2 \u00b1 0.2 GB)\n"));
  assert_true(bench.has("surprise 9.20, threshold 5.30, log super-epsilon -81.1"));
  assert_false(bench.has("Processes"));
}

void an_episode_that_is_over_says_how_long_it_was(void** state) {
  get(state).explain("cleared", "");
  assert_true(get(state).text.starts_with("CLEARED "));
  assert_true(get(state).has(", lasted 15 s\n"));
}

void what_each_feature_brought_adds_up_and_the_ordinary_ones_are_one_line(void** state) {
  Bench& bench = get(state);
  bench.explain("raised", "");
  assert_true(bench.has("\nmemory used "));
  assert_true(bench.has(" 7.9 GB  1 \u00b1 0.5"));
  assert_true(bench.has("   +26.1   -80.0  98 %\n"));
  assert_true(bench.has("disk operations "));
  assert_true(bench.has("3 others "));
  assert_true(bench.has("log super-epsilon: their sum "));
}

void all_features_can_be_asked_for(void** state) {
  get(state).explain("raised", "", true);
  assert_true(get(state).has("feature 5 "));
  assert_false(get(state).has(" others "));
}

void a_process_is_named_with_its_unit_and_what_it_took(void** state) {
  Bench& bench = get(state);
  bench.explain("raised",
                R"({"comm":"postgres","pid":4411,"uid":113,"what":"rss_bytes","delta":5.6e9,"unit":"postgresql.service"},)"
                R"({"comm":"gcc","pid":7,"uid":0,"what":"cpu_seconds","delta":3.25},)"
                R"({"comm":"dd","pid":8,"uid":0,"what":"blocked","delta":1})");
  assert_true(bench.has("  postgres[4411] of uid 113, in postgresql.service: resident memory +5.6 GB\n"));
  assert_true(bench.has("  gcc[7] of uid 0: processor time +3."));
  assert_true(bench.has("  dd[8] of uid 0: waits for a device"));
}

void growth_of_a_newer_agent_is_shown_as_it_comes(void** state) {
  get(state).explain("raised", R"({"comm":"x","pid":1,"uid":0,"what":"sockets","delta":12})");
  assert_true(get(state).has("  x[1] of uid 0: sockets 12.0\n"));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(it_says_what_happened_and_whether_it_is_over, setup, teardown),
    cmocka_unit_test_setup_teardown(an_episode_that_is_over_says_how_long_it_was, setup, teardown),
    cmocka_unit_test_setup_teardown(what_each_feature_brought_adds_up_and_the_ordinary_ones_are_one_line, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(all_features_can_be_asked_for, setup, teardown),
    cmocka_unit_test_setup_teardown(a_process_is_named_with_its_unit_and_what_it_took, setup, teardown),
    cmocka_unit_test_setup_teardown(growth_of_a_newer_agent_is_shown_as_it_comes, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
