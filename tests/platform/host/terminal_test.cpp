#include "platform/host/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "platform/unique_fd.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::FullScreen;
using epsilond::platform::Result;
using epsilond::platform::terminal_size;
using epsilond::platform::TerminalSize;
using epsilond::platform::UniqueFd;
using std::chrono::milliseconds;

namespace {

constexpr int kNothing = -1;
constexpr milliseconds kNow{0};
constexpr milliseconds kLong{20000};
constexpr const char* kTaken = "\033[?1049h\033[?25l";
constexpr const char* kGivenBack = "\033[?25h\033[?1049l";

// A pseudo-terminal: a person at one end, the screen at the other.
struct Desk {
  UniqueFd person;
  UniqueFd terminal;
  std::unique_ptr<FullScreen> screen;
};

Desk& get(void** state) { return *static_cast<Desk*>(*state); }

int make_desk(void** state) {
  auto* const desk = new Desk;
  *state = desk;
  desk->person.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  std::array<char, 64> name;
  if (!desk->person.valid() || ::grantpt(desk->person.get()) != 0 || ::unlockpt(desk->person.get()) != 0 ||
      ::ptsname_r(desk->person.get(), name.data(), name.size()) != 0)
    return -1;
  desk->terminal.reset(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  return desk->terminal.valid() ? 0 : -1;
}

int make_screen(void** state) {
  if (make_desk(state) != 0) return -1;
  Desk& desk = get(state);
  Result<std::unique_ptr<FullScreen>> screen = FullScreen::open(desk.terminal.get(), desk.terminal.get());
  if (!screen) return -1;
  desk.screen = std::move(*screen);
  return 0;
}

int destroy(void** state) {
  delete static_cast<Desk*>(*state);
  return 0;
}

// Does the person see this, from where they last looked? A terminal hands on what it is given a moment later.
bool sees(Desk& desk, std::string_view expected) {
  std::string seen;
  pollfd row{desk.person.get(), POLLIN, 0};
  while (seen.size() < expected.size() && ::poll(&row, 1, static_cast<int>(kLong.count())) == 1) {
    char byte = 0;
    if (::read(desk.person.get(), &byte, 1) != 1) break;
    seen += byte;
  }
  return seen == expected;
}

bool type(Desk& desk, std::string_view keys) {
  return ::write(desk.person.get(), keys.data(), keys.size()) == static_cast<ssize_t>(keys.size());
}

int key(Desk& desk, milliseconds at_most = kLong, int other = -1) {
  const std::optional<unsigned char> pressed = desk.screen->wait_key(at_most, other);
  return pressed ? *pressed : kNothing;
}

bool line_by_line_and_echoed(int fd) {
  termios now{};
  return ::tcgetattr(fd, &now) == 0 && (now.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

// kIo stands for success: no terminal is ever that.
ErrorCode refusal(int in, int out) {
  const Result<std::unique_ptr<FullScreen>> screen = FullScreen::open(in, out);
  return screen ? ErrorCode::kIo : screen.error().code;
}

void the_size_is_what_the_terminal_says(void** state) {
  const winsize size{.ws_row = 30, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  assert_int_equal(::ioctl(get(state).terminal.get(), TIOCSWINSZ, &size), 0);
  const TerminalSize told = terminal_size(get(state).terminal.get());
  assert_int_equal(told.columns, 100);
  assert_int_equal(told.rows, 30);
}

void a_terminal_that_says_nothing_has_the_usual_size(void** state) {
  const winsize one_line{.ws_row = 1, .ws_col = 0, .ws_xpixel = 0, .ws_ypixel = 0};
  for (const int fd : {get(state).terminal.get(), -1}) {
    const TerminalSize told = terminal_size(fd);
    assert_int_equal(told.columns, 80);
    assert_int_equal(told.rows, 24);
    assert_int_equal(::ioctl(get(state).terminal.get(), TIOCSWINSZ, &one_line), 0);
  }
  assert_int_equal(terminal_size(get(state).terminal.get()).rows, 24);
}

void only_a_terminal_at_both_ends_can_be_a_screen(void** state) {
  const int terminal = get(state).terminal.get();
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  assert_int_equal(refusal(nothing, terminal), ErrorCode::kUnsupported);
  assert_int_equal(refusal(terminal, nothing), ErrorCode::kUnsupported);
  ::close(nothing);
  assert_true(line_by_line_and_echoed(terminal));
  assert_true(type(get(state), "x"));
  assert_true(sees(get(state), "x"));  // the echo, and nothing of a screen before it
}

void the_screen_takes_the_terminal_and_puts_it_back(void** state) {
  Desk& desk = get(state);
  assert_true(sees(desk, kTaken));
  assert_false(line_by_line_and_echoed(desk.terminal.get()));
  desk.screen.reset();
  assert_true(sees(desk, kGivenBack));
  assert_true(line_by_line_and_echoed(desk.terminal.get()));
}

void a_frame_clears_what_was_behind_its_lines_and_below_it(void** state) {
  Desk& desk = get(state);
  assert_true(sees(desk, kTaken));
  desk.screen->show("one\n\ntwo\n");
  assert_true(sees(desk, "\033[Hone\033[K\r\n\033[K\r\ntwo\033[K\033[J"));
  desk.screen->show("");
  assert_true(sees(desk, "\033[H\033[J"));
}

void keys_that_come_at_once_are_handed_out_one_by_one(void** state) {
  Desk& desk = get(state);
  assert_true(type(desk, "a\033[A\033[Bz\033"));
  assert_int_equal(key(desk), 'a');
  assert_int_equal(key(desk), FullScreen::kUp);
  assert_int_equal(key(desk), FullScreen::kDown);
  assert_int_equal(key(desk), 'z');
  assert_int_equal(key(desk), '\033');
  assert_int_equal(key(desk, kNow), kNothing);
}

void an_escape_before_another_key_is_no_arrow(void** state) {
  Desk& desk = get(state);
  assert_true(type(desk, "\033xy"));
  assert_int_equal(key(desk), '\033');
  assert_int_equal(key(desk), 'x');
  assert_int_equal(key(desk), 'y');
}

void another_descriptor_that_can_be_read_ends_the_wait(void** state) {
  int ends[2];
  assert_int_equal(::pipe2(ends, O_CLOEXEC), 0);
  assert_int_equal(::write(ends[1], "x", 1), 1);
  assert_int_equal(key(get(state), kLong, ends[0]), kNothing);
  ::close(ends[0]);
  ::close(ends[1]);
}

void a_signal_to_end_is_the_end_and_stays_it(void** state) {
  assert_true(type(get(state), "a"));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    ::raise(signal);
    assert_int_equal(key(get(state)), FullScreen::kEnd);
    assert_int_equal(key(get(state)), FullScreen::kEnd);
  }
}

void a_change_of_the_size_is_no_end(void** state) {
  ::raise(SIGWINCH);
  assert_int_equal(key(get(state), kNow), kNothing);
  assert_true(type(get(state), "a"));
  assert_int_equal(key(get(state)), 'a');
}

void a_terminal_that_has_gone_is_the_end(void** state) {
  get(state).person.reset();
  assert_int_equal(key(get(state)), FullScreen::kEnd);
}

void who_goes_on_takes_the_terminal_again(void** state) {
  Desk& desk = get(state);
  assert_true(sees(desk, kTaken));
  ::raise(SIGCONT);
  assert_int_equal(key(desk, kNow), kNothing);
  assert_true(sees(desk, kTaken));
}

// In a session of its own no shell would continue it, so the kernel does not stop it, and it goes on at once.
int stopped_in_its_own_session(Desk& desk) {
  ::setsid();
  ::raise(SIGTSTP);
  return key(desk, kNow) == kNothing ? 0 : 1;
}

void a_stop_gives_the_terminal_back_until_it_goes_on(void** state) {
  Desk& desk = get(state);
  assert_true(sees(desk, kTaken));
  const pid_t child = ::fork();
  assert_true(child >= 0);
  if (child == 0) ::_exit(stopped_in_its_own_session(desk));
  int status = -1;
  assert_int_equal(::waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_true(sees(desk, kGivenBack));
  assert_true(sees(desk, kTaken));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(the_size_is_what_the_terminal_says, make_desk, destroy),
    cmocka_unit_test_setup_teardown(a_terminal_that_says_nothing_has_the_usual_size, make_desk, destroy),
    cmocka_unit_test_setup_teardown(only_a_terminal_at_both_ends_can_be_a_screen, make_desk, destroy),
    cmocka_unit_test_setup_teardown(the_screen_takes_the_terminal_and_puts_it_back, make_screen, destroy),
    cmocka_unit_test_setup_teardown(a_frame_clears_what_was_behind_its_lines_and_below_it, make_screen, destroy),
    cmocka_unit_test_setup_teardown(keys_that_come_at_once_are_handed_out_one_by_one, make_screen, destroy),
    cmocka_unit_test_setup_teardown(an_escape_before_another_key_is_no_arrow, make_screen, destroy),
    cmocka_unit_test_setup_teardown(another_descriptor_that_can_be_read_ends_the_wait, make_screen, destroy),
    cmocka_unit_test_setup_teardown(a_signal_to_end_is_the_end_and_stays_it, make_screen, destroy),
    cmocka_unit_test_setup_teardown(a_change_of_the_size_is_no_end, make_screen, destroy),
    cmocka_unit_test_setup_teardown(a_terminal_that_has_gone_is_the_end, make_screen, destroy),
    cmocka_unit_test_setup_teardown(who_goes_on_takes_the_terminal_again, make_screen, destroy),
    cmocka_unit_test_setup_teardown(a_stop_gives_the_terminal_back_until_it_goes_on, make_screen, destroy),
};
EPSILOND_TEST_MAIN(kTests)
