#include "platform/emit/escape.h"

#include <array>
#include <string_view>

#include "tests/support/flag_parse.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::Escape;
using epsilond::platform::escape_text;
using epsilond::platform::put_escaped;
using epsilond::platform::put_escaped_cut;
using epsilond::platform::put_header_word;
using epsilond::platform::TextWriter;
using epsilond::tests::valid_utf8;
using namespace std::literals;

namespace {

#define REPLACEMENT "\xEF\xBF\xBD"

void check(std::string_view text, Escape escape, std::string_view expected) {
  std::array<char, 256> buffer;
  TextWriter out(buffer);
  put_escaped(out, text, escape);
  if (out.view() != expected)
    fail_msg("wrote '%.*s', expected '%.*s'", static_cast<int>(out.size()), buffer.data(),
             static_cast<int>(expected.size()), expected.data());
  if (escape_text(text, escape) != expected) fail_msg("as a whole text it is another");
}

void json_escapes_what_rfc_8259_wants_and_control_characters(void**) {
  check("a\"b\\c/d", Escape::kJson, "a\\\"b\\\\c/d");
  check("\b\f\n\r\t", Escape::kJson, "\\b\\f\\n\\r\\t");
  check("\x01\x1b\0\x7f"sv, Escape::kJson, "\\u0001\\u001b\\u0000\\u007f");
  check("\xC2\x9B", Escape::kJson, "\\u009b");
  check("\xE2\x80\xAE", Escape::kJson, "\\u202e");
  check("caf\xC3\xA9 \xF0\x9F\x90\xA7", Escape::kJson, "caf\xC3\xA9 \xF0\x9F\x90\xA7");
}

void structured_data_values_escape_three_characters_and_lose_controls(void**) {
  check("a\"b\\c]d[e=f", Escape::kSdValue, "a\\\"b\\\\c\\]d[e=f");
  check("a\nb\0c\xC2\x9B"sv, Escape::kSdValue, "abc");
}

void messages_show_a_space_for_each_control_character(void**) {
  check("a\nb\"\\]\xE2\x80\xA8"sv, Escape::kMessage, "a b\"\\] ");
}

void each_invalid_byte_becomes_a_replacement_character(void**) {
  for (const Escape escape : {Escape::kJson, Escape::kSdValue, Escape::kMessage}) {
    check(
        "a\xFF"
        "b",
        escape, "a" REPLACEMENT "b");
    check("\xC0\xAF", escape, REPLACEMENT REPLACEMENT);                                  // overlong
    check("\xED\xA0\x80", escape, REPLACEMENT REPLACEMENT REPLACEMENT);                  // a surrogate
    check("\xF4\x90\x80\x80", escape, REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT);  // above U+10FFFF
    check("\xE2\x82", escape, REPLACEMENT REPLACEMENT);                                  // cut short by the end
    check("\xE2\x28\xA1", escape, REPLACEMENT "(" REPLACEMENT);
  }
}

void every_pair_of_bytes_comes_out_as_valid_utf8(void**) {
  for (unsigned pair = 0; pair < 65536; ++pair) {
    const std::array<char, 3> text = {static_cast<char>(pair >> 8U), static_cast<char>(pair & 0xFFU), 'x'};
    std::array<char, 32> buffer;
    TextWriter out(buffer);
    put_escaped(out, {text.data(), text.size()}, Escape::kMessage);
    if (!valid_utf8(out.view()) || !out.view().ends_with('x')) fail_msg("bytes %04x", pair);
  }
}

void text_that_fits_its_budget_is_whole(void**) {
  std::array<char, 16> buffer;
  TextWriter out(buffer);
  assert_true(put_escaped_cut(out, "seven77", Escape::kMessage, 7));
  assert_true(out.view() == "seven77");
}

void text_over_its_budget_ends_in_dots_within_it(void**) {
  std::array<char, 16> buffer;
  TextWriter out(buffer);
  assert_false(put_escaped_cut(out, "eight888", Escape::kMessage, 7));
  assert_true(out.view() == "eigh...");
}

void a_cut_never_splits_a_character_or_an_escape(void**) {
  for (std::size_t budget = 0; budget <= 24; ++budget) {
    std::array<char, 64> buffer;
    TextWriter out(buffer);
    put_escaped_cut(out, "\xF0\x9F\x90\xA7\x01\xC3\xA9\"\xE2\x82\xAC zzzzzzzzzz", Escape::kJson, budget);
    assert_true(out.size() <= budget);
    assert_true(valid_utf8(out.view()));
    std::string_view rest = out.view();
    while (true) {
      const std::size_t backslash = rest.find('\\');
      if (backslash == std::string_view::npos) break;
      const std::size_t length = rest.substr(backslash + 1, 1) == "u" ? 6 : 2;
      assert_true(rest.size() >= backslash + length);
      rest.remove_prefix(backslash + length);
    }
  }
}

void a_budget_too_small_for_dots_writes_nothing(void**) {
  std::array<char, 16> buffer;
  TextWriter out(buffer);
  assert_false(put_escaped_cut(out, "text", Escape::kMessage, 2));
  assert_int_equal(out.size(), 0);
}

void header_words_are_printable_ascii_and_never_empty(void**) {
  struct Case {
    std::string_view word;
    std::size_t limit;
    std::string_view expected;
  };
  for (const Case& c : {Case{"web1.example.org", 255, "web1.example.org"}, Case{"", 255, "-"},
                        Case{"a b\n\xC3\xA9", 255, "a_b___"}, Case{"abcdefghijk", 8, "abcdefgh"}}) {
    std::array<char, 32> buffer;
    TextWriter out(buffer);
    put_header_word(out, c.word, c.limit);
    assert_true(out.view() == c.expected);
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(json_escapes_what_rfc_8259_wants_and_control_characters),
    cmocka_unit_test(structured_data_values_escape_three_characters_and_lose_controls),
    cmocka_unit_test(messages_show_a_space_for_each_control_character),
    cmocka_unit_test(each_invalid_byte_becomes_a_replacement_character),
    cmocka_unit_test(every_pair_of_bytes_comes_out_as_valid_utf8),
    cmocka_unit_test(text_that_fits_its_budget_is_whole),
    cmocka_unit_test(text_over_its_budget_ends_in_dots_within_it),
    cmocka_unit_test(a_cut_never_splits_a_character_or_an_escape),
    cmocka_unit_test(a_budget_too_small_for_dots_writes_nothing),
    cmocka_unit_test(header_words_are_printable_ascii_and_never_empty),
};
EPSILOND_TEST_MAIN(kTests)
