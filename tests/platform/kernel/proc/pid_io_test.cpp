#include "platform/kernel/proc/pid_io.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
#include "tests/platform/kernel/parse_checks.h"
// clang-format on

using epsilond::platform::parse_pid_io;
using epsilond::platform::PidIo;
using epsilond::platform::Result;
using epsilond::tests::assert_refuses;
using epsilond::tests::assert_survives_cuts;

namespace {

constexpr std::string_view kText =
    "rchar: 323934931\nwchar: 323929600\nsyscr: 632687\nsyscw: 632675\nread_bytes: 4096\nwrite_bytes: 323932160\n"
    "cancelled_write_bytes: 77\n";

void bytes_of_storage_and_of_calls_are_read_and_no_others(void**) {
  const Result<PidIo> io = parse_pid_io(kText);
  assert_true(static_cast<bool>(io));
  assert_int_equal(io->read_bytes, 4096);
  assert_int_equal(io->written_bytes, 323932160);
  assert_int_equal(io->read_chars, 323934931);
  assert_int_equal(io->written_chars, 323929600);
}

void malformed_texts_are_refused(void**) {
  assert_refuses(parse_pid_io, "pid io",
                 {"", "\n", "read_bytes: 1\n", "write_bytes: 1\n", "read_bytes: x\nwrite_bytes: 1\n",
                  "read_bytes: -1\nwrite_bytes: 1\n", "read_bytes:\nwrite_bytes: 1\n",
                  "read_bytes: 99999999999999999999\nwrite_bytes: 1\n", "rchar: x\nread_bytes: 1\nwrite_bytes: 1\n"});
}

void a_text_cut_inside_a_line_is_refused(void**) {
  assert_survives_cuts(parse_pid_io, kText, [](std::string_view cut) { return cut.find("323932160\n") != std::string_view::npos; });
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(bytes_of_storage_and_of_calls_are_read_and_no_others),
    cmocka_unit_test(malformed_texts_are_refused),
    cmocka_unit_test(a_text_cut_inside_a_line_is_refused),
};
EPSILOND_TEST_MAIN(kTests)
