#include "platform/watch/cgroup_stat.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::CgroupCpu;
using epsilond::platform::CgroupIo;
using epsilond::platform::parse_cgroup_cpu;
using epsilond::platform::parse_cgroup_io;
using epsilond::platform::parse_cgroup_number;
using epsilond::platform::Result;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

// As Linux 6.18 writes them.
constexpr std::string_view kCpu =
    "usage_usec 13157214\nuser_usec 9300271\nsystem_usec 3856943\nnice_usec 0\ncore_sched.force_idle_usec 0\n"
    "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n";
constexpr std::string_view kIo =
    "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n253:0\n"
    "8:0 rbytes=90430464 wbytes=299008000 rios=8950 wios=1252 dbytes=50331648 dios=3021\n";

bool every(const void*, std::string_view) { return true; }
bool is_sda(const void*, std::string_view device) { return device == "8:0"; }
Result<CgroupIo> parse_every(std::string_view text) { return parse_cgroup_io(text, every, nullptr); }

void processor_time_is_read_in_microseconds(void**) {
  const Result<CgroupCpu> cpu = parse_cgroup_cpu(kCpu);
  assert_true(static_cast<bool>(cpu));
  assert_int_equal(cpu->user_us, 9300271);
  assert_int_equal(cpu->system_us, 3856943);
}

void bytes_are_summed_over_devices(void**) {
  const Result<CgroupIo> io = parse_every(kIo);
  assert_true(static_cast<bool>(io));
  assert_int_equal(io->read_bytes, 1459200 + 90430464);
  assert_int_equal(io->write_bytes, 314773504 + 299008000);
}

void devices_that_do_not_count_are_left_out(void**) {
  const Result<CgroupIo> io = parse_cgroup_io(kIo, is_sda, nullptr);
  assert_true(static_cast<bool>(io));
  assert_int_equal(io->read_bytes, 90430464);
}

void a_group_that_read_and_wrote_nothing_says_nothing(void**) {
  const Result<CgroupIo> io = parse_every("");
  assert_true(static_cast<bool>(io));
  assert_int_equal(io->read_bytes + io->write_bytes, 0);
}

void malformed_texts_are_refused(void**) {
  assert_refuses(parse_cgroup_cpu, "cpu.stat",
                 {"", "user_usec 1\n", "system_usec 1\n", "user_usec x\nsystem_usec 1\n", "user_usec\nsystem_usec 1\n"});
  assert_refuses(parse_every, "io.stat",
                 {"8:0 rbytes=x\n", "8:0 rbytes=\n", "8:0 rbytes=-1\n", "8:0 rbytes=1",
                  "8:0 rbytes=18446744073709551615\n8:1 rbytes=1\n"});
}

void a_text_cut_inside_a_line_is_refused(void**) {
  assert_survives_cuts(parse_cgroup_cpu, kCpu,
                       [](std::string_view cut) { return cut.find("3856943\n") != std::string_view::npos; });
  assert_survives_cuts(parse_every, kIo, [](std::string_view cut) { return cut.empty() || cut.ends_with('\n'); });
}

void a_number_stands_alone(void**) {
  assert_int_equal(parse_cgroup_number("1048576\n").value_or(0), 1048576);
  for (const char* text : {"", "max\n", "1", "1 2\n", "-1\n", "\n"}) assert_false(parse_cgroup_number(text).has_value());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(processor_time_is_read_in_microseconds),
    cmocka_unit_test(bytes_are_summed_over_devices),
    cmocka_unit_test(devices_that_do_not_count_are_left_out),
    cmocka_unit_test(a_group_that_read_and_wrote_nothing_says_nothing),
    cmocka_unit_test(malformed_texts_are_refused),
    cmocka_unit_test(a_text_cut_inside_a_line_is_refused),
    cmocka_unit_test(a_number_stands_alone),
};
EPSILOND_TEST_MAIN(kTests)
