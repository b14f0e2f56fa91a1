#include "agent/config/config_reader.h"

#include "agent/config/config_values.h"
#include "agent/pipeline/feature_table.h"
#include "agent/watch/watch_table.h"
#include "tests/agent/config/config_support.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::agent;
using epsilond::models::BaselineKind;
using epsilond::models::ThresholdForm;
using epsilond::tests::config;
using epsilond::tests::last_result;
using epsilond::tests::load;
using epsilond::tests::load_files;
using epsilond::tests::message_has;

namespace {

// The example of the product's definition.
constexpr const char* kContractExample = R"([agent]
interval = 1s                 ; 100ms .. 1h
host = auto                   ; gethostname
cpu_budget = 0.2%             ; of one core, averaged: costly scans stretch to stay under it
state = /var/lib/epsilond/state ; or none
[features]
disable = load_15min          ; every feature has a row in the manual
[model host]                  ; sections are named: several models may run side by side
kind = product
features = default            ; or a list
baseline = hour-of-week       ; global | hour-of-day | hour-of-week
warm_up = 15m                 ; nothing is flagged before; 30s or more
threshold = budget
false_alarms_per_week = 0.5
raise_after = 1 of 1           ; m of n samples; the default is what bench/detection shows best
clear_after = 30s             ; quiet for this long before CLEARED
[model diary]
kind = product
features = load_1min load_5min load_15min mem_used_bytes processes zombies
threshold = epsilon
log_epsilon = -60
[emit syslog]
target = local
[emit udp]
target = 192.0.2.10:8089
format = influx
[mute backup]
when = Sun 03:00-04:30
)";

bool model_has(std::size_t model, const char* feature) {
  return config().models[model].features.test(*find_feature(feature));
}
bool name_is(std::size_t model, const char* name) { return config().models[model].name == name; }
bool host_is(const char* name) { return config().host == name; }
bool state_is(const char* path) { return config().state_path == path; }
bool target_is(std::size_t emitter, std::string_view target) {
  return epsilond::platform::format_endpoint(config().emitters[emitter].endpoint).view() == target;
}

bool origin_is(SectionKind section, const char* instance, const char* key, const char* file, unsigned line) {
  const Origin* origin = last_result().loaded.origin(section, instance, key);
  return origin != nullptr && origin->file == file && origin->line == line;
}

void no_file_gives_the_defaults_and_one_model(void**) {
  assert_true(load_files({}));
  assert_near(config().interval_s, 1, 0, 0);
  assert_int_equal(config().models.size(), 1);
  assert_true(name_is(0, "host"));
  assert_int_equal(config().models[0].features.count(), features().size());
  assert_int_equal(config().emitters.size(), 0);
}

void an_empty_file_gives_the_defaults(void**) {
  assert_true(load(""));
  assert_int_equal(config().models.size(), 1);
}

void the_example_of_the_contract_is_read(void**) {
  assert_true(load(kContractExample));
  assert_int_equal(config().models.size(), 2);
  assert_int_equal(config().emitters.size(), 2);
  assert_int_equal(config().mutes.size(), 1);
}

void disabled_features_are_left_out_of_every_model(void**) {
  assert_true(load(kContractExample));
  assert_false(model_has(0, "load_15min"));
  assert_true(model_has(0, "load_5min"));
  assert_false(model_has(1, "load_15min"));
  assert_int_equal(config().models[1].features.count(), 5);
}

void disabled_features_are_left_out_of_the_default_model(void**) {
  assert_true(load("[features]\ndisable = zombies\n"));
  assert_false(model_has(0, "zombies"));
}

constexpr const char* kService = "[watch db]\nmatch = comm:postgres\nfeatures = rss_bytes cpu_*\n";

bool load_service(const char* rest) { return load(std::string(kService) + rest); }
bool load_before_service(const char* text) { return load(text + std::string(kService)); }
bool model_has_service_rows(std::size_t model, std::initializer_list<std::size_t> rows) {
  epsilond::models::PresenceMask wanted;
  for (const std::size_t row : rows) wanted.set(features().size() + row);
  return (config().models[model].features & ~epsilond::agent::all_features()) == wanted;
}

