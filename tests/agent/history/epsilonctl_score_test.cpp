// End to end: the built program, its exit codes and what it writes.

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

namespace {

struct Outcome {
  int code = -1;
  char out[16384] = "";  // standard output
  char err[4096] = "";
};

void slurp(const char* path, char* out, std::size_t size) {
  std::FILE* file = std::fopen(path, "r");
  const std::size_t bytes = file != nullptr ? std::fread(out, 1, size - 1, file) : 0;
  out[bytes] = '\0';
  if (file != nullptr) std::fclose(file);
}

// Runs `epsilonctl ARGUMENTS` by the shell in a fresh directory D that holds small.csv (100 rows, one strange), bad.csv
// (1 malformed row of 50) and good.csv (1 of 150). What the shell writes in front comes first.
Outcome run(const char* arguments, const char* before = "", const char* after = "") {
  char directory[] = "/tmp/epsilonctl-test-XXXXXX";
  if (mkdtemp(directory) == nullptr || chmod(directory, 0755) != 0) std::abort();
  const std::string script = std::string("cd ") + directory +
                             "\nmake_table() { echo timestamp,a,b,label; i=0; while [ $i -lt $1 ]; do"
                             " echo $((1700000000 + 60 * i)),$((i % 7)),$((i % 5)),0; i=$((i + 1)); done; }\n"
                             "make_table 99 > small.csv; echo 1700005940,70,2,1 >> small.csv\n"
                             "make_table 49 > bad.csv; echo oops >> bad.csv\n"
                             "make_table 149 > good.csv; echo oops >> good.csv\n" +
                             before + "\n{ " EPSILONCTL_PATH " " + arguments +
                             "; } > .out 2> .err < ${STDIN:-/dev/null}; code=$?\n" + after + "\nexit $code\n";
  const int status = std::system(script.c_str());
  Outcome outcome;
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  slurp((std::string(directory) + "/.out").c_str(), outcome.out, sizeof outcome.out);
  slurp((std::string(directory) + "/.err").c_str(), outcome.err, sizeof outcome.err);
  if (std::system(("rm -rf " + std::string(directory)).c_str()) != 0) std::abort();
  return outcome;
}

bool says(const char* text, const char* part) { return std::strstr(text, part) != nullptr; }

// The number behind `"key":` in the last line of `out`.
double summary_number(const Outcome& outcome, const char* key) {
  char wanted[64];
  std::snprintf(wanted, sizeof wanted, "\"%s\":", key);
  const char* summary = std::strstr(outcome.out, "\"event\":\"summary\"");
  const char* found = summary != nullptr ? std::strstr(summary, wanted) : nullptr;
  return found != nullptr ? std::strtod(found + std::strlen(wanted), nullptr) : -1.0;
}

void scoring_a_table_ends_with_a_summary(void**) {
  const Outcome outcome = run("score small.csv --model product --threshold contamination:0.01");
  assert_int_equal(outcome.code, 0);
  assert_string_equal(outcome.err, "");
  assert_near(summary_number(outcome, "rows"), 100, 0, 0);
  assert_near(summary_number(outcome, "flagged"), 1, 0, 0);
  assert_near(summary_number(outcome, "f1"), 1, 0, 0);
}

void an_episode_says_when_and_which_feature(void**) {
  const Outcome outcome = run("score small.csv --threshold contamination:0.01");
  assert_true(says(outcome.out,
                   "{\"v\":1,\"event\":\"episode\",\"first_row\":99,\"last_row\":99,\"rows\":1,"
                   "\"peak_row\":99,\"timestamp\":\"1700005940\",\"time\":\"2023-11-14T23:52:20.000Z\""));
  assert_true(says(outcome.out, "\"features\":[{\"name\":\"a\",\"value\":70,"));
}

void scores_have_a_line_for_every_row(void**) {
  const Outcome outcome = run("score good.csv --scores s.csv", "", "cat s.csv > .out");
  assert_int_equal(outcome.code, 0);
  assert_true(says(outcome.out, "row,timestamp,score,log_density,flag,feature\n0,1700000000,"));
  assert_true(says(outcome.out, "\n148,1700008880,"));
  assert_false(says(outcome.out, "\n149,"));
  int lines = 0;
  for (const char* c = outcome.out; *c != '\0'; ++c) lines += *c == '\n' ? 1 : 0;
  assert_int_equal(lines, 150);
}

void a_malformed_row_is_named_and_counted(void**) {
  const Outcome outcome = run("score good.csv");
  assert_int_equal(outcome.code, 0);
  assert_string_equal(outcome.err, "epsilonctl: good.csv:151: 1 cell, 4 columns in the header\n");
  assert_near(summary_number(outcome, "malformed"), 1, 0, 0);
}

void more_than_one_malformed_row_in_a_hundred_is_bad_data(void**) {
  const Outcome outcome = run("score bad.csv --scores s.csv", "", "ls >> .out");
  assert_int_equal(outcome.code, 65);
  assert_true(says(outcome.err, "1 of 50 rows are malformed, more than 1 %"));
  assert_false(says(outcome.out, "s.csv"));
}

void malformed_rows_behind_the_training_rows_count_too(void**) {
  const Outcome outcome = run("score bad.csv --train-rows 20 --scores s.csv", "", "ls >> .out");
  assert_int_equal(outcome.code, 65);
  assert_false(says(outcome.out, "s.csv"));
  assert_true(says(outcome.err, "s.csv: not written"));
}

void training_rows_and_a_training_file_agree(void**) {
  const Outcome first = run("score small.csv --train-rows 50", "", "");
  const Outcome second = run("score small.csv --train train.csv", "head -51 small.csv > train.csv");
  assert_int_equal(first.code, 0);
  assert_int_equal(second.code, 0);
  assert_near(summary_number(first, "training_rows"), 50, 0, 0);
  assert_near(summary_number(second, "training_rows"), 50, 0, 0);
  assert_near(summary_number(first, "flagged"), summary_number(second, "flagged"), 0, 0);
}

void a_training_file_without_a_column_is_bad_data(void**) {
  const Outcome outcome = run("score small.csv --train train.csv", "cut -d, -f1,2 small.csv > train.csv");
  assert_int_equal(outcome.code, 65);
  assert_string_equal(outcome.err, "epsilonctl: train.csv: there is no column 'b'\n");
}

void standard_input_may_be_a_file_a_pipe_or_gzip(void**) {
  assert_near(summary_number(run("score -", "STDIN=small.csv"), "rows"), 100, 0, 0);
  assert_near(summary_number(run("score - < /dev/null", "", ""), "rows"), -1, 0, 0);
  assert_near(summary_number(run("--version; cat small.csv | " EPSILONCTL_PATH " score -"), "rows"), 100, 0, 0);
  assert_near(summary_number(run("--version; gzip -c small.csv | " EPSILONCTL_PATH " score -"), "rows"), 100, 0, 0);
}

void the_command_line_is_strict(void**) {
  const struct {
    const char* arguments;
    const char* message;
  } kCases[] = {
      {"", "a subcommand is missing"},
      {"nothing", "unknown subcommand 'nothing' (there are: status, check, explain,"},
      {"socre x", "did you mean 'score'?"},
      {"--verison", "unknown option '--verison': did you mean '--version'?"},
      {"score", "score takes a FILE, none given"},
      {"score small.csv --modle product", "unknown option '--modle': did you mean '--model'?"},
      {"score small.csv --model mixtures", "--model 'mixtures': allowed: product, mahalanobis"},
      {"score small.csv --trees 5", "--trees '5': belongs to --model isolation_forest"},
      {"score small.csv --model mixture --components 9", "--components '9': allowed: 1 .. 8, or bic"},
      {"score small.csv --model kmeans --preset netdata --lag 2", "--lag '2': is fixed by --preset netdata"},
      {"score small.csv --labels small.csv", "--labels belongs to --threshold select-epsilon"},
      {"score small.csv --model", "option '--model' needs a value"},
      {"score small.csv --seed 1 --seed 1", "option '--seed' given twice"},
      {"score small.csv --seed -1", "--seed '-1': allowed"},
      {"score small.csv --format xml", "allowed: auto, csv, tsv, prmon, rrd, sar"},
      {"score small.csv --threshold mean", "allowed: budget, quantile:Q"},
      {"score small.csv --threshold epsilon:1 --false-alarms-per-week 1", "belongs to --threshold budget"},
      {"score small.csv --false-alarms-per-week 0", "allowed: a number above 0"},
      {"score small.csv --train-rows 1", "allowed: 2 or more"},
      {"score small.csv --train-rows 9 --train bad.csv", "exclude each other"},
      {"score - --train -", "standard input can be read only once"},
      {"score small.csv --columns c", "there is no column 'c'"},
      {"score small.csv --scores -", "standard output carries the events"},
      {"score small.csv --scores small.csv", "small.csv: is an input"},
      {"score -x small.csv", "unknown option '-x'"},
  };
  for (const auto& entry : kCases) {
    const Outcome outcome = run(entry.arguments);
    if (outcome.code != 64 || !says(outcome.err, entry.message))
      fail_msg("[%s] ended with %d and said: %s", entry.arguments, outcome.code, outcome.err);
  }
}

void missing_and_unusable_inputs_have_their_codes(void**) {
  assert_int_equal(run("score nothing.csv").code, 66);
  assert_int_equal(run("score .").code, 66);
  assert_int_equal(run("score empty.csv", ": > empty.csv").code, 65);
  assert_int_equal(run("score small.csv --train nothing.csv").code, 66);
  assert_int_equal(run("score half.csv.gz", "gzip -c small.csv | head -c 90 > half.csv.gz").code, 65);
}

void an_unreadable_file_is_a_matter_of_permission(void**) {
  // root reads everything: become somebody else for the run.
  const bool root = geteuid() == 0;
  const Outcome able = run("--version", root ? "command -v setpriv > /dev/null || exit 1" : "");
  if (able.code != 0) {
    print_message("skipped: running as root without setpriv\n");
    skip();
  }
  const Outcome outcome =
      root ? run("--version; setpriv --reuid=65534 --clear-groups " EPSILONCTL_PATH " score small.csv",
                 "chmod 000 small.csv")
           : run("score small.csv", "chmod 000 small.csv");
  assert_int_equal(outcome.code, 77);
}

void scores_that_cannot_be_created_or_written_have_their_codes(void**) {
  assert_int_equal(run("score small.csv --scores no/such/place.csv").code, 73);
  assert_int_equal(run("score small.csv --scores .").code, 73);
  const Outcome full = run("score small.csv --scores /dev/full");
  assert_int_equal(full.code, 74);
  assert_true(says(full.err, "/dev/full: cannot write"));
  assert_int_equal(run("score small.csv > /dev/full").code, 74);
}

void nothing_half_written_is_left_behind(void**) {
  const Outcome outcome = run("score bad.csv --train small.csv --scores s.csv", "", "ls -A | grep s.csv > .out");
  assert_int_equal(outcome.code, 65);
  assert_false(says(outcome.out, "part"));
}

void an_earlier_scores_file_survives_a_failure(void**) {
  const Outcome outcome = run("score bad.csv --scores s.csv", "echo precious > s.csv", "cat s.csv > .out");
  assert_int_equal(outcome.code, 65);
  assert_string_equal(outcome.out, "precious\n");
}

void ignored_columns_are_named(void**) {
  const Outcome outcome = run("score x.csv --threshold contamination:0.1",
                              "{ echo host,a; for i in 1 2 3 4; do echo web,$i; done; } > x.csv");
  assert_int_equal(outcome.code, 0);
  assert_string_equal(outcome.err, "epsilonctl: x.csv: ignored columns without numbers: host\n");
}

void what_a_column_is_called_cannot_rule_a_terminal(void**) {
  const Outcome outcome =
      run("score x.csv --threshold contamination:0.1",
          "{ printf 'h\\033[2J\\302\\233s,a\\n'; for i in 1 2 3 4; do echo web,$i; done; } > x.csv");
  assert_int_equal(outcome.code, 0);
  assert_string_equal(outcome.err, "epsilonctl: x.csv: ignored columns without numbers: h [2J s\n");
}

void a_long_list_is_cut_between_two_characters(void**) {
  const Outcome outcome =
      run("score x.csv --threshold contamination:0.1",
          "{ printf '\\303\\251%.0s' $(seq 600); echo ,a; for i in 1 2 3 4; do echo web,$i; done; } > x.csv");
  assert_int_equal(outcome.code, 0);
  assert_true(says(outcome.err, "\303\251...\n"));
  assert_false(says(outcome.err, "\357\277\275"));
}

void a_row_without_values_has_an_empty_density(void**) {
  const Outcome outcome = run("score x.csv --scores s.csv --threshold contamination:0.1",
                              "{ echo a,b; echo 1,2; echo ,; echo 2,3; echo 3,1; } > x.csv", "cat s.csv > .out");
  assert_int_equal(outcome.code, 0);
  assert_true(says(outcome.out, "\n1,,0,,0,\n"));
}

void a_budget_per_week_without_a_clock_is_mentioned(void**) {
  const Outcome outcome = run("score x.csv --false-alarms-per-week 3", "cut -d, -f2,3 small.csv > x.csv");
  assert_int_equal(outcome.code, 0);
  assert_true(says(outcome.err, "no clock, so no week"));
  assert_near(summary_number(outcome, "surprise_cut"), 4, 0, 1e-12);
}

void help_and_version_are_printed(void**) {
  assert_true(says(run("--help").out, "usage: epsilonctl SUBCOMMAND"));
  assert_true(says(run("score --help").out, "usage: epsilonctl score FILE"));
  assert_string_equal(run("help score").out, run("score --help").out);
  assert_string_equal(run("--version").out, "epsilonctl " EPSILOND_VERSION "\n");
}

// The data of the exercise are not ours to ship; EPSILOND_DATA names the folder that holds ex8/.
const char* ex8_directory() {
  const char* data = std::getenv("EPSILOND_DATA");
  if (data == nullptr || *data == '\0') {
    print_message("skipped: EPSILOND_DATA is not set\n");
    skip();
  }
  return data;
}

Outcome run_ex8(const char* data, const char* arguments) {
  return run(arguments,
             (std::string("X=") + data + "/ex8/ex8data1_X.csv VAL=" + data + "/ex8/ex8data1_val.csv").c_str());
}

void the_exercise_finds_its_six_outliers(void**) {
  const Outcome outcome = run_ex8(ex8_directory(), "score $X --threshold epsilon:8.99e-05");
  assert_int_equal(outcome.code, 0);
  assert_near(summary_number(outcome, "flagged"), 6, 0, 0);
}

void the_exercise_reaches_its_f1(void**) {
  const Outcome outcome = run_ex8(ex8_directory(), "score $VAL --train $X --threshold epsilon:8.99e-05");
  assert_int_equal(outcome.code, 0);
  assert_near(summary_number(outcome, "f1"), 0.875, 0, 0);
}

void other_formats_are_told_by_their_content_and_notes_are_said(void**) {
  const Outcome outcome = run("score run.csv", R"(printf 'Time\twtime\tpss\n1\t1\t5\n2\t2\t6\n3\t3\t7\n' > run.csv)");
  assert_int_equal(outcome.code, 0);
  assert_string_equal(outcome.err,
                      "epsilonctl: run.csv: wtime is the clock of the run, so no feature; --columns can name it\n");
  assert_near(summary_number(outcome, "features"), 1, 0, 0);
}

void a_wrong_format_named_is_bad_data(void**) {
  const Outcome outcome = run("score small.csv --format rrd");
  assert_int_equal(outcome.code, 65);
  assert_string_equal(outcome.err,
                      "epsilonctl: small.csv: this is not the output of rrdtool fetch: the content looks like csv\n");
}

void output_of_sadf_is_read_from_standard_input(void**) {
  const Outcome outcome = run("score - --scores s.csv < sar.txt",
                              R"({ echo '# hostname;interval;timestamp;a'; for i in 1 2 3 4; do
                                 echo "vm;1;2026-11-22 10:00:0$i UTC;$i"; done; } > sar.txt)",
                              "head -2 s.csv > .out");
  assert_int_equal(outcome.code, 0);
  assert_true(says(outcome.out, "\n0,2026-11-22 10:00:01,"));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(scoring_a_table_ends_with_a_summary),
    cmocka_unit_test(an_episode_says_when_and_which_feature),
    cmocka_unit_test(scores_have_a_line_for_every_row),
    cmocka_unit_test(a_malformed_row_is_named_and_counted),
    cmocka_unit_test(more_than_one_malformed_row_in_a_hundred_is_bad_data),
    cmocka_unit_test(malformed_rows_behind_the_training_rows_count_too),
    cmocka_unit_test(training_rows_and_a_training_file_agree),
    cmocka_unit_test(a_training_file_without_a_column_is_bad_data),
    cmocka_unit_test(standard_input_may_be_a_file_a_pipe_or_gzip),
    cmocka_unit_test(the_command_line_is_strict),
    cmocka_unit_test(missing_and_unusable_inputs_have_their_codes),
    cmocka_unit_test(an_unreadable_file_is_a_matter_of_permission),
    cmocka_unit_test(scores_that_cannot_be_created_or_written_have_their_codes),
    cmocka_unit_test(nothing_half_written_is_left_behind),
    cmocka_unit_test(an_earlier_scores_file_survives_a_failure),
    cmocka_unit_test(ignored_columns_are_named),
    cmocka_unit_test(what_a_column_is_called_cannot_rule_a_terminal),
    cmocka_unit_test(a_long_list_is_cut_between_two_characters),
    cmocka_unit_test(a_row_without_values_has_an_empty_density),
    cmocka_unit_test(a_budget_per_week_without_a_clock_is_mentioned),
    cmocka_unit_test(help_and_version_are_printed),
    cmocka_unit_test(the_exercise_finds_its_six_outliers),
    cmocka_unit_test(the_exercise_reaches_its_f1),
    cmocka_unit_test(other_formats_are_told_by_their_content_and_notes_are_said),
    cmocka_unit_test(a_wrong_format_named_is_bad_data),
    cmocka_unit_test(output_of_sadf_is_read_from_standard_input),
};
EPSILOND_TEST_MAIN(kTests)
