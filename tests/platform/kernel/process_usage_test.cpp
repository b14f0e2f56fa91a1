#include "platform/kernel/process_usage.h"

#include <chrono>
#include <memory>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::PidStat;
using epsilond::platform::ProcessUsage;
using epsilond::platform::usage_of;
using epsilond::platform::UsageTable;

namespace {

int set_up(void** state) {
  auto* const table = new UsageTable;
  table->begin(std::chrono::seconds(10));
  *state = table;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<UsageTable*>(*state);
  return 0;
}

UsageTable& table_of(void** state) { return *static_cast<UsageTable*>(*state); }

ProcessUsage process(std::int32_t pid, std::uint64_t start_ticks = 100) {
  PidStat stat;
  stat.pid = pid;
  stat.start_ticks = start_ticks;
  return usage_of(stat);
}

void a_usage_is_that_of_the_stat_file(void**) {
  PidStat stat;
  stat.pid = 7;
  stat.parent_pid = 1;
  stat.state = 'Z';
  stat.user_ticks = 11;
  stat.system_ticks = 22;
  stat.children_ticks = 33;
  stat.threads = 1;
  stat.resident_pages = -5;
  const ProcessUsage usage = usage_of(stat);
  assert_int_equal(usage.cpu_ticks, 33);
  assert_int_equal(usage.children_ticks, 33);
  assert_int_equal(usage.resident_pages, 0);
  assert_true(usage.is_zombie());
  assert_true(usage.descriptors == ProcessUsage::kUnknown && usage.read_bytes == ProcessUsage::kUnknownBytes);
}

void processes_are_found_in_order_and_out_of_order(void** state) {
  UsageTable& table = table_of(state);
  for (const std::int32_t pid : {3, 7, 9}) table.add(process(pid));
  for (const std::int32_t pid : {3, 7, 9}) assert_int_equal(table.find(pid)->pid, pid);
  for (const std::int32_t pid : {1, 4, 8, 10}) assert_null(table.find(pid));
  table.add(process(5));
  for (const std::int32_t pid : {3, 7, 9, 5}) assert_int_equal(table.find(pid)->pid, pid);
  for (const std::int32_t pid : {1, 4, 8, 10}) assert_null(table.find(pid));
}

void those_beyond_the_table_are_overlooked_and_not_new(void** state) {
  UsageTable& table = table_of(state);
  constexpr auto kMost = static_cast<std::int32_t>(UsageTable::kMost);
  for (std::int32_t pid = 1; pid <= kMost + 10; ++pid) table.add(process(pid, static_cast<std::uint64_t>(pid)));
  assert_int_equal(table.rows().size(), kMost);
  assert_non_null(table.find(kMost));
  assert_null(table.find(kMost + 1));
  assert_false(table.is_newer(process(kMost + 1, static_cast<std::uint64_t>(kMost) + 1)));
  assert_true(table.is_newer(process(kMost + 20, static_cast<std::uint64_t>(kMost) + 20)));
}

void a_look_was_taken_in_its_middle(void** state) {
  UsageTable& table = table_of(state);
  assert_false(table.complete());
  table.end(std::chrono::seconds(20));
  assert_true(table.complete());
  assert_true(table.taken() == std::chrono::seconds(15) && table.ended() == std::chrono::seconds(20));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_usage_is_that_of_the_stat_file),
    cmocka_unit_test_setup_teardown(processes_are_found_in_order_and_out_of_order, set_up, tear_down),
    cmocka_unit_test_setup_teardown(those_beyond_the_table_are_overlooked_and_not_new, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_look_was_taken_in_its_middle, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