bool watch_has(std::size_t watch, std::string_view name) {
  for (std::size_t i = 0; i < epsilond::agent::kWatchFeatureCount; ++i)
    if (epsilond::agent::watch_features()[i].name == name) return config().watches[watch].features[i];
  return false;
}

void a_service_is_stored(void**) {
  assert_true(load_service("[watch web]\nmatch = cgroup:system.slice/nginx.service\nfeatures = memory_bytes\n"
                           "[watch mail]\nmatch = pidfile:/run/exim.pid\nfeatures = threads\n"));
  assert_int_equal(config().watches.size(), 3);
  assert_true(config().watches[0].name == "db" && config().watches[0].match.text == "postgres");
  assert_int_equal(config().watches[0].match.kind, epsilond::platform::MatchKind::kComm);
  assert_int_equal(config().watches[0].features.count(), 3);
  assert_true(config().watches[1].match.text == "system.slice/nginx.service");
  assert_int_equal(config().watches[1].match.kind, epsilond::platform::MatchKind::kCgroup);
  assert_true(config().watches[2].match.text == "/run/exim.pid");
  assert_int_equal(config().watches[2].match.kind, epsilond::platform::MatchKind::kPidFile);
}

void a_service_has_all_features_that_its_kind_knows_by_default(void**) {
  assert_true(load("[watch db]\nmatch = comm:postgres\n"));
  assert_int_equal(config().watches[0].features.count(), epsilond::agent::kWatchFeatureCount - 1);
  assert_true(load("[watch db]\nmatch = cgroup:a.slice\n"));
  assert_int_equal(config().watches[0].features.count(), epsilond::agent::kWatchFeatureCount);
}

void services_without_a_list_share_the_room_with_what_tells_most(void**) {
  assert_true(load("[watch db]\nmatch = comm:postgres\n[watch web]\nmatch = cgroup:a.slice\n"));
  assert_int_equal(config().watches[0].features.count(), 11);
  assert_int_equal(config().watches[1].features.count(), 11);
  assert_false(watch_has(0, "vmem_bytes"));
  assert_true(load("[watch a]\nmatch = comm:a\n[watch b]\nmatch = comm:b\nfeatures = vmem_bytes r*\n"
                   "[watch c]\nmatch = comm:c\n[watch d]\nmatch = comm:d\n[watch e]\nmatch = comm:e\nfeatures = default\n"));
  assert_int_equal(config().watches[1].features.count(), 4);
  for (const std::size_t watch : {0U, 2U, 3U, 4U}) {
    assert_int_equal(config().watches[watch].features.count(), 4);
    for (const char* name : {"rss_bytes", "cpu_user_ratio", "cpu_system_ratio", "threads"})
      assert_true(watch_has(watch, name));
  }
  assert_int_equal(config().models[0].features.count(), features().size() + 20);
}

void a_service_adds_its_features_to_every_model_by_default(void**) {
  assert_true(load_service(""));
  assert_true(model_has_service_rows(0, {0, 1, 2}));
  assert_true(load_service("[model a]\n[model b]\nfeatures = default\n[model c]\nfeatures = load_*\n"));
  assert_true(model_has_service_rows(0, {0, 1, 2}));
  assert_true(model_has_service_rows(1, {0, 1, 2}));
  assert_true(model_has_service_rows(2, {}));
}

void a_list_names_features_of_services(void**) {
  assert_true(load_service("[watch web]\nmatch = comm:nginx\nfeatures = rss_bytes threads\n"
                           "[model a]\nfeatures = db.cpu_* web.threads load_1min\n[model b]\nfeatures = web.*\n"));
  assert_true(model_has_service_rows(0, {1, 2, 4}));
  assert_true(model_has(0, "load_1min"));
  assert_true(model_has_service_rows(1, {3, 4}));
  assert_int_equal(config().models[1].features.count(), 2);
}

void a_model_may_stand_before_the_service_that_it_names(void**) {
  assert_true(load_before_service("[model a]\nfeatures = db.rss_bytes\n"));
  assert_true(model_has_service_rows(0, {0}));
}

void features_of_services_can_be_disabled(void**) {
  assert_true(load_service("[features]\ndisable = db.cpu_system_ratio\n"));
  assert_true(model_has_service_rows(0, {0, 1}));
}

