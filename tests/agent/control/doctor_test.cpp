#include "agent/control/doctor.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "agent/pipeline/wiring.h"
#include "platform/host/linux_clock.h"
#include "tests/platform/kernel/kernel_test_state.h"
#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::agent;
using epsilond::platform::LinuxClock;
using epsilond::tests::fixture;
using epsilond::tests::TempTree;

namespace {

// A machine in files, and its patient.
struct Ward {
  TempTree tree;
  LinuxClock clock;
  Patient patient;
  DoctorReport report;

  Ward() {
    patient.clock = &clock;
    patient.root = tree.path();
    patient.loaded = parse_config({}).loaded;
    use("idle/1");
  }
  void use(std::string_view scenario) {
    tree.become(fixture(scenario));
    tree.write("proc/mounts", "proc /proc proc rw 0 0\n");
  }
  void examine() {
    examine_machine(patient, report);
    examine_sources(patient, report);
  }
  void configure(std::string_view ini) {
    const ConfigText text{"try.ini", std::string(ini)};
    patient.loaded = parse_config(std::span(&text, 1)).loaded;
  }
  // The first part of the agent's own source that no finding tells the cost of; empty: none.
  std::string_view part_without_cost() const {
    const auto source = make_source(patient.loaded.config, patient.root, clock);
    if (!source) return "source";
    for (const auto& part : (*source)->parts()) {
      const Finding* finding = find(part.name);
      if (finding == nullptr || finding->numbers.empty() || finding->numbers[0].first != "cpu_us" ||
          !(finding->numbers[0].second > 0.0))
        return part.name;
    }
    return {};
  }
  // The first finding about `subject` whose text holds `words`.
  const Finding* find(std::string_view subject, std::string_view words = {}) const {
    for (const Finding& finding : report.findings())
      if (finding.subject == subject && finding.text.find(words) != std::string::npos) return &finding;
    return nullptr;
  }
  bool shows(std::string_view words) const { return report.for_people().find(words) != std::string::npos; }
  bool is(std::string_view subject, Health health, std::string_view words = {}, std::string_view advice = {}) const {
    const Finding* finding = find(subject, words);
    return finding != nullptr && finding->health == health && finding->advice.find(advice) != std::string::npos;
  }
};

int setup(void** state) {
  *state = new Ward;
  return 0;
}
int teardown(void** state) {
  delete static_cast<Ward*>(*state);
  return 0;
}
Ward& of(void** state) { return *static_cast<Ward*>(*state); }

bool names(const Finding* finding, std::string_view feature) {
  return finding != nullptr &&
         std::find(finding->features.begin(), finding->features.end(), feature) != finding->features.end();
}

void every_part_of_the_source_has_a_line_with_its_cost(void** state) {
  Ward& ward = of(state);
  ward.examine();
  if (!ward.part_without_cost().empty()) fail_msg("nothing about %s", ward.part_without_cost().data());
  assert_true(ward.is("meminfo", Health::kOk, " a reading"));
  assert_true(ward.find("cost", "cpu_budget") != nullptr);
}

void a_kernel_without_pressure_has_its_features_off_with_what_to_do(void** state) {
  Ward& ward = of(state);
  ward.use("no_psi/1");
  ward.examine();
  assert_true(ward.is("pressure/io", Health::kOff, "pressure_io_full_ratio", "psi=1"));
  assert_true(names(ward.find("pressure/io"), "pressure_io_some_ratio"));
  assert_false(names(ward.find("pressure/io"), "pressure_cpu_some_ratio"));
  assert_true(ward.report.healthy());
}

void no_disk_and_no_network_are_off_not_wrong(void** state) {
  Ward& ward = of(state);
  ward.tree.write("proc/diskstats", "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0\n");
  ward.tree.write("proc/net/dev",
                  "Inter-|   Receive                                                |  Transmit\n"
                  " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo "
                  "colls carrier compressed\n    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n");
  ward.examine();
  assert_true(ward.is("diskstats", Health::kOff, "there is no disk to count"));
  assert_true(ward.is("net/dev", Health::kOff, "no interface but loopback"));
  assert_true(ward.report.healthy());
}

void a_file_that_makes_no_sense_is_wrong(void** state) {
  Ward& ward = of(state);
  ward.tree.write("proc/meminfo", "garbage\n");
  ward.examine();
  assert_true(ward.is("meminfo", Health::kWrong, "mem_used_bytes"));
  assert_false(ward.report.healthy());
}

void counters_that_stand_still_are_told_from_a_machine_at_rest(void** state) {
  Ward& ward = of(state);
  ward.examine();  // the files of a fixture do not move
  assert_true(ward.is("stat", Health::kOff, "cpu_steal_ratio", "stand still"));
  assert_true(ward.is("vmstat", Health::kOk));
}

void counters_that_are_all_zero_are_said(void** state) {
  Ward& ward = of(state);
  ward.tree.write("proc/diskstats", " 254       0 vda 0 0 0 0 0 0 0 0 0 0 0\n");
  ward.examine();
  assert_true(ward.is("diskstats", Health::kNote, "zero since boot"));
}

void hidden_processes_are_off_and_the_mount_is_named(void** state) {
  Ward& ward = of(state);
  ward.tree.remove("proc/1");  // what hidepid=2 does to those who are not its owner
  ward.tree.write("proc/mounts", "proc /proc proc rw,hidepid=invisible,gid=27 0 0\n");
  ward.examine();
  assert_true(ward.is("proc", Health::kNote, "hidepid=invisible", "group 27"));
  assert_true(ward.is("process scan", Health::kOff, "other users' processes are hidden", "group 27"));
  assert_true(names(ward.find("process scan"), "zombies"));
  assert_true(ward.report.healthy());
}

void hidden_processes_without_the_option_are_wrong(void** state) {
  Ward& ward = of(state);
  ward.tree.remove("proc/1");
  ward.examine();
  assert_true(ward.is("process scan", Health::kWrong, "hidden"));
}

void a_container_and_its_limits_are_told_beside_what_the_kernel_shows(void** state) {
  Ward& ward = of(state);
  ward.tree.write("run/systemd/container", "docker\n");
  ward.tree.write("proc/self/cgroup", "0::/\n");
  ward.tree.write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  ward.tree.write("sys/fs/cgroup/memory.max", "268435456\n");
  ward.examine();
  assert_true(ward.is("container", Health::kNote, "docker"));
  assert_true(ward.is("processors", Health::kNote, "may use 0.5 of the 2 "));
  assert_true(ward.is("memory", Health::kNote, "may use 256 MiB of the 23.5 GiB"));
}

void a_limit_above_what_there_is_is_none(void** state) {
  Ward& ward = of(state);
  ward.tree.write("sys/fs/cgroup/cpu.max", "6400000 100000\n");
  ward.tree.write("sys/fs/cgroup/memory.max", "9223372036854771712\n");
  ward.examine();
  assert_null(ward.find("processors"));
  assert_null(ward.find("memory"));
}

void files_that_something_else_provides_are_named(void** state) {
  Ward& ward = of(state);
  ward.tree.write("proc/mounts",
                  "proc /proc proc rw 0 0\nlxcfs /proc/meminfo fuse.lxcfs rw 0 0\ntmpfs /proc/pressure tmpfs ro 0 0\n"
                  "tmpfs /proc/kcore tmpfs rw 0 0\nproc /proc/sys proc ro 0 0\n");
  ward.examine();
  assert_true(ward.is("pressure", Health::kNote, "tmpfs is mounted over it"));
  assert_null(ward.find("kcore"));  // nothing that is sampled
  assert_null(ward.find("sys"));    // read-only, and as it was
  assert_true(ward.is("meminfo", Health::kNote, "lxcfs stands in"));
  assert_true(ward.is("container", Health::kNote, "lxc, by lxcfs"));
}

void features_that_are_disabled_are_listed_and_not_missed(void** state) {
  Ward& ward = of(state);
  ward.configure("[features]\ndisable = pressure_*\n");
  ward.use("no_psi/1");
  ward.examine();
  assert_true(ward.is("features", Health::kNote, "disabled in the configuration: pressure_cpu_some_ratio"));
  assert_true(ward.is("pressure/io", Health::kNote));
}

void a_machine_without_proc_is_wrong(void** state) {
  Ward& ward = of(state);
  ward.tree.remove("proc");
  ward.examine();
  assert_true(ward.is("sources", Health::kWrong));
}

void what_others_wrote_cannot_rule_a_terminal(void** state) {
  Ward& ward = of(state);
  ward.report.add({.about = "machine", .subject = "con\x1b[2Jtainer", .text = "by \xc2\x9b\xff\n"});
  assert_true(ward.shows("con [2Jtainer"));
  assert_true(ward.shows("by  \xef\xbf\xbd \n"));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(every_part_of_the_source_has_a_line_with_its_cost, setup, teardown),
    cmocka_unit_test_setup_teardown(a_kernel_without_pressure_has_its_features_off_with_what_to_do, setup, teardown),
    cmocka_unit_test_setup_teardown(no_disk_and_no_network_are_off_not_wrong, setup, teardown),
    cmocka_unit_test_setup_teardown(a_file_that_makes_no_sense_is_wrong, setup, teardown),
    cmocka_unit_test_setup_teardown(counters_that_stand_still_are_told_from_a_machine_at_rest, setup, teardown),
    cmocka_unit_test_setup_teardown(counters_that_are_all_zero_are_said, setup, teardown),
    cmocka_unit_test_setup_teardown(hidden_processes_are_off_and_the_mount_is_named, setup, teardown),
    cmocka_unit_test_setup_teardown(hidden_processes_without_the_option_are_wrong, setup, teardown),
    cmocka_unit_test_setup_teardown(a_container_and_its_limits_are_told_beside_what_the_kernel_shows, setup, teardown),
    cmocka_unit_test_setup_teardown(a_limit_above_what_there_is_is_none, setup, teardown),
    cmocka_unit_test_setup_teardown(files_that_something_else_provides_are_named, setup, teardown),
    cmocka_unit_test_setup_teardown(features_that_are_disabled_are_listed_and_not_missed, setup, teardown),
    cmocka_unit_test_setup_teardown(a_machine_without_proc_is_wrong, setup, teardown),
    cmocka_unit_test_setup_teardown(what_others_wrote_cannot_rule_a_terminal, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
