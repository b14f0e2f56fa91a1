#include "agent/control/raw_json.h"

#include <cmath>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::RawJson;

namespace {

constexpr std::string_view kObject =
    R"({"a":1.5,"b":"x\"y\\z\n\u00e9\u20ac","c":[{"d":"}"},{"d":2},"]",-3e2],"e":true,"f":null,"g":{"a":7},"h":""})";

bool text_is(const RawJson& value, std::string_view expected) { return value.text() == expected; }
std::size_t element_count(const RawJson& value) { return value.elements().size(); }
double element(const RawJson& value, std::size_t index) { return value.elements()[index].number(); }
double member_of_element(const RawJson& value, std::size_t index, std::string_view name) {
  return value.elements()[index][name].number();
}
bool text_of_element_is(const RawJson& value, std::size_t index, std::string_view expected) {
  return value.elements()[index].text() == expected;
}

void members_are_found_whatever_is_before_them(void**) {
  const RawJson object(kObject);
  assert_true(object["a"].number() == 1.5);
  assert_true(object["e"].is_true());
  assert_true(object["g"]["a"].number() == 7.0);
  assert_true(object["h"].present());
}

void what_is_not_there_is_absent(void**) {
  const RawJson object(kObject);
  assert_false(object["d"].present());
  assert_false(object["a"]["a"].present());
  assert_false(object["z"]["a"].present());
  assert_true(std::isnan(object["z"].number()));
  assert_true(std::isnan(object["f"].number()));
  assert_true(text_is(object["a"], ""));
  assert_int_equal(element_count(object["a"]), 0);
}

void escapes_are_taken_off(void**) {
  assert_true(text_is(RawJson(kObject)["b"], "x\"y\\z \xc3\xa9\xe2\x82\xac"));
  assert_true(text_is(RawJson(kObject)["h"], ""));
}

// The name of a process is chosen by its owner, and read on the terminal of somebody else.
void a_name_cannot_command_the_terminal(void**) {
  assert_true(text_is(RawJson(R"("\u001b]0;owned\u0007\u001b[2J")"), " ]0;owned  [2J"));
  assert_true(text_is(RawJson(R"("a\u009b31mb\u202ec")"), "a 31mb c"));
  assert_true(text_is(RawJson("\"\x1b[31m\xff\""), " [31m\xef\xbf\xbd"));
}

void elements_are_whole_values(void**) {
  const RawJson array = RawJson(kObject)["c"];
  assert_int_equal(element_count(array), 4);
  assert_true(member_of_element(array, 1, "d") == 2.0);
  assert_true(text_of_element_is(array, 2, "]"));
  assert_true(element(array, 3) == -300.0);
}

void blanks_between_tokens_do_not_matter(void**) {
  const RawJson object("{ \"a\" : [ 1 , 2 ] , \"b\" : 3 }");
  assert_int_equal(element_count(object["a"]), 2);
  assert_true(object["b"].number() == 3.0);
}

void what_is_no_json_gives_absent_values(void**) {
  for (const std::string_view text : {"", "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{a:1}", "{\"b\":1 \"a\":2}", "[",
                                      "[1", "}", "\"", "{\"a\\", "{,}", "[,]", "{\"x\":\"\\u12"}) {
    const RawJson value(text);
    assert_false(value["a"]["b"].present());
    assert_true(std::isnan(value["x"].number()));
    element_count(value);
    text_is(value["x"], "");
  }
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(members_are_found_whatever_is_before_them),
    cmocka_unit_test(what_is_not_there_is_absent),
    cmocka_unit_test(escapes_are_taken_off),
    cmocka_unit_test(a_name_cannot_command_the_terminal),
    cmocka_unit_test(elements_are_whole_values),
    cmocka_unit_test(blanks_between_tokens_do_not_matter),
    cmocka_unit_test(what_is_no_json_gives_absent_values),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