void every_agent_key_is_stored(void**) {
  assert_true(
      load("[agent]\ninterval = 500ms\nhost = vm-17\ncpu_budget = 1%\nstate = none\nsave_every = 1h\nhistory = 2h\n"
           "source = procfs\n"));
  assert_near(config().interval_s, 0.5, 0, 0);
  assert_true(host_is("vm-17"));
  assert_near(config().cpu_budget_ratio, 0.01, 0, 0);
  assert_true(state_is(""));
  assert_near(config().state_every_s, 3600, 0, 0);
  assert_near(config().history_s, 7200, 0, 0);
  assert_int_equal(config().source, SourceChoice::kProcfs);
}

void every_model_key_is_stored(void**) {
  assert_true(
      load("[model m]\nkind = product\nfeatures = load_*\nbaseline = global\ntransform = none\nwarm_up = 30s\n"
           "threshold = budget\nfalse_alarms_per_week = 7\nraise_after = 2 of 3\nclear_after = 1m\nsettle = 5s\n"
           "remind_after = 0s\naccept_after = 2h\ncritical_surprise = 20\n"));
  const ModelConfig& model = config().models[0];
  assert_int_equal(model.features.count(), 3);
  assert_int_equal(model.baseline, BaselineKind::kGlobal);
  assert_false(model.transform);
  assert_near(model.warm_up_s, 30, 0, 0);
  assert_int_equal(model.threshold, ThresholdForm::kBudget);
  assert_near(model.false_alarms_per_week, 7, 0, 0);
  assert_int_equal(model.raise_m, 2);
  assert_int_equal(model.raise_n, 3);
  assert_near(model.clear_after_s, 60, 0, 0);
  assert_near(model.settle_s, 5, 0, 0);
  assert_near(model.remind_after_s, 0, 0, 0);
  assert_near(model.accept_after_s, 7200, 0, 0);
  assert_near(model.critical_surprise, 20, 0, 0);
}

void a_model_in_a_file_replaces_the_one_of_no_file(void**) {
  assert_true(load("[model diary]\n"));
  assert_int_equal(config().models.size(), 1);
  assert_true(name_is(0, "diary"));
}

void an_epsilon_threshold_keeps_its_cut(void**) {
  assert_true(load("[model m]\nthreshold = epsilon\nlog_epsilon = -83.5\n"));
  assert_int_equal(config().models[0].threshold, ThresholdForm::kEpsilon);
  assert_near(config().models[0].epsilon, -83.5, 0, 0);
}

void keys_of_a_threshold_may_come_before_it(void**) {
  assert_true(load("[model m]\nlog_epsilon = -83.5\nthreshold = epsilon\n"));
}

void quantile_and_contamination_are_one_cut(void**) {
  assert_true(
      load("[model a]\nthreshold = quantile\nquantile = 0.05\n[model b]\nthreshold = contamination\n"
           "contamination = 0.1\n"));
  assert_int_equal(config().models[0].threshold, ThresholdForm::kQuantile);
  assert_near(config().models[0].quantile, 0.05, 0, 0);
  assert_false(config().models[0].contamination);
  assert_int_equal(config().models[1].threshold, ThresholdForm::kQuantile);
  assert_near(config().models[1].quantile, 0.1, 0, 0);
  assert_true(config().models[1].contamination);
}

void syslog_is_local_and_small_by_default(void**) {
  assert_true(load("[emit syslog]\n"));
  const EmitterConfig& emitter = config().emitters[0];
  assert_int_equal(emitter.kind, EmitterKind::kSyslog);
  assert_true(emitter.local);
  assert_int_equal(emitter.facility, 3);
  assert_int_equal(emitter.max_datagram, 480);
}

void a_syslog_server_has_port_514_by_default(void**) {
  assert_true(load("[emit syslog far]\ntarget = udp://[2001:db8::5]\nfacility = local7\nmax_datagram = 2048\n"));
  const EmitterConfig& emitter = config().emitters[0];
  assert_false(emitter.local);
  assert_true(target_is(0, "[2001:db8::5]:514"));
  assert_int_equal(emitter.facility, 23);
  assert_int_equal(emitter.max_datagram, 2048);
}

