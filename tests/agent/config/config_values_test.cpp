#include "agent/config/config_values.h"

#include <cmath>

#include "agent/pipeline/feature_table.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::agent;

namespace {

// NaN when the text is refused.
double duration(std::string_view text) {
  double seconds = std::nan("");
  (void)parse_duration(text, &seconds);
  return seconds;
}

double percent(std::string_view text) {
  double ratio = std::nan("");
  (void)parse_percent(text, &ratio);
  return ratio;
}

double number(std::string_view text) {
  double value = std::nan("");
  (void)parse_number(text, &value);
  return value;
}

double integer(std::string_view text) {
  double value = std::nan("");
  (void)parse_integer(text, &value);
  return value;
}

bool suggests(const Problem& problem, std::string_view text) { return problem && problem->suggestion == text; }

bool duration_suggests(std::string_view text, std::string_view meant) {
  double seconds = 0;
  return suggests(parse_duration(text, &seconds), meant);
}

bool formatted_duration_is(double seconds, std::string_view text) { return format_duration(seconds) == text; }

bool formatted_percent_is(double ratio, std::string_view text) { return format_percent(ratio) == text; }

// The windows of the text, formatted again; "refused" if it is.
std::string_view windows(std::string_view text) {
  static std::string formatted;
  std::vector<MuteConfig> parsed;
  formatted = parse_windows(text, &parsed) ? "refused" : format_windows(parsed);
  return formatted;
}

MuteConfig first_window(std::string_view text) {
  std::vector<MuteConfig> parsed;
  if (parse_windows(text, &parsed)) return {};
  return parsed[0];
}

int start_minute(std::string_view text) { return first_window(text).start_minute; }
int end_minute(std::string_view text) { return first_window(text).end_minute; }
unsigned long days(std::string_view text) { return first_window(text).days.to_ulong(); }

// The endpoint, formatted again; "refused" if it is.
std::string_view endpoint(std::string_view text, std::uint16_t default_port = 0) {
  static std::string formatted;
  epsilond::platform::Endpoint parsed;
  formatted = parse_target(text, default_port, &parsed) ? "refused" : epsilond::platform::format_endpoint(parsed).c_str();
  return formatted;
}

// Number of features in the list; -1 if it is refused.
int list_size(std::string_view text) {
  epsilond::models::PresenceMask mask;
  if (parse_feature_list(text, "none", {}, &mask)) return -1;
  return static_cast<int>(mask.count());
}

bool list_has(std::string_view text, std::string_view name) {
  epsilond::models::PresenceMask mask;
  if (parse_feature_list(text, "default", all_features(), &mask)) return false;
  return mask.test(*find_feature(name));
}

void every_unit_of_time_counts_in_seconds(void**) {
  assert_near(duration("250ms"), 0.25, 0, 0);
  assert_near(duration("7s"), 7, 0, 0);
  assert_near(duration("3m"), 180, 0, 0);
  assert_near(duration("2h"), 7200, 0, 0);
  assert_near(duration("1d"), 86400, 0, 0);
  assert_near(duration("2w"), 1209600, 0, 0);
}

void a_duration_may_have_a_fraction(void**) { assert_near(duration("1.5h"), 5400, 0, 0); }

void a_duration_without_unit_is_refused(void**) { assert_true(std::isnan(duration("10"))); }

void a_duration_without_number_is_refused(void**) { assert_true(std::isnan(duration("s"))); }

void a_duration_with_trailing_text_is_refused(void**) { assert_true(std::isnan(duration("10s!"))); }

void a_blank_before_the_unit_is_refused_with_a_hint(void**) { assert_true(duration_suggests("10 s", "10s")); }

void a_missing_unit_suggests_seconds(void**) { assert_true(duration_suggests("10", "10s")); }

void a_long_unit_suggests_the_short_one(void**) {
  assert_true(duration_suggests("5min", "5m"));
  assert_true(duration_suggests("2days", "2d"));
}

void a_duration_that_is_no_finite_number_is_refused(void**) {
  assert_true(std::isnan(duration("infs")));
  assert_true(std::isnan(duration("nans")));
  assert_true(std::isnan(duration("1e999s")));
  assert_true(std::isnan(duration("1e308w")));
}

void an_empty_duration_is_refused(void**) { assert_true(std::isnan(duration(""))); }

void hexadecimal_and_signs_are_refused(void**) {
  assert_true(std::isnan(duration("0x10s")));
  assert_true(std::isnan(duration("+1s")));
}

void minus_zero_is_zero(void**) { assert_false(std::signbit(duration("-0s"))); }

void durations_are_shown_in_the_largest_whole_unit(void**) {
  assert_true(formatted_duration_is(0.1, "100ms"));
  assert_true(formatted_duration_is(1, "1s"));
  assert_true(formatted_duration_is(90, "90s"));
  assert_true(formatted_duration_is(900, "15m"));
  assert_true(formatted_duration_is(604800, "7d"));
  assert_true(formatted_duration_is(0, "0s"));
}

void every_shown_duration_reads_back_exactly(void**) {
  std::uint64_t state = 12345;  // a fixed linear congruential sequence, so that a failure repeats
  for (int i = 0; i < 20000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const double seconds = static_cast<double>(state >> 11) * 0x1p-53 * std::pow(10.0, static_cast<double>(i % 9) - 2);
    double back = -1;
    const bool exact = !parse_duration(format_duration(seconds), &back) && back == seconds;
    if (!exact) fail_msg("%.17g reads back as %.17g", seconds, back);
  }
}

void a_percentage_is_a_ratio(void**) {
  assert_near(percent("0.2%"), 0.002, 0, 0);
  assert_near(percent("100%"), 1, 0, 0);
}

void a_percentage_needs_its_sign(void**) {
  assert_true(std::isnan(percent("0.2")));
  assert_true(std::isnan(percent("0.2%%")));
  assert_true(std::isnan(percent("0.2 %")));
}

void percentages_are_shown_as_written(void**) {
  assert_true(formatted_percent_is(percent("0.2%"), "0.2%"));
  assert_true(formatted_percent_is(percent("0.07%"), "0.07%"));
  assert_true(formatted_percent_is(percent("29%"), "29%"));
}

void every_percentage_of_two_digits_reads_back_exactly(void**) {
  for (int i = 1; i <= 10000; ++i) {
    const double ratio = i / 100.0 / 100.0;
    double back = -1;
    const bool exact = !parse_percent(format_percent(ratio), &back) && back == ratio;
    if (!exact) fail_msg("%.17g reads back as %.17g", ratio, back);
  }
}

void a_number_is_read_to_its_last_byte(void**) {
  assert_near(number("-60.5"), -60.5, 0, 0);
  assert_true(std::isnan(number("0.5x")));
  assert_true(std::isnan(number("0,5")));
  assert_true(std::isnan(number("inf")));
}

void an_integer_has_no_fraction_and_no_exponent(void**) {
  assert_near(integer("480"), 480, 0, 0);
  assert_true(std::isnan(integer("480.0")));
  assert_true(std::isnan(integer("48e1")));
}

void m_of_n_reads_both_numbers(void**) {
  unsigned m = 0;
  unsigned n = 0;
  assert_false(parse_m_of_n("2  of 64", &m, &n).has_value());
  assert_int_equal(m, 2);
  assert_int_equal(n, 64);
}

void m_of_n_is_checked(void**) {
  unsigned m = 7;
  unsigned n = 7;
  for (const char* text : {"", "1", "1 of", "of 1", "0 of 1", "3 of 2", "1 of 65", "1 in 2", "-1 of 2", "1 of 2 of 3",
                           "1,of,2", "1.5 of 2", "99999999999 of 2"})
    if (!parse_m_of_n(text, &m, &n)) fail_msg("\"%s\" is taken", text);
  assert_int_equal(m, 7);
}

void features_are_listed_by_blanks_or_commas(void**) {
  assert_int_equal(list_size("load_1min load_5min"), 2);
  assert_int_equal(list_size("load_1min,load_5min,  zombies"), 3);
}

void the_lone_word_stands_for_its_mask(void**) {
  assert_int_equal(list_size("none"), 0);
  assert_true(list_has("default", "tcp_sockets"));
}

void the_lone_word_does_not_mix(void**) { assert_int_equal(list_size("none zombies"), -1); }

void a_star_names_every_feature_that_begins_so(void**) {
  assert_int_equal(list_size("load_*"), 3);
  assert_true(list_has("pressure_*", "pressure_io_full_ratio"));
  assert_false(list_has("pressure_*", "zombies"));
}

void a_star_that_names_nothing_is_refused(void**) {
  assert_int_equal(list_size("gpu_*"), -1);
  assert_int_equal(list_size("*"), -1);
}

void a_feature_named_twice_is_refused(void**) { assert_int_equal(list_size("zombies zombies"), -1); }

void empty_places_in_a_list_are_refused(void**) {
  assert_int_equal(list_size("zombies,,threads"), -1);
  assert_int_equal(list_size("zombies,"), -1);
  assert_int_equal(list_size(","), -1);
}

void endpoints_of_both_families_are_read(void**) {
  assert_true(endpoint("192.0.2.10:8089") == "192.0.2.10:8089");
  assert_true(endpoint("[2001:db8::1]:8089") == "[2001:db8::1]:8089");
}

void a_default_port_fills_in(void**) {
  assert_true(endpoint("192.0.2.10", 514) == "192.0.2.10:514");
  assert_true(endpoint("[::1]", 514) == "[::1]:514");
}

void malformed_endpoints_are_refused(void**) {
  for (const char* text : {"", ":1", "192.0.2.10", "192.0.2.10:", "192.0.2.10:0", "192.0.2.10:65536", "192.0.2.10:1x",
                           "192.0.2.256:1", "192.0.2:1", "localhost:1", "[::1]", "[::1]1", "[::1:1", "[192.0.2.1]:1",
                           "::1:1", "[fe80::1%eth0]:1", "192.0.2.10 :1", "192.0.2.10:+1"})
    if (endpoint(text) != "refused") fail_msg("\"%s\" is taken", text);
}

void a_window_has_days_and_times(void**) {
  assert_int_equal(days("Sun 03:00-04:30"), 1);
  assert_int_equal(start_minute("Sun 03:00-04:30"), 180);
  assert_int_equal(end_minute("Sun 03:00-04:30"), 270);
}

void days_may_be_ranges_over_the_end_of_the_week(void**) {
  assert_int_equal(days("Mon-Fri 01:00-02:00"), 0b0111110);
  assert_int_equal(days("Fri-Mon 01:00-02:00"), 0b1100011);
  assert_int_equal(days("daily 01:00-02:00"), 0b1111111);
  assert_int_equal(days("Mon Wed 01:00-02:00"), 0b0001010);
}

void a_window_may_run_into_the_next_day(void**) { assert_true(windows("Sat 23:30-00:30") == "Sat 23:30-00:30"); }

void midnight_as_an_end_is_24_hours(void**) {
  assert_int_equal(end_minute("Sat 23:30-24:00"), 0);
  assert_true(windows("Sat 23:30-00:00") == "Sat 23:30-24:00");
}

void several_windows_are_divided_by_commas(void**) {
  assert_true(windows("Sun 03:00-04:30,Mon-Fri 12:00-12:05") == "Sun 03:00-04:30, Mon-Fri 12:00-12:05");
}

void a_comma_divides_days_of_one_window_too(void**) {
  assert_true(windows("Sat,Sun 03:00-04:30") == "Sat-Sun 03:00-04:30");
  assert_true(windows("Mon, Wed,Fri 01:00-02:00, Sat,Sun 09:00-10:00") ==
              "Mon Wed Fri 01:00-02:00, Sat-Sun 09:00-10:00");
  assert_true(windows("Mon-Wed,Sat Sun 01:00-02:00") == "Sat-Wed 01:00-02:00");
}

void runs_of_days_are_shown_as_ranges(void**) {
  assert_true(windows("Mon Tue Wed Sat 01:00-02:00") == "Mon-Wed Sat 01:00-02:00");
  assert_true(windows("Sat Sun 01:00-02:00") == "Sat-Sun 01:00-02:00");
}

void malformed_windows_are_refused(void**) {
  for (const char* text : {"",
                           ",",
                           "Sun",
                           "03:00-04:00",
                           "Sun 3:00-4:00",
                           "Sun 03:00",
                           "Sun 03:00-",
                           "Sun 24:00-01:00",
                           "Sun 03:60-04:00",
                           "Sun 03:00-24:01",
                           "Sun 03:00-25:00",
                           "sunday 03:00-04:00",
                           "Sun- 03:00-04:00",
                           "Sun-Mon-Tue 03:00-04:00",
                           "Sun 03:00-04:00,",
                           "Sun Sun 03:00-04:00",
                           "Sun,Sun 03:00-04:00",
                           "Sun,03:00-04:00",
                           "Sun 03:00-04:00, Mon",
                           "Sun,,Mon 03:00-04:00",
                           "daily Mon 03:00-04:00",
                           "Sun 03:00-04:00 x",
                           "Sun 03.00-04.00"})
    if (windows(text) != "refused") fail_msg("\"%s\" is taken", text);
}

void a_mistyped_day_is_suggested(void**) {
  static std::vector<MuteConfig> parsed;
  assert_true(suggests(parse_windows("Tus 01:00-02:00", &parsed), "Tue"));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(every_unit_of_time_counts_in_seconds),
    cmocka_unit_test(a_duration_may_have_a_fraction),
    cmocka_unit_test(a_duration_without_unit_is_refused),
    cmocka_unit_test(a_duration_without_number_is_refused),
    cmocka_unit_test(a_duration_with_trailing_text_is_refused),
    cmocka_unit_test(a_blank_before_the_unit_is_refused_with_a_hint),
    cmocka_unit_test(a_missing_unit_suggests_seconds),
    cmocka_unit_test(a_long_unit_suggests_the_short_one),
    cmocka_unit_test(a_duration_that_is_no_finite_number_is_refused),
    cmocka_unit_test(an_empty_duration_is_refused),
    cmocka_unit_test(hexadecimal_and_signs_are_refused),
    cmocka_unit_test(minus_zero_is_zero),
    cmocka_unit_test(durations_are_shown_in_the_largest_whole_unit),
    cmocka_unit_test(every_shown_duration_reads_back_exactly),
    cmocka_unit_test(a_percentage_is_a_ratio),
    cmocka_unit_test(a_percentage_needs_its_sign),
    cmocka_unit_test(percentages_are_shown_as_written),
    cmocka_unit_test(every_percentage_of_two_digits_reads_back_exactly),
    cmocka_unit_test(a_number_is_read_to_its_last_byte),
    cmocka_unit_test(an_integer_has_no_fraction_and_no_exponent),
    cmocka_unit_test(m_of_n_reads_both_numbers),
    cmocka_unit_test(m_of_n_is_checked),
    cmocka_unit_test(features_are_listed_by_blanks_or_commas),
    cmocka_unit_test(the_lone_word_stands_for_its_mask),
    cmocka_unit_test(the_lone_word_does_not_mix),
    cmocka_unit_test(a_star_names_every_feature_that_begins_so),
    cmocka_unit_test(a_star_that_names_nothing_is_refused),
    cmocka_unit_test(a_feature_named_twice_is_refused),
    cmocka_unit_test(empty_places_in_a_list_are_refused),
    cmocka_unit_test(endpoints_of_both_families_are_read),
    cmocka_unit_test(a_default_port_fills_in),
    cmocka_unit_test(malformed_endpoints_are_refused),
    cmocka_unit_test(a_window_has_days_and_times),
    cmocka_unit_test(days_may_be_ranges_over_the_end_of_the_week),
    cmocka_unit_test(a_window_may_run_into_the_next_day),
    cmocka_unit_test(midnight_as_an_end_is_24_hours),
    cmocka_unit_test(several_windows_are_divided_by_commas),
    cmocka_unit_test(a_comma_divides_days_of_one_window_too),
    cmocka_unit_test(runs_of_days_are_shown_as_ranges),
    cmocka_unit_test(malformed_windows_are_refused),
    cmocka_unit_test(a_mistyped_day_is_suggested),
};
EPSILOND_TEST_MAIN(kTests)
