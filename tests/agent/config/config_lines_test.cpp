#include "agent/config/config_lines.h"

#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::is_utf8;
using epsilond::agent::kMaxConfigBytes;
using epsilond::agent::kMaxLineBytes;
using epsilond::agent::LineSink;
using epsilond::agent::read_lines;

namespace {

// Writes down what it is told: "1[agent] 2interval=1s 3!what".
class Notes final : public LineSink {
 public:
  void on_section(unsigned line, std::string_view header) override { add(line, "[" + std::string(header) + "]"); }
  void on_key(unsigned line, std::string_view key, std::string_view value) override {
    add(line, std::string(key) + "=" + std::string(value));
  }
  void on_bad_line(unsigned line, std::string_view, std::string_view what) override {
    add(line, "!" + std::string(what));
  }
  std::string text;

 private:
  void add(unsigned line, const std::string& what) {
    if (!text.empty()) text += ' ';
    text += std::to_string(line) + what;
  }
};

std::string& noted() {
  static std::string text;
  return text;
}

const char* notes_of(std::string_view text) {
  Notes notes;
  read_lines(text, notes);
  noted() = notes.text;
  return noted().c_str();
}

// A key whose line has this many bytes in all.
const char* notes_of_line(std::size_t bytes) { return notes_of("[s]\nk=" + std::string(bytes - 2, 'v') + "\nl=1\n"); }

const char* notes_of_size(std::size_t bytes) { return notes_of(std::string(bytes, '\n')); }

bool notes_have(const char* notes, const char* part) { return std::strstr(notes, part) != nullptr; }

void lines_are_counted_over_blanks_and_comments(void**) {
  assert_string_equal(notes_of("; a\n\n[s]\n# b\nk = v\n"), "3[s] 5k=v");
}

void the_last_line_needs_no_newline(void**) { assert_string_equal(notes_of("[s]\nk = v"), "1[s] 2k=v"); }

void windows_line_ends_and_a_byte_order_mark_are_taken(void**) {
  assert_string_equal(notes_of("\xEF\xBB\xBF[s]\r\nk = v\r\n"), "1[s] 2k=v");
}

void an_inline_comment_is_cut(void**) { assert_string_equal(notes_of("[s] ; x\nk = v ; w"), "1[s] 2k=v"); }

void a_semicolon_inside_a_word_is_no_comment(void**) { assert_string_equal(notes_of("k = a;b"), "1k=a;b"); }

void a_value_may_hold_equals_signs_and_colons(void**) {
  assert_string_equal(notes_of("k = udp://[::1]:5=6"), "1k=udp://[::1]:5=6");
}

void an_empty_value_is_handed_on(void**) { assert_string_equal(notes_of("k =\nl = ; x"), "1k= 2l="); }

void an_indented_line_is_refused_and_does_not_join_the_value(void**) {
  const char* notes = notes_of("k = 1\n  2\nl = 3\n");
  assert_true(notes_have(notes, "1k=1 2!the line is indented"));
  assert_true(notes_have(notes, "3l=3"));
}

void an_indented_comment_is_fine(void**) { assert_string_equal(notes_of("k = 1\n   ; x\n\t# y\n"), "1k=1"); }

void a_line_of_199_bytes_is_whole(void**) {
  const char* notes = notes_of_line(kMaxLineBytes);
  assert_int_equal(std::strlen(notes), std::strlen("1[s] 2k= 3l=1") + kMaxLineBytes - 2);
}

void a_line_of_200_bytes_is_refused_by_its_number(void**) {
  assert_string_equal(notes_of_line(kMaxLineBytes + 1), "1[s] 2!the line is longer than 199 bytes 3l=1");
}

void a_nul_is_refused(void**) {
  assert_string_equal(notes_of(std::string_view("k = a\0b\nl=1", 11)), "1!control character 0x00 2l=1");
}

void an_escape_is_refused(void**) { assert_string_equal(notes_of("k = \x1b[2J"), "1!control character 0x1b"); }

void a_carriage_return_inside_a_line_is_refused(void**) {
  assert_string_equal(notes_of("k = a\rb\n"), "1!control character 0x0d");
}

void latin_1_is_refused(void**) { assert_string_equal(notes_of("k = caf\xE9\n"), "1!the line is not UTF-8"); }

void utf_8_passes(void**) { assert_string_equal(notes_of("k = caf\xC3\xA9"), "1k=caf\xC3\xA9"); }

void a_missing_bracket_is_refused(void**) { assert_string_equal(notes_of("[agent\n"), "1!the closing ] is missing"); }

void text_behind_a_header_is_refused(void**) {
  assert_string_equal(notes_of("[agent] x = 1\n"), "1!text follows the closing ]");
}

void a_line_without_equals_is_refused(void**) {
  assert_true(notes_have(notes_of("interval: 1s\n"), "1!\"=\" is missing"));
}

void a_colon_does_not_end_a_key(void**) { assert_true(notes_have(notes_of("a:b = 1\n"), "1!the key \"a:b\" has")); }

void a_comment_does_not_end_a_key(void**) { assert_true(notes_have(notes_of("a ;b = 1\n"), "1!the key \"a ;b\" has")); }

void a_key_that_inih_would_cut_is_refused(void**) {
  assert_true(
      notes_have(notes_of("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk = 1"), "1!the key is longer"));
}

void a_line_without_a_key_is_refused(void**) { assert_true(notes_have(notes_of("= 1"), "1!a key is missing")); }

void a_file_of_256_KiB_is_taken(void**) { assert_string_equal(notes_of_size(kMaxConfigBytes), ""); }

void a_larger_file_is_refused(void**) {
  assert_string_equal(notes_of_size(kMaxConfigBytes + 1), "0!the file is larger than 256 KiB");
}

void an_empty_file_says_nothing(void**) { assert_string_equal(notes_of(""), ""); }

// The boundaries of RFC 3629, section 4, each from both sides.
void well_formed_sequences_are_utf_8(void**) {
  for (const char* text : {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    assert_true(is_utf8(text));
}

void ill_formed_sequences_are_not(void**) {
  for (const char* text : {"\x80", "\xC1\xBF", "\xC2", "\xC2\x7F", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE1\x80",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE1\x80\xC0"})
    assert_false(is_utf8(text));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(lines_are_counted_over_blanks_and_comments),
    cmocka_unit_test(the_last_line_needs_no_newline),
    cmocka_unit_test(windows_line_ends_and_a_byte_order_mark_are_taken),
    cmocka_unit_test(an_inline_comment_is_cut),
    cmocka_unit_test(a_semicolon_inside_a_word_is_no_comment),
    cmocka_unit_test(a_value_may_hold_equals_signs_and_colons),
    cmocka_unit_test(an_empty_value_is_handed_on),
    cmocka_unit_test(an_indented_line_is_refused_and_does_not_join_the_value),
    cmocka_unit_test(an_indented_comment_is_fine),
    cmocka_unit_test(a_line_of_199_bytes_is_whole),
    cmocka_unit_test(a_line_of_200_bytes_is_refused_by_its_number),
    cmocka_unit_test(a_nul_is_refused),
    cmocka_unit_test(an_escape_is_refused),
    cmocka_unit_test(a_carriage_return_inside_a_line_is_refused),
    cmocka_unit_test(latin_1_is_refused),
    cmocka_unit_test(utf_8_passes),
    cmocka_unit_test(a_missing_bracket_is_refused),
    cmocka_unit_test(text_behind_a_header_is_refused),
    cmocka_unit_test(a_line_without_equals_is_refused),
    cmocka_unit_test(a_colon_does_not_end_a_key),
    cmocka_unit_test(a_comment_does_not_end_a_key),
    cmocka_unit_test(a_key_that_inih_would_cut_is_refused),
    cmocka_unit_test(a_line_without_a_key_is_refused),
    cmocka_unit_test(a_file_of_256_KiB_is_taken),
    cmocka_unit_test(a_larger_file_is_refused),
    cmocka_unit_test(an_empty_file_says_nothing),
    cmocka_unit_test(well_formed_sequences_are_utf_8),
    cmocka_unit_test(ill_formed_sequences_are_not),
};
EPSILOND_TEST_MAIN(kTests)