void a_udp_emitter_has_room_for_1432_octets_by_default(void**) {
  assert_true(load("[emit udp]\ntarget = 192.0.2.10:8089\n"));
  const EmitterConfig& emitter = config().emitters[0];
  assert_int_equal(emitter.kind, EmitterKind::kUdp);
  assert_false(emitter.local);
  assert_true(target_is(0, "192.0.2.10:8089"));
  assert_int_equal(emitter.max_datagram, 1432);
}

void the_journal_is_where_it_always_is_by_default(void**) {
  assert_true(load("[emit journal]\n[emit journal second]\nsocket = /run/other/socket\nfacility = local1\n"));
  assert_int_equal(config().emitters[0].kind, EmitterKind::kJournal);
  assert_string_equal(config().emitters[0].socket_path.c_str(), "/run/systemd/journal/socket");
  assert_int_equal(config().emitters[0].facility, 3);
  assert_string_equal(config().emitters[1].socket_path.c_str(), "/run/other/socket");
  assert_int_equal(config().emitters[1].facility, 17);
}

void damping_leaves_a_plain_episode_alone_by_default(void**) {
  assert_true(
      load("[model a]\n[model b]\ncooldown = 10m\nflapping = 4\nflapping_window = 30m\n[model c]\nflapping = never\n"));
  assert_near(config().models[0].cooldown_s, 0, 0, 0);
  assert_int_equal(config().models[0].flap_count, 10);
  assert_near(config().models[0].flap_window_s, 3600, 0, 0);
  assert_near(config().models[1].cooldown_s, 600, 0, 0);
  assert_int_equal(config().models[1].flap_count, 4);
  assert_near(config().models[1].flap_window_s, 1800, 0, 0);
  assert_int_equal(config().models[2].flap_count, 0);
}

void emitters_of_one_kind_may_be_several(void**) {
  assert_true(load("[emit udp]\ntarget = 192.0.2.1:1\n[emit udp second]\ntarget = 192.0.2.2:2\n"));
  assert_int_equal(config().emitters.size(), 2);
  assert_true(target_is(1, "192.0.2.2:2"));
}

void a_mute_with_two_windows_is_two_of_its_name(void**) {
  assert_true(load("[mute backup]\nwhen = Sun 03:00-04:30, daily 12:00-12:05\n"));
  assert_int_equal(config().mutes.size(), 2);
  assert_string_equal(config().mutes[1].name.c_str(), "backup");
  assert_int_equal(config().mutes[1].start_minute, 720);
}

void blanks_inside_a_header_do_not_matter(void**) {
  assert_true(load("[  emit   udp\tsecond ]\ntarget = 192.0.2.2:2\n"));
  assert_string_equal(config().emitters[0].name.c_str(), "second");
}

void a_later_file_overrides_a_key(void**) {
  assert_true(load_files({"[agent]\ninterval = 2s\nhistory = 2h\n", "[agent]\ninterval = 5s\n"}));
  assert_near(config().interval_s, 5, 0, 0);
  assert_near(config().history_s, 7200, 0, 0);
}

void a_later_file_adds_to_a_section_of_the_same_name(void**) {
  assert_true(load_files({"[model m]\nwarm_up = 1h\n", "[model m]\nclear_after = 1m\n"}));
  assert_int_equal(config().models.size(), 1);
  assert_near(config().models[0].warm_up_s, 3600, 0, 0);
  assert_near(config().models[0].clear_after_s, 60, 0, 0);
}

void a_required_key_may_come_from_another_file(void**) {
  assert_true(load_files({"[emit udp]\nmax_datagram = 500\n", "[emit udp]\ntarget = 192.0.2.2:2\n"}));
}

void a_threshold_of_a_later_file_drops_the_keys_of_the_earlier_form(void**) {
  assert_true(load_files({"[model m]\nthreshold = epsilon\nlog_epsilon = -60\n", "[model m]\nthreshold = budget\n"}));
  assert_int_equal(config().models[0].threshold, ThresholdForm::kBudget);
}

void the_origin_of_a_key_is_its_last_writer(void**) {
  assert_true(load_files({"[agent]\ninterval = 2s\nhistory = 2h\n", "; x\n[agent]\ninterval = 5s\n"}));
  assert_true(origin_is(SectionKind::kAgent, "", "interval", "b.ini", 3));
  assert_true(origin_is(SectionKind::kAgent, "", "history", "a.ini", 3));
}

