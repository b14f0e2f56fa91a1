#include "agent/config/config_printer.h"

#include "agent/config/config_lines.h"
#include "tests/agent/config/config_support.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::agent;
using epsilond::tests::last_result;
using epsilond::tests::load;
using epsilond::tests::load_files;

namespace {

std::string& printed() {
  static std::string text;
  return text;
}

// Prints what was loaded last; true if reading the text gives the same configuration again.
bool prints_and_reads_back() {
  printed() = print_config(last_result().loaded);
  const ConfigText text{"printed.ini", printed()};
  const LoadResult again = parse_config({&text, 1});
  for (const std::string& message : again.messages) std::fprintf(stderr, "    %s\n", message.c_str());
  return again && again.loaded.config == last_result().loaded.config;
}

bool printed_has(std::string_view part) { return printed().find(part) != std::string::npos; }

std::size_t longest_line() {
  std::size_t longest = 0;
  for (std::size_t at = 0; at < printed().size();) {
    const std::size_t end = std::min(printed().find('\n', at), printed().size());
    longest = std::max(longest, end - at);
    at = end + 1;
  }
  return longest;
}

bool load_file_called(const std::string& name, const std::string& text) {
  const ConfigText file{name, text};
  last_result() = parse_config({&file, 1});
  return static_cast<bool>(last_result());
}

bool load_from_a_long_path() {
  return load_file_called("/" + std::string(3000, 'd') + "/e.ini", "[agent]\nhost = a\n");
}

bool load_from_an_odd_path() { return load_file_called("/tmp/a\nb\xFF.ini", "[agent]\nhost = a\n"); }

// A line that is as long as a line may be, without blanks around "=".
bool load_full_line() {
  std::string text = "[agent]\nstate=/";
  return load(text + std::string(kMaxLineBytes - 7, 'x') + "\n");
}

void the_defaults_read_back(void**) {
  assert_true(load_files({}));
  assert_true(prints_and_reads_back());
}

void every_default_says_so(void**) {
  assert_true(load_files({}));
  assert_true(prints_and_reads_back());
  assert_true(printed_has("\n[agent]\ninterval = 1s ; default\nhost = auto ; default\ncpu_budget = 0.2% ; default\n"));
  assert_true(printed_has("\n[model host]\nkind = product ; default\n"));
  assert_true(printed_has("no [emit ...] section: events go to stdout"));
}

void a_full_configuration_reads_back(void**) {
  assert_true(load(
      "[agent]\ninterval = 250ms\nhost = vm-17\ncpu_budget = 0.07%\nstate = none\nsave_every = 90s\nhistory = 90m\n"
      "source = procfs\ncluster = shop.eu\nrole = web\n[features]\ndisable = pressure_*, zombies\n"
      "[model a]\nfeatures = load_* mem_used_bytes\nbaseline = hour-of-day\ntransform = none\nwarm_up = 1.5h\n"
      "false_alarms_per_week = 0.3\nraise_after = 3 of 5\nclear_after = 45s\nsettle = 2500ms\nremind_after = 0s\n"
      "accept_after = 36h\ncritical_surprise = 9.5\n"
      "[model b]\nthreshold = epsilon\nlog_epsilon = -60.125\n"
      "[model c]\nthreshold = quantile\nquantile = 0.01\n[model d]\nthreshold = contamination\ncontamination = 0.02\n"
      "[emit syslog]\n[emit syslog far]\ntarget = udp://[2001:db8::1]:5140\nfacility = local3\nmax_datagram = 1024\n"
      "[emit udp]\ntarget = 192.0.2.10:8089\n"
      "[emit udp series]\ntarget = 192.0.2.11:8089\nformat = graphite\nevery = 90s\n"
      "[emit textfile]\npath = /run/metrics/epsilond.prom\nevery = 15s\nfeatures = yes\n"
      "[emit prometheus]\nlisten = [::1]:9979\nfeatures = no\n"
      "[mute backup]\nwhen = Sun 03:00-04:30, Mon-Fri 23:00-24:00\n[mute noon]\nwhen = daily 12:00-12:05\n"));
  assert_true(prints_and_reads_back());
}

void each_value_says_where_it_came_from(void**) {
  assert_true(load_files({"[agent]\ninterval = 2s\n", "[agent]\n\nhost = vm-17\n"}));
  assert_true(prints_and_reads_back());
  assert_true(printed_has("interval = 2s ; a.ini:2\n"));
  assert_true(printed_has("host = vm-17 ; b.ini:3\n"));
}

void only_keys_of_the_chosen_threshold_are_printed(void**) {
  assert_true(load("[model m]\nthreshold = epsilon\nlog_epsilon = -60\n"));
  assert_true(prints_and_reads_back());
  assert_true(printed_has("log_epsilon = -60 ; a.ini:3\n"));
  assert_false(printed_has("false_alarms_per_week"));
  assert_false(printed_has("quantile ="));
}

void contamination_keeps_its_name(void**) {
  assert_true(load("[model m]\nthreshold = contamination\n"));
  assert_true(prints_and_reads_back());
  assert_true(printed_has("threshold = contamination ; a.ini:2\ncontamination = 0.001 ; default\n"));
}

void lists_are_printed_as_written(void**) {
  assert_true(load("[features]\ndisable = pressure_*, zombies\n"));
  assert_true(prints_and_reads_back());
  assert_true(printed_has("disable = pressure_*, zombies ; a.ini:2\n"));
}

void the_state_of_the_command_line_is_printed(void**) {
  assert_true(load("[agent]\nstate = /a\n"));
  override_state_path(&last_result().loaded, "/b");
  assert_true(prints_and_reads_back());
  assert_true(printed_has("state = /b ; --state\n"));
}

void services_read_back(void**) {
  assert_true(load("[watch db]\nmatch = comm:post gres\n[watch web]\nmatch = cgroup:a.slice/b\nfeatures = rss_* threads\n"
                   "[model m]\nfeatures = web.* db.rss_bytes\n"));
  assert_true(prints_and_reads_back());
  assert_true(printed_has("\n[watch db]\nmatch = comm:post gres ; a.ini:2\nfeatures = default ; default\n"));
  assert_true(printed_has("\n[watch web]\nmatch = cgroup:a.slice/b ; a.ini:4\nfeatures = rss_* threads ; a.ini:5\n"));
}

void a_long_path_does_not_make_a_long_line(void**) {
  assert_true(load_from_a_long_path());
  assert_true(prints_and_reads_back());
  assert_true(printed_has("/e.ini:2"));
  assert_in_range(longest_line(), 1, kMaxLineBytes);
}

void a_full_line_stays_within_its_limit(void**) {
  assert_true(load_full_line());
  assert_true(prints_and_reads_back());
  assert_in_range(longest_line(), 1, kMaxLineBytes);
}

void an_odd_file_name_does_not_break_the_output(void**) {
  assert_true(load_from_an_odd_path());
  assert_true(prints_and_reads_back());
}

std::string& cost() {
  static std::string text;
  return text;
}

void set_cost(const ConfigCost& numbers) { cost() = print_cost(numbers); }

void the_cost_is_told_in_comments(void**) {
  set_cost({.models = {}, .watches = {}, .memory_bytes = 1234567, .process_scan_every_s = 5.0});
  assert_true(cost().starts_with("; memory budget: 1234567 bytes"));
  assert_true(cost().find("\n; processes are scanned every 5s") != std::string::npos);
}

void an_unknown_scan_delay_is_not_told(void**) {
  set_cost({.models = {}, .watches = {}, .memory_bytes = 1, .process_scan_every_s = 0.0});
  assert_true(cost().find("scanned") == std::string::npos);
}

void set_cost_of_a_service() {
  ConfigCost numbers;
  numbers.watches.push_back({"db", 13, 140000});
  set_cost(numbers);
}

void each_service_says_its_features_and_its_bytes(void**) {
  set_cost_of_a_service();
  assert_true(cost().starts_with("; [watch db]: 13 features, 140000 bytes\n"));
}

void set_cost_of_a_model() {
  ConfigCost numbers;
  numbers.models.push_back({"forest", 800000, 4200.4});
  set_cost(numbers);
}

void each_model_says_its_bytes_and_its_cost_per_sample(void**) {
  set_cost_of_a_model();
  assert_true(
      cost().starts_with("; [model forest]: 800000 bytes, about 4200 floating-point operations per sample\n"));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_defaults_read_back),
    cmocka_unit_test(every_default_says_so),
    cmocka_unit_test(a_full_configuration_reads_back),
    cmocka_unit_test(each_value_says_where_it_came_from),
    cmocka_unit_test(only_keys_of_the_chosen_threshold_are_printed),
    cmocka_unit_test(contamination_keeps_its_name),
    cmocka_unit_test(lists_are_printed_as_written),
    cmocka_unit_test(the_state_of_the_command_line_is_printed),
    cmocka_unit_test(services_read_back),
    cmocka_unit_test(a_long_path_does_not_make_a_long_line),
    cmocka_unit_test(a_full_line_stays_within_its_limit),
    cmocka_unit_test(an_odd_file_name_does_not_break_the_output),
    cmocka_unit_test(the_cost_is_told_in_comments),
    cmocka_unit_test(an_unknown_scan_delay_is_not_told),
    cmocka_unit_test(each_model_says_its_bytes_and_its_cost_per_sample),
    cmocka_unit_test(each_service_says_its_features_and_its_bytes),
};
EPSILOND_TEST_MAIN(kTests)
