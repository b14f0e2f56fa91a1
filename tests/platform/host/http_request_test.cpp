#include "platform/host/http_request.h"

#include <cstring>
#include <string>
#include <string_view>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::HttpVerdict;
using epsilond::platform::judge_http_request;

namespace {

HttpVerdict judge(std::string_view text) { return judge_http_request(text, "/metrics"); }

void the_page_is_asked_for_by_its_path(void**) {
  for (const char* text : {"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "GET /metrics HTTP/1.0\n\n",
                           "GET /metrics?collect[]=a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\nbehind"})
    assert_int_equal(judge(text), HttpVerdict::kPage);
  assert_int_equal(judge("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), HttpVerdict::kHead);
}

void no_other_path_is_there(void**) {
  for (const char* path : {"/", "/metrics/", "/metric", "//metrics", "/Metrics", "/./metrics", "/metrics%20", "*",
                           "http://a/metrics", "metrics", "/metrics#a"})
    assert_int_equal(judge("GET " + std::string(path) + " HTTP/1.1\r\n\r\n"), HttpVerdict::kNotFound);
}

void no_other_method_is_known(void**) {
  for (const char* method : {"POST", "PUT", "get", "OPTIONS", "X"})
    assert_int_equal(judge(std::string(method) + " /metrics HTTP/1.1\r\n\r\n"), HttpVerdict::kMethod);
}

void what_is_no_request_is_told_at_once(void**) {
  for (const char* text : {"\r\n", "GET\r\n", "GET /metrics\r\n", "GET  HTTP/1.1\r\n", "GET /metrics HTTP/2.0\r\n",
                           "GET /metrics HTTP/1.1 \r\n", "G(T /metrics HTTP/1.1\r\n", "GET /me\ttrics HTTP/1.1\r\n",
                           "GET /metrics HTTP/1.1\r\nno field\r\n", "GET /metrics HTTP/1.1\r\n: a\r\n",
                           "GET /metrics HTTP/1.1\r\nA: b\r\n folded\r\n", "GET /metrics HTTP/1.1\r\nA: \x01\r\n",
                           "GET /metrics HTTP/1.1\r\nA : b\r\n", "\x16\x03\x01\x02\n"})
    assert_int_equal(judge(text), HttpVerdict::kMalformed);
}

void nothing_is_answered_before_the_head_has_ended(void**) {
  static const std::string whole = "GET /metrics HTTP/1.1\r\nHost: a\r\nX: \xC3\xA9\r\n\r\n";
  for (std::size_t length = 0; length < whole.size(); ++length)
    assert_int_equal(judge(std::string_view(whole).substr(0, length)), HttpVerdict::kIncomplete);
  assert_int_equal(judge(whole), HttpVerdict::kPage);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_page_is_asked_for_by_its_path),
    cmocka_unit_test(no_other_path_is_there),
    cmocka_unit_test(no_other_method_is_known),
    cmocka_unit_test(what_is_no_request_is_told_at_once),
    cmocka_unit_test(nothing_is_answered_before_the_head_has_ended),
};
EPSILOND_TEST_MAIN(kTests)
