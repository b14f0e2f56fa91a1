#include "agent/history/cell.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <random>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::CellKind;
using epsilond::agent::parse_cell;
using epsilond::agent::parse_plain_number;
using epsilond::agent::parse_timestamp;

namespace {

CellKind kind_of(std::string_view text) {
  double value = 0.0;
  return parse_cell(text, value);
}

double number(std::string_view text) {
  double value = NAN;
  return parse_cell(text, value) == CellKind::kNumber ? value : NAN;
}

double timestamp(std::string_view text) { return parse_timestamp(text).value_or(NAN); }

void numbers_are_read_in_every_usual_notation(void**) {
  assert_near(number("42"), 42, 0, 0);
  assert_near(number("-0.5"), -0.5, 0, 0);
  assert_near(number("+3"), 3, 0, 0);
  assert_near(number(".5"), 0.5, 0, 0);
  assert_near(number("5."), 5, 0, 0);
  assert_near(number("1.732631e+08"), 1.732631e8, 0, 0);
  assert_near(number("1E-3"), 1e-3, 0, 0);
  assert_near(number(" 7\t"), 7, 0, 0);
  assert_near(number("13.046815168704835"), 13.046815168704835, 0, 0);
}

void empty_and_nan_are_absent(void**) {
  for (const char* text : {"", " ", "nan", "NaN", "NAN", "-nan"}) assert_int_equal(kind_of(text), CellKind::kAbsent);
}

void infinity_is_told_apart(void**) {
  for (const char* text : {"inf", "-Inf", "INFINITY"}) assert_int_equal(kind_of(text), CellKind::kInfinite);
}

void numbers_without_a_variance_are_too_large(void**) {
  assert_int_equal(kind_of("1e151"), CellKind::kTooLarge);
  assert_int_equal(kind_of("-1e999"), CellKind::kTooLarge);
  assert_int_equal(kind_of("1e150"), CellKind::kNumber);
}

void a_number_too_small_for_a_double_is_zero(void**) { assert_near(number("1e-999"), 0, 0, 0); }

void anything_else_is_text(void**) {
  for (const char* text : {"x", "1x", "1 2", "0x10", "1,5", "--1", "+-1", "-", "+", ".", "e5", "1e", "nano", "infant",
                           "NA", "12:30", "1_000"})
    assert_int_equal(kind_of(text), CellKind::kText);
}

void epoch_seconds_keep_their_fraction(void**) { assert_near(timestamp("1795299547.258"), 1795299547.258, 0, 0); }

void dates_are_utc(void**) {
  assert_near(timestamp("1970-01-01 00:00:00"), 0, 0, 0);
  assert_near(timestamp("2024-02-29 12:34:56"), 1709210096, 0, 0);
  assert_near(timestamp("1969-12-31 23:59:59"), -1, 0, 0);
}

void dates_may_have_a_t_a_fraction_and_a_z(void**) {
  assert_near(timestamp("2024-02-29T12:34:56.25Z"), 1709210096.25, 1e-6, 0);
}

void what_is_no_time_is_nothing(void**) {
  for (const char* text :
       {"2023-02-29 00:00:00", "2024-13-01 00:00:00", "2024-01-01 24:00:00", "2024-01-01 00:60:00",
        "2024-01-01 00:00:60", "2024-01-01", "2024-01-01 00:00", "2024-01-01 00:00:00x", "2024-01-01 00:00:00.",
        "24-01-01 00:00:00", "01/02/2024 00:00:00", "yesterday", "", "nan", "1700000000000"})
    assert_true(std::isnan(timestamp(text)));
}

void a_long_exponent_is_not_for_the_fast_road(void**) {
  double value = 0.0;
  assert_null(parse_plain_number("8.5E-008888\n", value));
  assert_near(number("8.5E-0008"), 8.5e-8, 0, 0);
}

void the_fast_road_equals_the_standard_library(void**) {
  const char* given = std::getenv("EPSILOND_TEST_SEED");
  const unsigned long seed = given ? std::strtoul(given, nullptr, 10) : 20261121UL;
  print_message("seed %lu (EPSILOND_TEST_SEED)\n", seed);
  std::mt19937_64 random(seed);
  int fast = 0;
  for (int i = 0; i < 200000; ++i) {
    char text[64];
    const double mantissa = std::uniform_real_distribution<double>(-1000, 1000)(random);
    const int digits = static_cast<int>(random() % 18);
    const int exponent = static_cast<int>(random() % 40) - 20;
    const int length = i % 2 ? std::snprintf(text, sizeof text, "%.*fe%d\n", digits, mantissa, exponent)
                             : std::snprintf(text, sizeof text, "%.*g\n", digits + 1, mantissa);
    double value = 0.0;
    const char* end = parse_plain_number(text, value);
    if (end == nullptr) continue;
    ++fast;
    double expected = 0.0;
    const char* expected_end = std::from_chars(text, text + length, expected).ptr;
    assert_ptr_equal(end, expected_end);
    assert_memory_equal(&value, &expected, sizeof value);
  }
  assert_true(fast > 100000);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(numbers_are_read_in_every_usual_notation),
    cmocka_unit_test(empty_and_nan_are_absent),
    cmocka_unit_test(infinity_is_told_apart),
    cmocka_unit_test(numbers_without_a_variance_are_too_large),
    cmocka_unit_test(a_number_too_small_for_a_double_is_zero),
    cmocka_unit_test(anything_else_is_text),
    cmocka_unit_test(epoch_seconds_keep_their_fraction),
    cmocka_unit_test(dates_are_utc),
    cmocka_unit_test(dates_may_have_a_t_a_fraction_and_a_z),
    cmocka_unit_test(what_is_no_time_is_nothing),
    cmocka_unit_test(a_long_exponent_is_not_for_the_fast_road),
    cmocka_unit_test(the_fast_road_equals_the_standard_library),
};
EPSILOND_TEST_MAIN(kTests)
