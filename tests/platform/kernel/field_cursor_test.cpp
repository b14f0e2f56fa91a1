#include "platform/kernel/field_cursor.h"

#include <cstdint>
#include <limits>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::FieldCursor;
using epsilond::platform::LineCursor;
using epsilond::platform::parse_decimal;
using epsilond::platform::parse_integer;

namespace {

void fields_are_separated_by_any_run_of_blanks(void**) {
  FieldCursor fields(" \t a  bc\td\n");
  assert_true(fields.next() == "a");
  assert_true(fields.next() == "bc");
  assert_true(fields.next() == "d");
  assert_false(fields.next().has_value());
  assert_false(fields.next().has_value());
}

void a_blank_line_has_no_field(void**) {
  assert_false(FieldCursor("").next().has_value());
  assert_false(FieldCursor(" \t \n").next().has_value());
}

void skipping_tells_whether_there_were_as_many(void**) {
  FieldCursor fields("a b c");
  assert_true(fields.skip_fields(2));
  assert_true(fields.next() == "c");
  assert_true(fields.skip_fields(0));
  assert_false(fields.skip_fields(1));
}

void a_field_that_is_no_number_is_consumed(void**) {
  FieldCursor fields("x 7");
  assert_false(fields.next_unsigned().has_value());
  assert_int_equal(*fields.next_unsigned(), 7);
  assert_false(fields.next_unsigned().has_value());
}

void integers_are_taken_to_the_last_byte(void**) {
  assert_int_equal(*parse_integer<std::uint64_t>("007"), 7);
  assert_true(*parse_integer<std::uint64_t>("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  assert_int_equal(*parse_integer<std::int32_t>("-12"), -12);
  for (const char* text : {"", " 7", "7 ", "+7", "-7", "7x", "0x7", "7.0", "18446744073709551616", "1e3"})
    assert_false(parse_integer<std::uint64_t>(text).has_value());
  assert_false(parse_integer<std::int32_t>("2147483648").has_value());
}

void decimals_are_plain_and_finite(void**) {
  assert_near(*parse_decimal("0.21"), 0.21, 0, 0);
  assert_near(*parse_decimal("-3"), -3.0, 0, 0);
  for (const char* text : {"", "inf", "nan", "infinity", "1e3", "0x1p3", "1,5", "1.5.2", " 1", "1 ", "+1", "."})
    assert_false(parse_decimal(text).has_value());
}

void lines_come_without_their_line_feeds(void**) {
  LineCursor lines("a\n\nbc\nlast");
  assert_true(lines.next() == "a");
  assert_true(lines.next() == "");
  assert_true(lines.next() == "bc");
  assert_true(lines.next() == "last");
  assert_false(lines.next().has_value());
}

void a_text_that_ends_with_a_line_feed_has_no_further_line(void**) {
  LineCursor lines("a\n");
  assert_true(lines.next().has_value());
  assert_false(lines.next().has_value());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(fields_are_separated_by_any_run_of_blanks),
    cmocka_unit_test(a_blank_line_has_no_field),
    cmocka_unit_test(skipping_tells_whether_there_were_as_many),
    cmocka_unit_test(a_field_that_is_no_number_is_consumed),
    cmocka_unit_test(integers_are_taken_to_the_last_byte),
    cmocka_unit_test(decimals_are_plain_and_finite),
    cmocka_unit_test(lines_come_without_their_line_feeds),
    cmocka_unit_test(a_text_that_ends_with_a_line_feed_has_no_further_line),
};
EPSILOND_TEST_MAIN(kTests)
