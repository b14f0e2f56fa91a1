#include "platform/emit/number_text.h"

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::kMaxNumberText;
using epsilond::platform::put_number;
using epsilond::platform::put_padded;
using epsilond::platform::TextWriter;

namespace {

struct Case {
  double value;
  const char* text;
};

void check(double value, const char* expected) {
  std::array<char, 64> buffer;
  TextWriter out(buffer);
  put_number(out, value);
  out.put('\0');
  assert_string_equal(buffer.data(), expected);
}

void whole_numbers_are_written_in_full(void**) {
  for (const Case& c : {Case{0, "0"}, Case{-0.0, "0"}, Case{15, "15"}, Case{-3, "-3"}, Case{7912345600, "7912345600"},
                        Case{999999999999999, "999999999999999"}})
    check(c.value, c.text);
}

void other_numbers_have_six_significant_digits(void**) {
  for (const Case& c : {Case{9.2, "9.2"}, Case{-83.1, "-83.1"}, Case{0.1 + 0.2, "0.3"}, Case{3.14159265, "3.14159"},
                        Case{0.00012345678, "0.000123457"}, Case{7912345600.5, "7.91235e9"}})
    check(c.value, c.text);
}

void exponents_are_short(void**) {
  for (const Case& c : {Case{1e15, "1e15"}, Case{1e100, "1e100"}, Case{1e-7, "1e-7"}, Case{-2.5e-308, "-2.5e-308"},
                        Case{std::numeric_limits<double>::max(), "1.79769e308"},
                        Case{std::numeric_limits<double>::denorm_min(), "4.94066e-324"}})
    check(c.value, c.text);
}

void a_number_that_is_not_finite_writes_nothing(void**) {
  for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) check(value, "");
}

void no_number_is_longer_than_promised(void**) {
  for (const double value : {-1.23456789e-300, -999999999999999.0, -123456.789e300}) {
    std::array<char, kMaxNumberText> buffer;
    TextWriter out(buffer);
    put_number(out, value);
    assert_false(out.overflowed());
    assert_true(out.size() > 0);
  }
}

void padding_fills_from_the_left(void**) {
  std::array<char, 16> buffer;
  TextWriter out(buffer);
  put_padded(out, 5, 2, ' ');
  put_padded(out, 7, 3, '0');
  put_padded(out, 1234, 2, '0');
  assert_true(out.view() == " 50071234");
}

void a_full_writer_takes_nothing_more(void**) {
  std::array<char, 4> buffer = {'.', '.', '.', '.'};
  TextWriter out(std::span<char>(buffer.data(), 3));
  out.put("ab");
  out.put("cd");
  out.put('e');
  assert_true(out.overflowed());
  assert_true(out.view() == "ab");
  assert_int_equal(buffer[3], '.');
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(whole_numbers_are_written_in_full),
    cmocka_unit_test(other_numbers_have_six_significant_digits),
    cmocka_unit_test(exponents_are_short),
    cmocka_unit_test(a_number_that_is_not_finite_writes_nothing),
    cmocka_unit_test(no_number_is_longer_than_promised),
    cmocka_unit_test(padding_fills_from_the_left),
    cmocka_unit_test(a_full_writer_takes_nothing_more),
};
EPSILOND_TEST_MAIN(kTests)
