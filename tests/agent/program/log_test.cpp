#include "agent/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::log_line;
using epsilond::agent::LogLevel;

namespace {

// A pipe that stands for standard error until it is put back, so that nothing may be asserted in between. It blocks, as
// one inherited from a shell does.
struct LogPipe {
  int before = -1;
  int ends[2] = {-1, -1};
  std::array<char, 8192> text{};
  std::size_t size = 0;

  bool take() {
    ::unsetenv("JOURNAL_STREAM");
    before = ::dup(STDERR_FILENO);
    return before >= 0 && ::pipe(ends) == 0 && ::dup2(ends[1], STDERR_FILENO) == STDERR_FILENO;
  }
  // Until not another byte goes in.
  void fill() const {
    const std::array<char, 4096> junk{};
    wait_at(1, false);
    while (::write(ends[1], junk.data(), junk.size()) > 0 || ::write(ends[1], junk.data(), 1) > 0) {
    }
    wait_at(1, true);
  }
  void drain() {
    wait_at(0, false);
    while (::read(ends[0], text.data(), text.size()) > 0) {
    }
    wait_at(0, true);
  }
  // What was logged since, with standard error as it was.
  std::string_view give_back() {
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    ::close(ends[1]);
    for (ssize_t got = 1; got > 0;) {
      const std::span<char> room = std::span(text).subspan(size);
      got = ::read(ends[0], room.data(), room.size());
      size += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    ::close(ends[0]);
    return {text.data(), size};
  }

 private:
  void wait_at(int end, bool wait) const {
    const int flags = ::fcntl(ends[end], F_GETFL);
    ::fcntl(ends[end], F_SETFL, wait ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
  }
};

void a_line_has_a_prefix_and_an_end(void**) {
  LogPipe log;
  assert_true(log.take());
  log_line(LogLevel::kInfo, "%d of %s", 3, "them");
  assert_true(log.give_back() == "epsilond: 3 of them\n");
}

void the_journal_is_told_the_level(void**) {
  LogPipe log;
  assert_true(log.take());
  ::setenv("JOURNAL_STREAM", "8:1234", 1);
  log_line(LogLevel::kWarning, "late");
  ::unsetenv("JOURNAL_STREAM");
  assert_true(log.give_back() == "<4>epsilond: late\n");
}

// The reason of a mute, the name of an interface: whoever chose it is not to be believed.
void a_text_cannot_forge_a_line_or_rule_a_terminal(void**) {
  LogPipe log;
  assert_true(log.take());
  log_line(LogLevel::kError, "one\nepsilond: two");
  log_line(LogLevel::kError, "\x1b[2J \xc2\x9b[2J \xe2\x80\xae desrever \xe2\x81\xa6 \x7f");
  log_line(LogLevel::kError, "not UTF-8: \xff\xc3");
  log_line(LogLevel::kError, "caf\xc3\xa9");
  assert_true(log.give_back() ==
              "epsilond: one epsilond: two\n"
              "epsilond:  [2J  [2J   desrever    \n"
              "epsilond: not UTF-8: \xef\xbf\xbd\xef\xbf\xbd\n"
              "epsilond: caf\xc3\xa9\n");
}

void a_long_text_is_cut_between_two_characters(void**) {
  std::array<char, 2001> letters{};
  for (std::size_t i = 0; i + 1 < letters.size(); i += 2) {
    letters[i] = '\xc3';
    letters[i + 1] = '\xa9';
  }
  for (const char* format : {"%s", "x%s"}) {
    LogPipe log;
    assert_true(log.take());
    log_line(LogLevel::kError, format, letters.data());
    const std::string_view said = log.give_back();
    assert_in_range(said.size(), 600, 800);
    assert_true(said.ends_with("\xc3\xa9\n"));
    assert_true(said.find('\n') == said.size() - 1);
  }
}

// Each of its bytes takes three.
void a_long_text_of_garbage_is_a_line(void**) {
  std::array<char, 2001> garbage{};
  garbage.fill('\xff');
  garbage.back() = '\0';
  LogPipe log;
  assert_true(log.take());
  log_line(LogLevel::kError, "%s", garbage.data());
  const std::string_view said = log.give_back();
  assert_true(said.size() > 2000 && said.ends_with("\xef\xbf\xbd\n"));
}

// Would hang if it waited for the reader.
void a_reader_that_stopped_delays_nobody_and_is_told_what_it_missed(void**) {
  LogPipe log;
  assert_true(log.take());
  log.fill();
  log_line(LogLevel::kInfo, "one");
  log_line(LogLevel::kInfo, "two");
  log.drain();
  log_line(LogLevel::kInfo, "three");
  log_line(LogLevel::kInfo, "four");
  assert_true(log.give_back() ==
              "epsilond: 2 lines before this one could not be written\nepsilond: three\nepsilond: four\n");
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(a_line_has_a_prefix_and_an_end),
    cmocka_unit_test(the_journal_is_told_the_level),
    cmocka_unit_test(a_text_cannot_forge_a_line_or_rule_a_terminal),
    cmocka_unit_test(a_long_text_is_cut_between_two_characters),
    cmocka_unit_test(a_long_text_of_garbage_is_a_line),
    cmocka_unit_test(a_reader_that_stopped_delays_nobody_and_is_told_what_it_missed),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
