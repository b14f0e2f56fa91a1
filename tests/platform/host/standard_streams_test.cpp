#include "platform/host/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "tests/platform/host/fenced_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::open_standard_streams;
using epsilond::tests::in_a_process;
using epsilond::tests::left_with;

namespace {

bool refused(ssize_t result) { return result < 0 && errno == EBADF; }

void what_the_parent_closed_is_no_place_for_a_file(void**) {
  const int status = in_a_process([] {
    for (int fd = 0; fd <= 2; ++fd) ::close(fd);
    open_standard_streams();
    char byte = 'x';
    if (!refused(::read(0, &byte, 1))) return 1;
    if (!refused(::write(1, &byte, 1)) || !refused(::write(2, &byte, 1))) return 2;
    return ::open("/dev/null", O_RDONLY) > 2 ? 0 : 3;
  });
  assert_true(left_with(status, 0));
}

void what_the_parent_left_open_stays(void**) {
  const int status = in_a_process([] {
    open_standard_streams();
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0 || ::dup2(ends[1], 1) != 1) return 1;
    ::close(0);
    open_standard_streams();
    char byte = 'x';
    if (::write(1, &byte, 1) != 1 || ::read(ends[0], &byte, 1) != 1) return 2;
    return refused(::read(0, &byte, 1)) ? 0 : 3;
  });
  assert_true(left_with(status, 0));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(what_the_parent_closed_is_no_place_for_a_file),
    cmocka_unit_test(what_the_parent_left_open_stays),
};
EPSILOND_TEST_MAIN(kTests)
