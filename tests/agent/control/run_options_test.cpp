#include "agent/control/run_options.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::parse_run_options;
using epsilond::agent::RunOptions;
using epsilond::platform::ErrorCode;
using epsilond::platform::Result;

namespace {

// What became of a command line, without destructors.
struct Fate {
  bool parsed = false;
  ErrorCode code = ErrorCode::kIo;
  char error[200] = "";
  bool help = false;
  bool all = false;
  bool quiet = false;
  double interval_s = 0.0;
  double warm_up_s = 0.0;
  double budget = 0.0;
  char files[200] = "";    // prmon|csv|json-summary|flags
  char command[200] = "";  // its words, joined by '|'
};

void keep(const std::string& text, char* out, std::size_t size) {
  out[text.copy(out, std::min(text.size(), size - 1))] = '\0';
}

Fate parse(std::initializer_list<const char*> words) {
  const std::vector<const char*> all(words);
  const Result<RunOptions> options = parse_run_options(all);
  Fate fate;
  fate.parsed = static_cast<bool>(options);
  if (!options) {
    fate.code = options.error().code;
    keep(options.error().context.c_str(), fate.error, sizeof fate.error);
    return fate;
  }
  fate.help = (*options).help;
  fate.all = (*options).all;
  fate.quiet = (*options).quiet;
  fate.interval_s = (*options).interval_s;
  fate.warm_up_s = (*options).warm_up_s;
  fate.budget = (*options).false_alarms_per_week.value_or(-1.0);
  keep((*options).prmon_file + "|" + (*options).csv_file + "|" + (*options).json_summary_file + "|" +
           (*options).flags_file,
       fate.files, sizeof fate.files);
  std::string command;
  for (const char* word : (*options).command) command += (command.empty() ? "" : "|") + std::string(word);
  keep(command, fate.command, sizeof fate.command);
  return fate;
}

void a_bare_command_has_the_defaults(void**) {
  const Fate fate = parse({"--", "sleep", "1"});
  assert_true(fate.parsed);
  assert_string_equal(fate.command, "sleep|1");
  assert_near(fate.interval_s, 1.0, 0, 0);
  assert_near(fate.warm_up_s, 60.0, 0, 0);
  assert_near(fate.budget, -1.0, 0, 0);
  assert_string_equal(fate.files, "|||");
  assert_false(fate.all || fate.quiet);
}

void every_option_is_taken(void**) {
  const Fate fate =
      parse({"--prmon", "p", "--csv=c", "--json-summary", "j", "--flags", "f", "--interval", "500ms", "--warm-up", "5m",
             "--false-alarms-per-week", "2", "--all", "--quiet", "--", "make"});
  assert_true(fate.parsed);
  assert_string_equal(fate.files, "p|c|j|f");
  assert_near(fate.interval_s, 0.5, 0, 0);
  assert_near(fate.warm_up_s, 300.0, 0, 0);
  assert_near(fate.budget, 2.0, 0, 0);
  assert_true(fate.all && fate.quiet);
}

void the_words_of_the_command_are_its_own(void**) {
  const Fate fate = parse({"--quiet", "--", "sh", "--all", "--", "-c"});
  assert_true(fate.parsed);
  assert_string_equal(fate.command, "sh|--all|--|-c");
  assert_false(fate.all);
}

void help_needs_no_command(void**) { assert_true(parse({"--help"}).help); }

void bad_command_lines_say_what_is_allowed(void**) {
  const struct {
    std::initializer_list<const char*> words;
    const char* error;
  } kCases[] = {
      {{}, "run takes -- COMMAND..., none given"},
      {{"--"}, "run takes -- COMMAND..., none given"},
      {{"--", ""}, "the name of the command is empty"},
      {{"sleep", "1"}, "'sleep': the command stands after --, as in run -- sleep 1"},
      {{"sleep", "--", "1"}, "'sleep': the command stands after --, as in run -- sleep 1"},
      {{"--interval", "1ms", "--", "true"}, "--interval '1ms': allowed: a time such as 500ms or 10s, 100ms .. 1h"},
      {{"--interval", "2h", "--", "true"}, "--interval '2h': allowed: a time such as 500ms or 10s, 100ms .. 1h"},
      {{"--interval", "nan", "--", "true"}, "--interval 'nan': allowed: a time such as 500ms or 10s, 100ms .. 1h"},
      {{"--warm-up", "1s", "--", "true"}, "--warm-up '1s': allowed: a time such as 5m, 30s .. 7d"},
      {{"--csv", "-", "--", "true"}, "--csv '-': the name of a file (standard output belongs to the command)"},
      {{"--csv", "x", "--flags", "x", "--", "true"}, "'x' is named for both --csv and --flags"},
      {{"--pmon", "x", "--", "true"}, "unknown option '--pmon': did you mean '--prmon'?"},
  };
  for (const auto& entry : kCases) {
    const Fate fate = parse(entry.words);
    assert_false(fate.parsed);
    assert_int_equal(fate.code, ErrorCode::kInvalid);
    assert_string_equal(fate.error, entry.error);
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_bare_command_has_the_defaults),   cmocka_unit_test(every_option_is_taken),
    cmocka_unit_test(the_words_of_the_command_are_its_own), cmocka_unit_test(help_needs_no_command),
    cmocka_unit_test(bad_command_lines_say_what_is_allowed),
};
EPSILOND_TEST_MAIN(kTests)
