#include "platform/kernel/procfs_source.h"

#include <unistd.h>

#include "tests/platform/kernel/kernel_test_state.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::HostSample;
using epsilond::platform::kSampleFieldCount;
using epsilond::platform::ProcfsSource;
using epsilond::platform::Result;
using epsilond::platform::SampleField;
using epsilond::platform::SourcePart;
using epsilond::tests::drop_source_state;
using epsilond::tests::make_source_state;
using epsilond::tests::SourceState;

namespace {

SourceState& state_of(void** state) { return *static_cast<SourceState*>(*state); }

#define assert_field(state, field, expected)                                               \
  do {                                                                                     \
    if (!state_of(state).sample.has(SampleField::field)) fail_msg("%s is absent", #field); \
    assert_near(state_of(state).sample.value(SampleField::field), (expected), 0, 1e-15);   \
  } while (false)
#define assert_absent(state, field)                                                        \
  do {                                                                                     \
    if (state_of(state).sample.has(SampleField::field)) fail_msg("%s is present", #field); \
  } while (false)

void a_whole_tree_gives_every_field(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_true(state_of(state).read_ok);
  assert_int_equal(state_of(state).sample.present_count(), kSampleFieldCount);
  for (const SourcePart& part : state_of(state).source->parts())
    if (!part.ok) fail_msg("%s: %s", part.name.data(), part.error.context.c_str());
}

// So that what is absent can be laid at the door of a part.
void each_part_alone_gives_what_it_tells_and_nothing_else(void** state) {
  state_of(state).read_fixture("idle/1");
  HostSample alone;
  for (std::size_t part = 0; part < ProcfsSource::kPartCount; ++part) {
    const SourcePart& told = state_of(state).source->parts()[part];
    const bool ok = static_cast<bool>(state_of(state).source->read_part(part, alone));
    if (!ok) fail_msg("%s cannot be read alone", told.name.data());
    // The sockets of both families are one count, which the first of the two files gives.
    if (part == ProcfsSource::kSockStat6) continue;
    if (alone.present() != told.tells) fail_msg("%s gives other fields than it tells", told.name.data());
  }
}

void a_part_that_cannot_be_read_alone_says_why(void** state) {
  HostSample alone;
  alone.set(SampleField::kForks, 1);
  state_of(state).read_fixture("no_psi/1");
  const Result<void> read = state_of(state).source->read_part(ProcfsSource::kPressureIo, alone);
  assert_false(static_cast<bool>(read));
  assert_true(read.error().code == ErrorCode::kNotFound);
  assert_int_equal(alone.present_count(), 0);
}

void the_time_is_that_of_the_given_clock(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_true(state_of(state).sample.taken_monotonic == std::chrono::seconds(4711));
}

void load_and_memory_are_those_of_the_files(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_field(state, kLoad1Min, 0.21);
  assert_field(state, kLoad5Min, 0.11);
  assert_field(state, kLoad15Min, 0.04);
  assert_field(state, kThreads, 91);
  assert_field(state, kMemTotalBytes, 24684084.0 * 1024);
  assert_field(state, kMemAvailableBytes, 24328356.0 * 1024);
  assert_field(state, kMemUsedBytes, (24684084.0 - 24328356.0) * 1024);
  assert_field(state, kMemSharedBytes, 8872.0 * 1024);
  assert_field(state, kSwapUsedBytes, (2097148.0 - 2096124.0) * 1024);
}

void processor_counters_are_those_of_the_files(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_field(state, kCpuUserTicks, 2814);
  assert_field(state, kCpuSystemTicks, 2639);
  assert_field(state, kCpuIowaitTicks, 637);
  assert_field(state, kCpuIrqTicks, 52);
  assert_field(state, kCpuStealTicks, 53);
  assert_field(state, kCpuTotalTicks, 2811 + 3 + 2639 + 205786 + 637 + 52 + 53);
  assert_field(state, kCpuCount, 2);
  assert_field(state, kContextSwitches, 373844);
  assert_field(state, kInterrupts, 189056);
  assert_field(state, kForks, 7455);
  assert_field(state, kRunning, 2);
}

void pages_swapped_are_counted_in_bytes_of_this_systems_pages(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_field(state, kSwapInBytes, 17.0 * static_cast<double>(sysconf(_SC_PAGESIZE)));
  assert_field(state, kSwapOutBytes, 256.0 * static_cast<double>(sysconf(_SC_PAGESIZE)));
  assert_field(state, kPageFaults, 2513077);
  assert_field(state, kMajorFaults, 1693);
}

void of_the_disks_only_the_one_with_hardware_is_counted(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_field(state, kDiskReadBytes, 3388642.0 * 512);
  assert_field(state, kDiskWriteBytes, 1454936.0 * 512);
  assert_field(state, kDiskOperations, 33834 + 25168);
  assert_field(state, kDiskBusyMs, 8472);
}

void of_the_interfaces_only_the_one_with_hardware_is_counted(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_field(state, kNetRxBytes, 22959056);
  assert_field(state, kNetTxBytes, 34099);
  assert_field(state, kNetRxPackets, 619);
  assert_field(state, kNetTxPackets, 396);
  assert_field(state, kNetErrors, 1 + 2 + 3 + 4);
}

void pressure_sockets_and_files_are_those_of_the_files(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_field(state, kPressureCpuSomeUs, 7836250);
  assert_field(state, kPressureCpuFullUs, 0);
  assert_field(state, kPressureMemorySomeUs, 0);
  assert_field(state, kPressureIoSomeUs, 5407754);
  assert_field(state, kPressureIoFullUs, 5145517);
  assert_field(state, kOpenFiles, 509);
  assert_field(state, kTcpSockets, 6 + 3);
  assert_field(state, kTcpRetransmits, 7);
}

void processes_are_counted(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_field(state, kProcesses, 5);
  assert_field(state, kBlocked, 0);
  assert_field(state, kZombies, 0);
}

void a_busy_host_shows_blocked_processes_and_more_of_everything(void** state) {
  state_of(state).read_fixture("busy/1");
  assert_field(state, kLoad1Min, 12.75);
  assert_field(state, kRunning, 14);
  assert_field(state, kBlocked, 2);
  assert_field(state, kProcesses, 8);
  assert_field(state, kSwapUsedBytes, (2097148.0 - 524288.0) * 1024);
  assert_field(state, kDiskReadBytes, 13388642.0 * 512);
  assert_field(state, kTcpSockets, 852);
}

void a_herd_of_zombies_counts_at_the_second_look(void** state) {
  state_of(state).read_fixture("zombie_herd/1");
  assert_absent(state, kZombies);
  assert_field(state, kProcesses, 5 + 12 + 1);
  state_of(state).read();
  assert_field(state, kZombies, 12);
}

void a_reaped_a_reborn_and_a_new_zombie_do_not_count(void** state) {
  state_of(state).read_fixture("zombie_herd/1");
  state_of(state).read_fixture("zombie_herd/2");
  assert_field(state, kZombies, 10);
  state_of(state).read();
  assert_field(state, kZombies, 12);
}

void zombies_are_counted_when_comm_contains_parentheses(void** state) {
  state_of(state).read_fixture("odd_comm/1");
  state_of(state).read();
  assert_field(state, kZombies, 1);
  assert_field(state, kBlocked, 4);
  assert_field(state, kProcesses, 12);
  assert_true(state_of(state).part(ProcfsSource::kProcessScan).ok);
}

void a_process_that_vanishes_while_looked_at_is_not_counted(void** state) {
  state_of(state).read_fixture("vanished_pid/1");
  assert_field(state, kProcesses, 4);
  assert_true(state_of(state).part(ProcfsSource::kProcessScan).ok);
}

void a_reset_of_counters_is_seen_as_it_is(void** state) {
  state_of(state).read_fixture("counter_reset/1");
  assert_field(state, kPageFaults, 99513077);
  state_of(state).read_fixture("counter_reset/2");
  assert_field(state, kPageFaults, 77);
  assert_field(state, kNetRxBytes, 22959056);
}

void without_memavailable_the_memory_in_use_is_unknown(void** state) {
  state_of(state).read_fixture("no_memavailable/1");
  assert_absent(state, kMemAvailableBytes);
  assert_absent(state, kMemUsedBytes);
  assert_field(state, kMemTotalBytes, 24684084.0 * 1024);
  assert_true(state_of(state).part(ProcfsSource::kMemInfo).ok);
}

void more_available_than_there_is_leaves_the_use_unknown(void** state) {
  state_of(state).use("idle/1");
  state_of(state).tree.write("proc/meminfo", "MemTotal: 10 kB\nMemAvailable: 11 kB\n");
  state_of(state).read();
  assert_absent(state, kMemUsedBytes);
}

void a_kernel_without_pressure_lacks_only_that(void** state) {
  state_of(state).read_fixture("no_psi/1");
  assert_true(state_of(state).read_ok);
  assert_int_equal(state_of(state).sample.present_count(), kSampleFieldCount - 6);
  const SourcePart& part = state_of(state).part(ProcfsSource::kPressureMemory);
  assert_false(part.ok);
  assert_int_equal(part.error.code, ErrorCode::kNotFound);
  assert_true(part.error.context.view().starts_with("pressure/memory: cannot open"));
}

void an_arm_kernel_with_32_bit_counters_is_read(void** state) {
  state_of(state).read_fixture("arm_kernel/1");
  assert_field(state, kCpuCount, 4);
  assert_field(state, kInterrupts, 4294967280.0);
  assert_field(state, kNetRxBytes, 4294967295.0);
  // No sys directory: the name tells the card's own disk from its partitions; its boot area is a device of its own.
  assert_field(state, kDiskReadBytes, (4294967290.0 + 16.0) * 512);
  assert_field(state, kPressureCpuSomeUs, 1234567);
  assert_absent(state, kPressureCpuFullUs);
  assert_field(state, kTcpSockets, 6);
}

void truncated_files_give_no_field_and_an_error_that_names_them(void** state) {
  state_of(state).read_fixture("truncated/1");
  assert_int_equal(state_of(state).sample.present_count(), 1);
  assert_true(state_of(state).sample.has(SampleField::kProcesses));
  for (const SourcePart& part : state_of(state).source->parts()) {
    if (part.ok || part.error.code != ErrorCode::kMalformed) fail_msg("%s was accepted", part.name.data());
    if (part.name != "process scan") assert_true(part.error.context.view().starts_with(part.name));
    assert_int_equal(part.failures, 1);
  }
}

void empty_files_give_no_field_and_an_error_that_names_them(void** state) {
  state_of(state).read_fixture("empty/1");
  assert_int_equal(state_of(state).sample.present_count(), 1);
  assert_true(state_of(state).sample.has(SampleField::kProcesses));
  for (const SourcePart& part : state_of(state).source->parts()) {
    if (part.ok || part.error.code != ErrorCode::kMalformed) fail_msg("%s was accepted", part.name.data());
  }
  assert_string_equal(state_of(state).part(ProcfsSource::kMemInfo).error.context.c_str(), "meminfo: empty");
}

void a_tree_with_nothing_in_it_fails_and_says_why(void** state) {
  state_of(state).tree.write("proc/version", "6.18\n");
  state_of(state).open();
  HostSample sample;
  const Result<void> outcome = state_of(state).source->read(sample);
  assert_false(static_cast<bool>(outcome));
  assert_int_equal(sample.present_count(), 0);
  assert_true(outcome.error().context.view().starts_with("nothing could be read; loadavg: cannot open"));
}

void a_part_that_recovers_is_ok_again_and_keeps_its_count_of_failures(void** state) {
  state_of(state).read_fixture("truncated/1");
  state_of(state).read();
  state_of(state).read_fixture("idle/1");
  assert_true(state_of(state).read_ok);
  assert_true(state_of(state).part(ProcfsSource::kMemInfo).ok);
  assert_int_equal(state_of(state).part(ProcfsSource::kMemInfo).failures, 2);
}

void parts_are_named_after_their_files(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_true(state_of(state).part(ProcfsSource::kLoadAvg).name == "loadavg");
  assert_true(state_of(state).part(ProcfsSource::kSnmp).name == "net/snmp");
  assert_true(state_of(state).part(ProcfsSource::kProcessScan).name == "process scan");
}

void a_disk_that_comes_makes_the_sums_absent_for_a_pass(void** state) {
  state_of(state).read_fixture("idle/1");
  state_of(state).tree.write("proc/diskstats",
                             " 254 0 vda 1 0 2 0 3 0 4 0 0 5 0\n 254 16 vdb 10 0 20 0 30 0 40 0 0 50 0\n");
  state_of(state).tree.write("sys/block/vdb/device/vendor", "0x1af4\n");
  state_of(state).read();
  assert_absent(state, kDiskReadBytes);
  assert_true(state_of(state).part(ProcfsSource::kDiskStats).ok);
  state_of(state).read();
  assert_field(state, kDiskReadBytes, 22 * 512);
}

void a_partition_that_comes_changes_nothing(void** state) {
  state_of(state).read_fixture("idle/1");
  state_of(state).tree.write("proc/diskstats", " 254 0 vda 1 0 2 0 3 0 4 0 0 5 0\n 254 9 vda9 1 0 2 0 3 0 4 0 0 5 0\n");
  state_of(state).read();
  assert_field(state, kDiskReadBytes, 2 * 512);
}

void an_interface_that_goes_makes_the_sums_absent_for_a_pass(void** state) {
  state_of(state).read_fixture("arm_kernel/1");
  state_of(state).tree.write("proc/net/dev", " wlan0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n");
  state_of(state).read();
  assert_absent(state, kNetRxBytes);
  state_of(state).read();
  assert_field(state, kNetRxBytes, 1);
}

void a_host_with_loopback_alone_says_so(void** state) {
  state_of(state).use("idle/1");
  state_of(state).tree.write("proc/net/dev", " lo: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n");
  state_of(state).read();
  assert_absent(state, kNetRxBytes);
  assert_string_equal(state_of(state).part(ProcfsSource::kNetDev).error.context.c_str(),
                      "net/dev: there is no interface but loopback");
}

void sockets_of_a_host_without_ipv6_are_those_of_ipv4(void** state) {
  state_of(state).use("idle/1");
  state_of(state).tree.remove("proc/net/sockstat6");
  state_of(state).read();
  assert_field(state, kTcpSockets, 6);
}

void sockets_are_unknown_while_one_family_is_unreadable(void** state) {
  state_of(state).use("idle/1");
  state_of(state).tree.write("proc/net/sockstat6", "TCP6: inuse");
  state_of(state).read();
  assert_absent(state, kTcpSockets);
}

void the_network_of_a_mounted_host_is_that_of_its_first_process(void** state) {
  state_of(state).use("idle/1");
  state_of(state).tree.write("proc/1/net/dev", " eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n");
  state_of(state).read();
  assert_field(state, kNetRxBytes, 1);
}

void a_line_of_interrupts_beyond_32_kb_is_no_trouble(void** state) {
  SourceState& test = state_of(state);
  test.use("idle/1");
  {
    std::string text = "cpu  2811 3 2639 205786 637 0 52 53 0 0\ncpu0 1 2 3 4\nintr 42";
    for (int i = 0; i < 50000; ++i) text += " 0";
    test.tree.write("proc/stat", text + "\nctxt 1\nprocesses 2\nprocs_running 3\nprocs_blocked 4\n");
  }
  test.read();
  assert_field(state, kInterrupts, 42);
  assert_field(state, kRunning, 3);
}

void a_file_beyond_the_bound_is_refused_as_too_large(void** state) {
  SourceState& test = state_of(state);
  test.use("idle/1");
  test.tree.write("proc/stat", std::string(ProcfsSource::kLargestFile, 'x'));
  test.read();
  assert_int_equal(test.part(ProcfsSource::kStat).error.code, ErrorCode::kTooLarge);
  assert_absent(state, kCpuUserTicks);
}

void a_scan_within_one_read_has_no_delay(void** state) {
  state_of(state).read_fixture("idle/1");
  assert_true(state_of(state).source->scan_delay() == std::chrono::nanoseconds(0));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_whole_tree_gives_every_field, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(each_part_alone_gives_what_it_tells_and_nothing_else, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_part_that_cannot_be_read_alone_says_why, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(the_time_is_that_of_the_given_clock, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(load_and_memory_are_those_of_the_files, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(processor_counters_are_those_of_the_files, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(pages_swapped_are_counted_in_bytes_of_this_systems_pages, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(of_the_disks_only_the_one_with_hardware_is_counted, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(of_the_interfaces_only_the_one_with_hardware_is_counted, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(pressure_sockets_and_files_are_those_of_the_files, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(processes_are_counted, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(a_busy_host_shows_blocked_processes_and_more_of_everything, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_herd_of_zombies_counts_at_the_second_look, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(a_reaped_a_reborn_and_a_new_zombie_do_not_count, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(zombies_are_counted_when_comm_contains_parentheses, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_process_that_vanishes_while_looked_at_is_not_counted, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_reset_of_counters_is_seen_as_it_is, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(without_memavailable_the_memory_in_use_is_unknown, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(more_available_than_there_is_leaves_the_use_unknown, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_kernel_without_pressure_lacks_only_that, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(an_arm_kernel_with_32_bit_counters_is_read, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(truncated_files_give_no_field_and_an_error_that_names_them, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(empty_files_give_no_field_and_an_error_that_names_them, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_tree_with_nothing_in_it_fails_and_says_why, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(a_part_that_recovers_is_ok_again_and_keeps_its_count_of_failures, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(parts_are_named_after_their_files, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(a_disk_that_comes_makes_the_sums_absent_for_a_pass, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_partition_that_comes_changes_nothing, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(an_interface_that_goes_makes_the_sums_absent_for_a_pass, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_host_with_loopback_alone_says_so, make_source_state, drop_source_state),
    cmocka_unit_test_setup_teardown(sockets_of_a_host_without_ipv6_are_those_of_ipv4, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(sockets_are_unknown_while_one_family_is_unreadable, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(the_network_of_a_mounted_host_is_that_of_its_first_process, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_line_of_interrupts_beyond_32_kb_is_no_trouble, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_file_beyond_the_bound_is_refused_as_too_large, make_source_state,
                                    drop_source_state),
    cmocka_unit_test_setup_teardown(a_scan_within_one_read_has_no_delay, make_source_state, drop_source_state),
};
EPSILOND_TEST_MAIN(kTests)
