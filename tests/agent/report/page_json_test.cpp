#include "agent/report/page_json.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "platform/file/output_file.h"
#include "tests/support/temp_file.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::agent::PageJson;
using epsilond::platform::OutputFile;
using epsilond::platform::Result;
using epsilond::tests::TempFile;

namespace {

// What `write` makes of a PageJson; the text lives until the next call.
template <typename Write>
const char* json_of(Write write) {
  static std::string text;
  const TempFile file("");
  Result<OutputFile> out = OutputFile::create(file.path());
  if (!out) std::abort();
  PageJson json(*out);
  write(json);
  if (!out->commit()) std::abort();
  std::stringstream content;
  content << std::ifstream(file.path()).rdbuf();
  text = content.str();
  return text.c_str();
}

const char* string_of(std::string_view value) {
  return json_of([value](PageJson& json) { json.string({}, value); });
}

void text_cannot_end_the_script_it_stands_in(void**) {
  assert_string_equal(string_of("</script><!-- <script> ]]> &lt;"),
                      "\"\\u003c/script\\u003e\\u003c!-- \\u003cscript\\u003e ]]\\u003e \\u0026lt;\"");
}

void quotes_backslashes_and_controls_are_escaped(void**) {
  assert_string_equal(string_of(std::string_view("a\"b\\c\n\0d", 8)), "\"a\\\"b\\\\c\\n\\u0000d\"");
  assert_string_equal(string_of("\xe2\x80\xa8"), "\"\\u2028\"");
}

void bytes_that_are_not_utf8_become_the_replacement_character(void**) {
  assert_string_equal(string_of("\xff\xc3\xa9"), "\"\xEF\xBF\xBD\xc3\xa9\"");
}

void no_byte_at_all_makes_markup_or_ends_the_string(void**) {
  for (int first = 0; first < 256; ++first) {
    const char bytes[2] = {static_cast<char>(first), '<'};
    const char* text = string_of(std::string_view(bytes, 2));
    assert_null(std::strpbrk(text, "<>&"));
    const std::size_t length = std::strlen(text);
    for (std::size_t i = 1; i + 1 < length; ++i)
      if (text[i] == '"') assert_true(text[i - 1] == '\\');
  }
}

void numbers_keep_every_digit_and_what_is_not_finite_is_null(void**) {
  const char* text = json_of([](PageJson& json) {
    json.begin_array();
    for (const double value : {0.1, -8e12, 1e-300, std::nan(""), HUGE_VAL, 4.0 / 3.0}) json.number({}, value);
    json.end_array();
  });
  assert_string_equal(text, "[0.1,-8e+12,1e-300,null,null,1.3333333333333333]");
}

void objects_and_arrays_are_separated_by_commas(void**) {
  const char* text = json_of([](PageJson& json) {
    json.begin_object();
    json.count("a", 1);
    json.begin_array("b");
    json.begin_object();
    json.end_object();
    json.flag({}, true);
    json.end_array();
    json.string("c", "");
    json.end_object();
  });
  assert_string_equal(text, "{\"a\":1,\"b\":[{},true],\"c\":\"\"}");
}

// Expected texts: base64.b64encode(struct.pack('<2d', 1.0, -2.5)) and so on, Python 3.11.
void doubles_are_base64_of_little_endian_bits(void**) {
  const double values[] = {1.0, -2.5, 1767225600.0};
  const auto value = [&values](std::size_t i) { return values[i]; };
  assert_string_equal(json_of([&](PageJson& json) { json.doubles({}, 1, value); }), "{\"n\":1,\"d\":\"AAAAAAAA8D8=\"}");
  assert_string_equal(json_of([&](PageJson& json) { json.doubles({}, 2, value); }),
                      "{\"n\":2,\"d\":\"AAAAAAAA8D8AAAAAAAAEwA==\"}");
  assert_string_equal(json_of([&](PageJson& json) { json.doubles({}, 3, value); }),
                      "{\"n\":3,\"d\":\"AAAAAAAA8D8AAAAAAAAEwAAAAEBuVdpB\"}");
  assert_string_equal(json_of([&](PageJson& json) { json.doubles({}, 0, value); }), "{\"n\":0,\"d\":\"\"}");
}

void floats_are_scaled_to_their_range(void**) {
  const double values[] = {8e12, 8e12 + 4, std::nan(""), 8e12 + 1};
  // struct.pack('<4f', -1, 1, nan, -0.5)
  assert_string_equal(json_of([&](PageJson& json) { json.floats({}, 4, [&](std::size_t i) { return values[i]; }); }),
                      "{\"n\":4,\"o\":8000000000002,\"s\":2,\"f\":\"AACAvwAAgD8AAMB/AAAAvw==\"}");
}

void floats_of_one_value_are_that_value(void**) {
  assert_string_equal(json_of([](PageJson& json) { json.floats("x", 3, [](std::size_t) { return 0.1; }); }),
                      "\"x\":{\"n\":3,\"c\":0.1}");
}

void the_widest_range_of_floats_does_not_overflow(void**) {
  constexpr double kMost = std::numeric_limits<double>::max();
  // struct.pack('<2f', -1, 1)
  assert_string_equal(
      json_of([](PageJson& json) { json.floats({}, 2, [](std::size_t i) { return i == 0 ? -kMost : kMost; }); }),
      "{\"n\":2,\"o\":0,\"s\":1.7976931348623157e+308,\"f\":\"AACAvwAAgD8=\"}");
}

}  // namespace

const CMUnitTest kTests[] = {
    cmocka_unit_test(text_cannot_end_the_script_it_stands_in),
    cmocka_unit_test(quotes_backslashes_and_controls_are_escaped),
    cmocka_unit_test(bytes_that_are_not_utf8_become_the_replacement_character),
    cmocka_unit_test(no_byte_at_all_makes_markup_or_ends_the_string),
    cmocka_unit_test(numbers_keep_every_digit_and_what_is_not_finite_is_null),
    cmocka_unit_test(objects_and_arrays_are_separated_by_commas),
    cmocka_unit_test(doubles_are_base64_of_little_endian_bits),
    cmocka_unit_test(floats_are_scaled_to_their_range),
    cmocka_unit_test(floats_of_one_value_are_that_value),
    cmocka_unit_test(the_widest_range_of_floats_does_not_overflow),
};

EPSILOND_TEST_MAIN(kTests)
