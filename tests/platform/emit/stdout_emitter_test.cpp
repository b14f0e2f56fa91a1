#include "platform/emit/stdout_emitter.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <span>
#include <string_view>

#include "platform/emit/flag_format.h"
#include "tests/support/flag_parse.h"
#include "tests/support/flag_samples.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::example_flag;
using epsilond::tests::parse_flag_json;
using epsilond::tests::worst_flag;

namespace {

// A pipe that blocks, as one inherited from a shell does.
struct Pipe {
  std::array<int, 2> ends = {-1, -1};
  StdoutEmitter* emitter = nullptr;
};

int open_pipe(void** state) {
  ::signal(SIGPIPE, SIG_IGN);
  auto* pipe = new Pipe;
  if (::pipe(pipe->ends.data()) != 0) return -1;
  pipe->emitter = new StdoutEmitter(pipe->ends[1]);
  *state = pipe;
  return 0;
}

int close_pipe(void** state) {
  auto* pipe = static_cast<Pipe*>(*state);
  for (const int end : pipe->ends)
    if (end >= 0) ::close(end);
  delete pipe->emitter;
  delete pipe;
  return 0;
}

void a_flag_is_one_json_line(void** state) {
  auto* pipe = static_cast<Pipe*>(*state);
  assert_true(static_cast<bool>(pipe->emitter->emit(example_flag())));
  std::array<char, 8192> buffer;
  const ssize_t got = ::read(pipe->ends[0], buffer.data(), buffer.size());
  assert_true(got > 1);
  const std::string_view line(buffer.data(), static_cast<std::size_t>(got));
  assert_true(line.ends_with('\n'));
  std::array<char, 8192> expected;
  const Result<std::size_t> size = render_flag_json(example_flag(), expected);
  assert_true(line.substr(0, line.size() - 1) == std::string_view(expected.data(), *size));
  assert_int_equal(pipe->emitter->sent(), 1);
}

void the_largest_line_is_valid_json(void** state) {
  auto* pipe = static_cast<Pipe*>(*state);
  assert_true(static_cast<bool>(pipe->emitter->emit(worst_flag("\x01"))));
  std::array<char, 8192> buffer;
  const ssize_t got = ::read(pipe->ends[0], buffer.data(), buffer.size());
  assert_in_range(got, 2000, kMaxOutputLine);
  Flag parsed;
  assert_true(parse_flag_json({buffer.data(), static_cast<std::size_t>(got) - 1}, parsed));
}

void a_reader_that_is_behind_loses_lines_and_delays_nobody(void** state) {
  auto* pipe = static_cast<Pipe*>(*state);
  bool refused = false;
  for (int i = 0; i < 1000; ++i) {
    const Result<void> emitted = pipe->emitter->emit(example_flag());
    if (!emitted) {
      refused = true;
      assert_int_equal(emitted.error().code, ErrorCode::kUnavailable);
    }
  }
  assert_true(refused);
  assert_int_equal(pipe->emitter->sent() + pipe->emitter->dropped(), 1000);
  assert_true(pipe->emitter->dropped() > 0);
}

void a_reader_that_catches_up_gets_whole_lines(void** state) {
  auto* pipe = static_cast<Pipe*>(*state);
  while (pipe->emitter->emit(example_flag())) {
  }
  std::array<char, 65536> buffer;
  assert_true(::read(pipe->ends[0], buffer.data(), buffer.size()) > 0);
  assert_true(static_cast<bool>(pipe->emitter->emit(example_flag())));
  const ssize_t got = ::read(pipe->ends[0], buffer.data(), buffer.size());
  assert_true(got > 0 && buffer[static_cast<std::size_t>(got) - 1] == '\n');
}

void a_reader_that_has_gone_is_an_error(void** state) {
  auto* pipe = static_cast<Pipe*>(*state);
  ::close(pipe->ends[0]);
  pipe->ends[0] = -1;
  assert_false(static_cast<bool>(pipe->emitter->emit(example_flag())));
  assert_int_equal(pipe->emitter->dropped(), 1);
}

void a_full_disk_is_an_error(void**) {
  const int fd = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  if (fd < 0) skip();
  StdoutEmitter emitter(fd);
  const bool emitted = static_cast<bool>(emitter.emit(example_flag()));
  ::close(fd);
  assert_false(emitted);
  assert_int_equal(emitter.dropped(), 1);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_flag_is_one_json_line, open_pipe, close_pipe),
    cmocka_unit_test_setup_teardown(the_largest_line_is_valid_json, open_pipe, close_pipe),
    cmocka_unit_test_setup_teardown(a_reader_that_is_behind_loses_lines_and_delays_nobody, open_pipe, close_pipe),
    cmocka_unit_test_setup_teardown(a_reader_that_catches_up_gets_whole_lines, open_pipe, close_pipe),
    cmocka_unit_test_setup_teardown(a_reader_that_has_gone_is_an_error, open_pipe, close_pipe),
    cmocka_unit_test(a_full_disk_is_an_error),
};
EPSILOND_TEST_MAIN(kTests)
