#include "agent/options.h"

#include <cstdint>
#include <cstring>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::Mode;
using epsilond::agent::Options;
using epsilond::agent::parse_options;

namespace {

// What a command line means, in a form that an asserting frame may hold.
struct Parsed {
  bool ok = false;
  Mode mode = Mode::kRun;
  bool live = false;
  std::uint64_t ticks = 0;
  bool has_state = false;
  char state[32] = "";
  char root[32] = "";
  char config[32] = "";
  char error[200] = "";
};

template <std::size_t N>
Parsed parse(const char* const (&words)[N]) {
  const char* arguments[N + 2] = {"epsilond"};
  std::copy(words, words + N, arguments + 1);
  const auto options = parse_options(static_cast<int>(N + 1), const_cast<char**>(arguments));
  Parsed parsed;
  parsed.ok = static_cast<bool>(options);
  if (!options) {
    std::strncpy(parsed.error, options.error().context.c_str(), sizeof parsed.error - 1);
    return parsed;
  }
  parsed.mode = options->mode;
  parsed.live = options->live;
  parsed.ticks = options->ticks;
  parsed.has_state = options->state_path.has_value();
  std::strncpy(parsed.state, options->state_path.value_or("").c_str(), sizeof parsed.state - 1);
  std::strncpy(parsed.root, options->root.c_str(), sizeof parsed.root - 1);
  std::strncpy(parsed.config, options->config_path.value_or("").c_str(), sizeof parsed.config - 1);
  return parsed;
}

void every_option_is_understood(void**) {
  const Parsed parsed = parse({"-c", "a.ini", "--root", "tree", "--state", "file", "--ticks", "7", "--live"});
  assert_true(parsed.ok);
  assert_string_equal(parsed.config, "a.ini");
  assert_string_equal(parsed.root, "tree");
  assert_string_equal(parsed.state, "file");
  assert_int_equal(parsed.ticks, 7);
  assert_true(parsed.live);
}

void long_options_take_their_value_after_an_equals_sign(void**) {
  const Parsed parsed = parse({"--config=a.ini", "--ticks=3"});
  assert_string_equal(parsed.config, "a.ini");
  assert_int_equal(parsed.ticks, 3);
}

void the_word_none_means_no_state(void**) {
  const Parsed parsed = parse({"--state", "none"});
  assert_true(parsed.has_state);
  assert_string_equal(parsed.state, "");
}

void modes_have_short_and_long_names(void**) {
  assert_true(parse({"-t"}).mode == Mode::kCheckConfig);
  assert_true(parse({"--check-config"}).mode == Mode::kCheckConfig);
  assert_true(parse({"-T"}).mode == Mode::kPrintConfig);
  assert_true(parse({"--print-config"}).mode == Mode::kPrintConfig);
  assert_true(parse({"--once"}).mode == Mode::kOnce);
  assert_true(parse({"--version"}).mode == Mode::kVersion);
  assert_true(parse({"-h"}).mode == Mode::kHelp);
}

void two_modes_at_once_are_refused(void**) {
  assert_false(parse({"-t", "--once"}).ok);
  assert_true(parse({"-t", "-t"}).ok);
}

void an_unknown_option_is_quoted(void**) {
  assert_non_null(std::strstr(parse({"--tick"}).error, "needs a value"));
  assert_non_null(std::strstr(parse({"--nonsense"}).error, "--nonsense"));
  assert_non_null(std::strstr(parse({"-x"}).error, "-x"));
}

void a_missing_value_is_said(void**) {
  assert_non_null(std::strstr(parse({"-c"}).error, "-c needs a value"));
  assert_non_null(std::strstr(parse({"--root"}).error, "--root needs a value"));
}

void ticks_is_a_whole_number_from_one(void**) {
  assert_false(parse({"--ticks", "0"}).ok);
  assert_false(parse({"--ticks", "-1"}).ok);
  assert_false(parse({"--ticks", "1.5"}).ok);
  assert_false(parse({"--ticks", "99999999999999999999999"}).ok);
  assert_false(parse({"--ticks", "7 "}).ok);
}

void a_bare_word_is_refused(void**) { assert_non_null(std::strstr(parse({"epsilond.ini"}).error, "epsilond.ini")); }

const CMUnitTest kTests[] = {
    cmocka_unit_test(every_option_is_understood),
    cmocka_unit_test(long_options_take_their_value_after_an_equals_sign),
    cmocka_unit_test(the_word_none_means_no_state),
    cmocka_unit_test(modes_have_short_and_long_names),
    cmocka_unit_test(two_modes_at_once_are_refused),
    cmocka_unit_test(an_unknown_option_is_quoted),
    cmocka_unit_test(a_missing_value_is_said),
    cmocka_unit_test(ticks_is_a_whole_number_from_one),
    cmocka_unit_test(a_bare_word_is_refused),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