void origins_are_kept_per_instance(void**) {
  assert_true(load("[model a]\nwarm_up = 1h\n[model b]\nwarm_up = 2h\n"));
  assert_true(origin_is(SectionKind::kModel, "b", "warm_up", "a.ini", 4));
}

void a_key_at_its_default_has_no_origin(void**) {
  assert_true(load("[agent]\ninterval = 2s\n"));
  assert_null(last_result().loaded.origin(SectionKind::kAgent, "", "host"));
}

void the_command_line_replaces_the_state_path(void**) {
  assert_true(load("[agent]\nstate = /a\n"));
  override_state_path(&last_result().loaded, "/b");
  assert_true(state_is("/b"));
  assert_true(origin_is(SectionKind::kAgent, "", "state", "--state", 0));
  override_state_path(&last_result().loaded, "none");
  assert_true(state_is(""));
}

void a_year_of_history_at_long_intervals_is_bounded_by_its_range(void**) {
  assert_false(load("[agent]\ninterval = 1h\nhistory = 365d\n"));
  assert_true(message_has("allowed: 1m .. 30d"));
}

void two_million_samples_are_the_most(void**) {
  assert_true(load("[agent]\ninterval = 1s\nhistory = 2000000s\n"));
  assert_false(load("[agent]\ninterval = 1s\nhistory = 2000001s\n"));
  assert_true(message_has("a.ini:3: [agent] history = 2000001s: "));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(no_file_gives_the_defaults_and_one_model),
    cmocka_unit_test(an_empty_file_gives_the_defaults),
    cmocka_unit_test(the_example_of_the_contract_is_read),
    cmocka_unit_test(disabled_features_are_left_out_of_every_model),
    cmocka_unit_test(disabled_features_are_left_out_of_the_default_model),
    cmocka_unit_test(a_service_is_stored),
    cmocka_unit_test(a_service_has_all_features_that_its_kind_knows_by_default),
    cmocka_unit_test(services_without_a_list_share_the_room_with_what_tells_most),
    cmocka_unit_test(a_service_adds_its_features_to_every_model_by_default),
    cmocka_unit_test(a_list_names_features_of_services),
    cmocka_unit_test(a_model_may_stand_before_the_service_that_it_names),
    cmocka_unit_test(features_of_services_can_be_disabled),
    cmocka_unit_test(every_agent_key_is_stored),
    cmocka_unit_test(every_model_key_is_stored),
    cmocka_unit_test(a_model_in_a_file_replaces_the_one_of_no_file),
    cmocka_unit_test(an_epsilon_threshold_keeps_its_cut),
    cmocka_unit_test(keys_of_a_threshold_may_come_before_it),
    cmocka_unit_test(quantile_and_contamination_are_one_cut),
    cmocka_unit_test(syslog_is_local_and_small_by_default),
    cmocka_unit_test(a_syslog_server_has_port_514_by_default),
    cmocka_unit_test(a_udp_emitter_has_room_for_1432_octets_by_default),
    cmocka_unit_test(the_journal_is_where_it_always_is_by_default),
    cmocka_unit_test(damping_leaves_a_plain_episode_alone_by_default),
    cmocka_unit_test(emitters_of_one_kind_may_be_several),
    cmocka_unit_test(a_mute_with_two_windows_is_two_of_its_name),
    cmocka_unit_test(blanks_inside_a_header_do_not_matter),
    cmocka_unit_test(a_later_file_overrides_a_key),
    cmocka_unit_test(a_later_file_adds_to_a_section_of_the_same_name),
    cmocka_unit_test(a_required_key_may_come_from_another_file),
    cmocka_unit_test(a_threshold_of_a_later_file_drops_the_keys_of_the_earlier_form),
    cmocka_unit_test(the_origin_of_a_key_is_its_last_writer),
    cmocka_unit_test(origins_are_kept_per_instance),
    cmocka_unit_test(a_key_at_its_default_has_no_origin),
    cmocka_unit_test(the_command_line_replaces_the_state_path),
    cmocka_unit_test(a_year_of_history_at_long_intervals_is_bounded_by_its_range),
    cmocka_unit_test(two_million_samples_are_the_most),
};
EPSILOND_TEST_MAIN(kTests)
