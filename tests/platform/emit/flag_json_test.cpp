#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "platform/emit/flag_format.h"
#include "tests/support/flag_parse.h"
#include "tests/support/flag_samples.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::example_flag;
using epsilond::tests::FlagMaker;
using epsilond::tests::kFillers;
using epsilond::tests::parse_flag_json;
using epsilond::tests::test_seed;
using epsilond::tests::valid_utf8;
using epsilond::tests::worst_flag;

namespace {

struct Line {
  std::array<char, 16384> bytes;  // not initialised: thousands are made
  std::size_t size = 0;
  bool ok = false;
  ErrorCode code = ErrorCode::kIo;
  std::string_view view() const { return {bytes.data(), size}; }
};

void render(const Flag& flag, std::size_t limit, Line& line) {
  // What follows the limit must not be touched.
  const std::size_t watched = std::min(limit + 64, line.bytes.size());
  for (std::size_t i = limit; i < watched; ++i) line.bytes[i] = '\x55';
  const Result<std::size_t> size = render_flag_json(flag, std::span(line.bytes).first(limit));
  line.ok = static_cast<bool>(size);
  line.size = size ? *size : 0;
  if (!size) line.code = size.error().code;
  for (std::size_t i = limit; i < watched; ++i)
    if (line.bytes[i] != '\x55') fail_msg("wrote byte %zu beyond the limit %zu", i, limit);
}

void the_event_is_rendered_to_the_letter(void**) {
  Line line;
  render(example_flag(), 2048, line);
  assert_true(line.view() ==
              "{\"v\":1,\"event\":\"raised\",\"id\":\"host-20261121T224746Z-3\",\"host\":\"web1.example.org\","
              "\"time\":\"2026-11-21T22:48:01.123Z\",\"model\":\"host\",\"surprise\":9.2,\"log_super_epsilon\":-83.1,"
              "\"threshold\":5.3,\"duration_s\":15,\"features\":["
              "{\"name\":\"mem_used_bytes\",\"value\":7912345600,\"mean\":2200000000,\"sd\":2.14748e8,\"z\":26.6,"
              "\"share\":0.71},"
              "{\"name\":\"disk_write_bytes_per_s\",\"value\":212400000,\"mean\":3100000,\"sd\":2000000,\"z\":8.4,"
              "\"share\":0.22}],"
              "\"processes\":[{\"comm\":\"postgres\",\"pid\":4411,\"uid\":113,\"what\":\"rss_bytes\","
              "\"delta\":5600000000,\"unit\":\"postgresql.service\"}],"
              "\"text\":\"memory used 7.9 GB (usual 2.2 \u00b1 0.2 GB at this hour), disk writes 212 MB/s (usual 3 "
              "\u00b1 2); postgres[4411] +5.6 GB; once in 40 days\"}");
}

void an_empty_flag_has_every_key(void**) {
  Line line;
  Flag flag;
  flag.event = FlagEvent::kStart;
  render(flag, 2048, line);
  assert_true(line.view() ==
              "{\"v\":1,\"event\":\"start\",\"id\":\"\",\"host\":\"\",\"time\":\"1970-01-01T00:00:00.000Z\","
              "\"model\":\"\",\"surprise\":0,\"log_super_epsilon\":0,\"threshold\":0,\"duration_s\":0,"
              "\"features\":[],\"processes\":[],\"text\":\"\"}");
}

void each_event_has_its_name(void**) {
  constexpr std::array<std::string_view, 7> kNames = {"raised", "ongoing", "cleared", "learned",
                                                      "start",  "stop",    "silent"};
  for (std::size_t i = 0; i < kNames.size(); ++i) assert_true(event_name(static_cast<FlagEvent>(i)) == kNames[i]);
}

void time_is_utc_with_milliseconds(void**) {
  struct Case {
    std::int64_t ns;
    std::string_view text;
  };
  // From `date -u -d @SECONDS --iso-8601=seconds`.
  for (const Case& c :
       {Case{951782400000000000, "2000-02-29T00:00:00.000Z"}, Case{4107542399999999999, "2100-02-28T23:59:59.999Z"},
        Case{-1, "1969-12-31T23:59:59.999Z"}, Case{1795301281123999999, "2026-11-21T22:48:01.123Z"},
        Case{std::numeric_limits<std::int64_t>::max(), "2262-04-11T23:47:16.854Z"},
        Case{std::numeric_limits<std::int64_t>::min(), "1677-09-21T00:12:43.145Z"}}) {
    std::array<char, 64> buffer;
    TextWriter out(buffer);
    put_utc_time(out, std::chrono::nanoseconds(c.ns));
    if (out.view() != c.text) fail_msg("%lld ns", static_cast<long long>(c.ns));
  }
}

void numbers_that_are_not_finite_are_null(void**) {
  Flag flag = example_flag();
  flag.surprise = std::numeric_limits<double>::infinity();
  flag.log_super_epsilon = -std::numeric_limits<double>::infinity();
  flag.features[1].z = std::numeric_limits<double>::quiet_NaN();
  flag.processes[0].delta = std::numeric_limits<double>::quiet_NaN();
  Line line;
  render(flag, 2048, line);
  Flag parsed;
  assert_true(parse_flag_json(line.view(), parsed));
  assert_true(std::isnan(parsed.surprise) && std::isnan(parsed.log_super_epsilon));
  assert_true(std::isnan(parsed.features[1].z) && std::isnan(parsed.processes[0].delta));
  assert_near(parsed.features[0].z, 26.6, 0, 1e-12);
}

void a_process_name_cannot_inject_json(void**) {
  Flag flag = example_flag();
  flag.processes[0].comm = std::string_view("a\",\"pid\":1,\"");
  flag.host = std::string_view("\"},\n{\"v\":1");
  Line line;
  render(flag, 2048, line);
  Flag parsed;
  assert_true(parse_flag_json(line.view(), parsed));
  assert_true(parsed.processes[0].comm == "a\",\"pid\":1,\"");
  assert_true(parsed.host == "\"},\n{\"v\":1");
  assert_int_equal(parsed.processes[0].pid, 4411);
}

void a_line_never_holds_a_line_end(void**) {
  for (const std::string_view filler : {"\n", "\r", "\xE2\x80\xA8", "\xC2\x85"}) {
    Line line;
    render(worst_flag(filler), line.bytes.size(), line);
    assert_true(line.ok);
    assert_true(line.view().find_first_of("\r\n") == std::string_view::npos);
    assert_true(line.view().find(filler) == std::string_view::npos);
  }
}

void counts_beyond_the_arrays_are_not_followed(void**) {
  Flag flag = example_flag();
  flag.feature_count = 1000;
  flag.process_count = 1000;
  Line line;
  render(flag, line.bytes.size(), line);
  Flag parsed;
  assert_true(parse_flag_json(line.view(), parsed));
  assert_int_equal(parsed.feature_count, kMaxFlagFeatures);
  assert_int_equal(parsed.process_count, kMaxFlagProcesses);
}

void lists_shrink_from_the_longer_end_before_the_text_does(void**) {
  Flag flag = example_flag();
  flag.feature_count = 5;
  flag.process_count = 3;
  for (std::size_t i = 2; i < 5; ++i) flag.features[i] = flag.features[1];
  for (std::size_t i = 1; i < 3; ++i) flag.processes[i] = flag.processes[0];
  std::size_t features = 5;
  std::size_t processes = 3;
  bool text_whole = true;
  for (std::size_t limit = 2048; limit >= kMinJsonDatagram; --limit) {
    Line line;
    render(flag, limit, line);
    Flag parsed;
    assert_true(parse_flag_json(line.view(), parsed));
    if (parsed.feature_count != features || parsed.process_count != processes) {
      // Exactly one entry left since the last size, from the list the rule names, while the text was whole.
      assert_true(text_whole);
      if (features > processes)
        --features;
      else
        --processes;
      assert_int_equal(parsed.feature_count, features);
      assert_int_equal(parsed.process_count, processes);
    }
    text_whole = parsed.text == flag.text.view();
    if (!text_whole) {
      assert_int_equal(features + processes, 0);
      const std::string_view text = parsed.text;
      assert_true(text.ends_with("..."));
      assert_true(flag.text.view().starts_with(text.substr(0, text.size() - 3)));
    }
  }
  assert_false(text_whole);
}

void what_is_kept_are_the_first_entries(void**) {
  Flag flag = example_flag();
  Line line;
  render(flag, 580, line);
  Flag parsed;
  assert_true(parse_flag_json(line.view(), parsed));
  assert_int_equal(parsed.feature_count, 1);
  assert_true(parsed.features[0].name == "mem_used_bytes");
}

void a_flag_that_fits_exactly_is_whole_and_one_byte_less_is_not(void**) {
  Line whole;
  render(example_flag(), 2048, whole);
  Line exact;
  render(example_flag(), whole.size, exact);
  assert_true(exact.view() == whole.view());
  render(example_flag(), whole.size - 1, exact);
  assert_true(exact.size < whole.size);
}

void the_worst_flags_are_valid_json_at_every_size(void**) {
  for (const std::string_view filler : kFillers) {
    const Flag flag = worst_flag(filler);
    for (std::size_t limit = kMinJsonDatagram; limit <= kLargestMaxDatagram; ++limit) {
      Line line;
      render(flag, limit, line);
      Flag parsed;
      if (!line.ok || line.size > limit || !parse_flag_json(line.view(), parsed))
        fail_msg("limit %zu: '%.*s'", limit, static_cast<int>(line.size), line.bytes.data());
    }
  }
}

void a_usual_flag_fits_two_hundred_and_ten_bytes(void**) {
  Line line;
  render(example_flag(), 210, line);
  Flag parsed;
  assert_true(parse_flag_json(line.view(), parsed));
  assert_near(parsed.surprise, 9.2, 0, 1e-12);
}

void below_the_smallest_size_a_flag_is_valid_or_refused(void**) {
  int refused = 0;
  for (const std::string_view filler : kFillers) {
    const Flag flag = worst_flag(filler);
    for (std::size_t limit = 0; limit < kMinJsonDatagram; ++limit) {
      Line line;
      render(flag, limit, line);
      Flag parsed;
      if (line.ok) {
        assert_true(parse_flag_json(line.view(), parsed));
      } else {
        assert_int_equal(line.code, ErrorCode::kTooLarge);
        ++refused;
      }
    }
  }
  assert_true(refused > 0);
}

void strings_leave_whole_host_first(void**) {
  Flag flag = worst_flag("\x01");
  flag.surprise = flag.threshold = flag.log_super_epsilon = flag.duration_s = 1;
  flag.text.clear();
  flag.id = std::string_view("the-id");
  flag.model = std::string_view("host");
  Line line;
  render(flag, 260, line);
  Flag parsed;
  assert_true(parse_flag_json(line.view(), parsed));
  assert_true(parsed.host.empty());
  assert_true(parsed.id == "the-id");
  assert_true(parsed.model == "host");
}

void random_flags_parse_back_to_themselves(void**) {
  FlagMaker maker(test_seed());
  for (int i = 0; i < 1000; ++i) {
    const Flag flag = maker.make();
    Line line;
    render(flag, line.bytes.size(), line);
    Flag parsed;
    if (!parse_flag_json(line.view(), parsed)) fail_msg("'%.*s'", static_cast<int>(line.size), line.bytes.data());
    assert_int_equal(parsed.event, flag.event);
    assert_true(parsed.id == flag.id.view() && parsed.host == flag.host.view() && parsed.model == flag.model.view());
    assert_true(parsed.text == flag.text.view());
    assert_true(parsed.wall == flag.wall);
    assert_near(parsed.surprise, flag.surprise, 0, 5e-6);
    assert_near(parsed.log_super_epsilon, flag.log_super_epsilon, 0, 5e-6);
    assert_near(parsed.threshold, flag.threshold, 0, 5e-6);
    assert_near(parsed.duration_s, flag.duration_s, 0, 5e-6);
    assert_int_equal(parsed.feature_count, flag.feature_count);
    for (std::size_t f = 0; f < flag.feature_count; ++f) {
      assert_true(parsed.features[f].name == flag.features[f].name.view());
      assert_near(parsed.features[f].value, flag.features[f].value, 0, 5e-6);
      assert_near(parsed.features[f].mean, flag.features[f].mean, 0, 5e-6);
      assert_near(parsed.features[f].sd, flag.features[f].sd, 0, 5e-6);
      assert_near(parsed.features[f].z, flag.features[f].z, 0, 5e-6);
      assert_near(parsed.features[f].share, flag.features[f].share, 0, 5e-6);
    }
    assert_int_equal(parsed.process_count, flag.process_count);
    for (std::size_t p = 0; p < flag.process_count; ++p) {
      assert_true(parsed.processes[p].comm == flag.processes[p].comm.view());
      assert_true(parsed.processes[p].what == flag.processes[p].what.view());
      assert_true(parsed.processes[p].unit == flag.processes[p].unit.view());
      assert_int_equal(parsed.processes[p].pid, flag.processes[p].pid);
      assert_int_equal(parsed.processes[p].uid, flag.processes[p].uid);
      assert_near(parsed.processes[p].delta, flag.processes[p].delta, 0, 5e-6);
    }
  }
}

void random_flags_are_valid_at_random_sizes(void**) {
  FlagMaker maker(test_seed());
  for (int i = 0; i < 2000; ++i) {
    const Flag flag = maker.make();
    const std::size_t limit = kMinJsonDatagram + maker.size_below(kLargestMaxDatagram - kMinJsonDatagram + 1);
    Line line;
    render(flag, limit, line);
    Flag parsed;
    if (!line.ok || line.size > limit || !parse_flag_json(line.view(), parsed))
      fail_msg("limit %zu: '%.*s'", limit, static_cast<int>(line.size), line.bytes.data());
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_event_is_rendered_to_the_letter),
    cmocka_unit_test(an_empty_flag_has_every_key),
    cmocka_unit_test(each_event_has_its_name),
    cmocka_unit_test(time_is_utc_with_milliseconds),
    cmocka_unit_test(numbers_that_are_not_finite_are_null),
    cmocka_unit_test(a_process_name_cannot_inject_json),
    cmocka_unit_test(a_line_never_holds_a_line_end),
    cmocka_unit_test(counts_beyond_the_arrays_are_not_followed),
    cmocka_unit_test(lists_shrink_from_the_longer_end_before_the_text_does),
    cmocka_unit_test(what_is_kept_are_the_first_entries),
    cmocka_unit_test(a_flag_that_fits_exactly_is_whole_and_one_byte_less_is_not),
    cmocka_unit_test(the_worst_flags_are_valid_json_at_every_size),
    cmocka_unit_test(a_usual_flag_fits_two_hundred_and_ten_bytes),
    cmocka_unit_test(below_the_smallest_size_a_flag_is_valid_or_refused),
    cmocka_unit_test(strings_leave_whole_host_first),
    cmocka_unit_test(random_flags_parse_back_to_themselves),
    cmocka_unit_test(random_flags_are_valid_at_random_sizes),
};
EPSILOND_TEST_MAIN(kTests)
