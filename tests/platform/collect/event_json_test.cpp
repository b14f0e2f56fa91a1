// JSON events: what our own writer makes is read back; anything else is judged strictly.

#include <array>
#include <cmath>
#include <string>

#include "platform/collect/event_json.h"
#include "platform/collect/json_cursor.h"
#include "platform/emit/flag_format.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::Rng;

namespace {

Flag sample() {
  Flag flag;
  flag.event = FlagEvent::kRaised;
  flag.id.assign("host-1");
  flag.host.assign("web1 \"\\ \u00b1");
  flag.model.assign("host");
  flag.wall = std::chrono::milliseconds(1766000000123);
  flag.surprise = 9.25;
  flag.log_super_epsilon = -83.5;
  flag.threshold = 5.25;
  flag.features[0].name.assign("mem_used_bytes");
  flag.features[1].name.assign("load_1min");
  flag.feature_count = 2;
  flag.text.assign("a sentence with \"quotes\"\n and {brackets}");
  return flag;
}

void what_our_writer_writes_is_read_back(void**) {
  static std::array<char, kLargestMaxDatagram> buffer;
  for (const FlagEvent kind : {FlagEvent::kRaised, FlagEvent::kOngoing, FlagEvent::kCleared, FlagEvent::kLearned,
                               FlagEvent::kStart, FlagEvent::kStop, FlagEvent::kSilent}) {
    Flag flag = sample();
    flag.event = kind;
    for (const std::size_t room : {std::size_t{480}, kLargestMaxDatagram}) {
      const auto size = render_flag_json(flag, std::span(buffer).first(room));
      HostEvent event;
      assert_true(read_event_json({buffer.data(), *size}, event) == ReadFate::kRead);
      assert_true(event.event == kind);
      assert_true(event.host == flag.host.view());
      assert_true(event.model == "host");
      assert_true(event.top_feature == "mem_used_bytes");
      assert_true(event.surprise == 9.25 && event.log_super_epsilon == -83.5 && event.threshold == 5.25);
      assert_true(event.time_ns == 1766000000123000000);
    }
  }
}

void times_are_those_of_the_writer(void**) {
  static std::array<char, 40> buffer;
  Rng rng(epsilond::tests::test_seed());
  for (int i = 0; i < 2000; ++i) {
    const auto ms = static_cast<std::int64_t>(rng.next() % 9000000000000U);
    TextWriter writer(buffer);
    put_utc_time(writer, std::chrono::milliseconds(ms));
    assert_true(parse_utc_time(writer.view()) == ms * 1000000);
  }
  assert_true(parse_utc_time("1970-01-01T00:00:01Z") == 1000000000);
  assert_true(parse_utc_time("1970-01-01T00:00:00.000000001Z") == 1);
  for (const char* text : {"", "Z", "2026-11-21", "2026-11-21T22:48:01", "2026-11-21 22:48:01Z", "2026-13-21T22:48:01Z",
                           "2026-11-21T24:48:01Z", "2026-11-21T22:48:01.Z", "2026-11-21T22:48:01.1234567890Z",
                           "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "2026-11-2xT22:48:01Z"})
    assert_true(parse_utc_time(text) == 0);
}

constexpr std::string_view kLeast =
    R"({"v":1,"event":"raised","host":"a","time":"2026-11-21T22:48:01.123Z","model":"m"})";

ReadFate fate(const std::string& text) {
  HostEvent event;
  return read_event_json(text, event);
}

void what_is_not_known_is_skipped_and_null_is_absent(void**) {
  HostEvent event;
  const std::string text =
      R"( { "new" : [ {"a":[1,-2.5e+3,true,false,null]}, "\u00e9\ud83d\ude00\n" ] , "host" : "a\u00e9\ud83d\ude00", "v":1,)"
      R"("event":"ongoing","time":"2026-11-21T22:48:01Z","surprise":null,"threshold":5,"features":[]} )";
  assert_true(read_event_json(text, event) == ReadFate::kRead);
  assert_true(event.host == "a\u00e9\U0001F600");
  assert_true(std::isnan(event.surprise));
  assert_true(event.threshold == 5.0);
  assert_true(event.model.empty() && event.top_feature.empty());
}

void another_version_or_event_is_not_ours(void**) {
  assert_true(fate(R"({"v":2,"event":7})") == ReadFate::kOther);
  assert_true(fate(R"({"v":1,"event":"exploded","host":"a","time":"2026-11-21T22:48:01Z"})") == ReadFate::kOther);
}

void what_is_no_event_is_refused(void**) {
  assert_true(fate(std::string(kLeast)) == ReadFate::kRead);
  const std::string least(kLeast);
  for (std::size_t size = 0; size < least.size(); ++size)
    assert_true(fate(least.substr(0, size)) == ReadFate::kMalformed);
  for (const char* text : {
           "[]",
           "{}",
           "null",
           "1",
           "{\"v\":1}",
           R"({"v":1,"v":1})",
           R"({"v":1,})",
           R"({"v":01})",
           R"({"v":1.})",
           R"({"v":+1})",
           R"({"v":1e})",
           R"({"v":1 "event":"raised"})",
           R"({'v':1})",
           R"({"a":tru})",
           R"({"v":1,"event":"raised","host":"","time":"2026-11-21T22:48:01Z"})",
           R"({"v":1,"event":"raised","host":7,"time":"2026-11-21T22:48:01Z"})",
           R"({"v":1,"event":"raised","host":"a\n","time":"2026-11-21T22:48:01Z"})",
           R"({"v":1,"event":"raised","host":"a\u0007","time":"2026-11-21T22:48:01Z"})",
           "{\"v\":1,\"event\":\"raised\",\"host\":\"a\xb0\",\"time\":\"2026-11-21T22:48:01Z\"}",
           R"({"v":1,"event":"raised","host":"a\u202eb","time":"2026-11-21T22:48:01Z"})",
           R"({"v":1,"event":"raised","host":"a\ud800","time":"2026-11-21T22:48:01Z"})",
           R"({"v":1,"event":"raised","host":"a\x","time":"2026-11-21T22:48:01Z"})",
           R"({"v":1,"event":"raised","host":"a","time":"yesterday"})",
           R"({"v":1,"event":"raised","host":"a","time":"2026-11-21T22:48:01Z","surprise":"9"})",
           R"({"v":1,"event":"raised","host":"a","time":"2026-11-21T22:48:01Z","surprise":1e999})",
           R"({"v":1,"event":"raised","host":"a","time":"2026-11-21T22:48:01Z","features":{}})",
           R"({"v":1,"event":"raised","host":"a","time":"2026-11-21T22:48:01Z"} x)",
       })
    if (fate(text) != ReadFate::kMalformed) fail_msg("'%s' was not refused", text);
  assert_true(fate(least.substr(0, least.size() - 1) + ",\"x\":\"\x01\"}") == ReadFate::kMalformed);
  assert_true(fate(R"({"v":1,"event":"raised","host":")" + std::string(65, 'a') +
                   R"(","time":"2026-11-21T22:48:01Z"})") == ReadFate::kMalformed);
}

void depth_is_bounded(void**) {
  const auto nested = [](std::size_t depth) {
    std::string text(kLeast.substr(0, kLeast.size() - 1));
    return fate(text + ",\"x\":" + std::string(depth, '[') + std::string(depth, ']') + "}");
  };
  assert_true(nested(JsonCursor::kDeepest - 1) == ReadFate::kRead);
  assert_true(nested(JsonCursor::kDeepest) == ReadFate::kMalformed);
  assert_true(nested(4000) == ReadFate::kMalformed);
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(what_our_writer_writes_is_read_back),
    cmocka_unit_test(times_are_those_of_the_writer),
    cmocka_unit_test(what_is_not_known_is_skipped_and_null_is_absent),
    cmocka_unit_test(another_version_or_event_is_not_ours),
    cmocka_unit_test(what_is_no_event_is_refused),
    cmocka_unit_test(depth_is_bounded),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
