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
using epsilond::tests::parse_rfc5424;
using epsilond::tests::Rfc5424;
using epsilond::tests::test_seed;
using epsilond::tests::valid_utf8;
using epsilond::tests::worst_flag;

namespace {

constexpr SyslogHeader kHeader{3, 77, 5};

struct Line {
  std::array<char, 8192> bytes;
  std::size_t size = 0;
  bool ok = false;
  ErrorCode code = ErrorCode::kIo;
  std::string_view view() const { return {bytes.data(), size}; }
};

void keep(const Result<std::size_t>& size, Line& line) {
  line.ok = static_cast<bool>(size);
  line.size = size ? *size : 0;
  if (!size) line.code = size.error().code;
}

void render(const Flag& flag, std::size_t limit, Line& line, const SyslogHeader& header = kHeader) {
  keep(render_flag_rfc5424(flag, header, std::span(line.bytes).first(limit)), line);
}

void render_local(const Flag& flag, std::size_t limit, Line& line, std::chrono::seconds utc_offset = {},
                  const SyslogHeader& header = kHeader) {
  keep(render_flag_local_syslog(flag, header, utc_offset, std::span(line.bytes).first(limit)), line);
}

int priority_of(FlagEvent event, bool critical, int facility) {
  Flag flag = example_flag();
  flag.event = event;
  flag.critical = critical;
  Line line;
  render(flag, 2048, line, {facility, 1, 1});
  Rfc5424 parsed;
  return parse_rfc5424(line.view(), parsed) ? parsed.priority : -1;
}

void rfc_5424_is_rendered_to_the_letter(void**) {
  Line line;
  render(example_flag(), 2048, line);
  assert_true(line.view() ==
              "<28>1 2026-11-21T22:48:01.123Z web1.example.org epsilond 77 RAISED [epsilond@32473 event=\"raised\" "
              "id=\"host-20261121T224746Z-3\" model=\"host\" surprise=\"9.2\" logSuperEpsilon=\"-83.1\" threshold=\"5.3\" "
              "feature=\"mem_used_bytes\" z=\"26.6\" duration=\"15\" process=\"postgres[4411\\]\" what=\"rss_bytes\" "
              "delta=\"5600000000\" unit=\"postgresql.service\" value=\"7912345600\" mean=\"2200000000\" "
              "sd=\"2.14748e8\" share=\"0.71\" feature2=\"disk_write_bytes_per_s\" z2=\"8.4\"][meta sequenceId=\"5\"] "
              "memory used 7.9 GB (usual 2.2 \u00b1 0.2 GB at this hour), disk writes 212 MB/s (usual 3 \u00b1 2); "
              "postgres[4411] +5.6 GB; once in 40 days");
}

void severity_follows_the_event(void**) {
  assert_int_equal(priority_of(FlagEvent::kRaised, false, 3), 28);
  assert_int_equal(priority_of(FlagEvent::kRaised, true, 3), 26);
  assert_int_equal(priority_of(FlagEvent::kOngoing, false, 3), 28);
  assert_int_equal(priority_of(FlagEvent::kOngoing, true, 3), 26);
  assert_int_equal(priority_of(FlagEvent::kCleared, true, 3), 29);
  assert_int_equal(priority_of(FlagEvent::kLearned, false, 3), 29);
  assert_int_equal(priority_of(FlagEvent::kStart, false, 3), 30);
  assert_int_equal(priority_of(FlagEvent::kStop, false, 3), 30);
  assert_int_equal(priority_of(FlagEvent::kSilent, false, 3), 28);
}

void the_facility_is_the_one_asked_for(void**) {
  assert_int_equal(priority_of(FlagEvent::kStart, false, 0), 6);
  assert_int_equal(priority_of(FlagEvent::kRaised, true, 16), 130);
  assert_int_equal(priority_of(FlagEvent::kStart, false, 23), 190);
}

void a_facility_out_of_range_is_refused(void**) {
  for (const int facility : {-1, 24}) {
    Line line;
    render(example_flag(), 2048, line, {facility, 1, 1});
    assert_false(line.ok);
    assert_int_equal(line.code, ErrorCode::kInvalid);
    render_local(example_flag(), 2048, line, {}, {facility, 1, 1});
    assert_false(line.ok);
    assert_int_equal(line.code, ErrorCode::kInvalid);
  }
}

void the_msgid_is_the_event(void**) {
  constexpr std::array<std::string_view, 7> kIds = {"RAISED", "ONGOING", "CLEARED", "LEARNED",
                                                    "START",  "STOP",    "SILENT"};
  for (std::size_t i = 0; i < kIds.size(); ++i) {
    Flag flag = example_flag();
    flag.event = static_cast<FlagEvent>(i);
    Line line;
    render(flag, 2048, line);
    Rfc5424 parsed;
    assert_true(parse_rfc5424(line.view(), parsed));
    assert_true(parsed.msgid == kIds[i]);
  }
}

void lifecycle_events_carry_no_numbers(void**) {
  Flag flag;
  flag.event = FlagEvent::kStart;
  flag.host = std::string_view("web1");
  flag.text = std::string_view("epsilond 0.1.0 started");
  Line line;
  render(flag, 480, line);
  assert_true(line.view() ==
              "<30>1 1970-01-01T00:00:00.000Z web1 epsilond 77 START [epsilond@32473 event=\"start\"]"
              "[meta sequenceId=\"5\"] epsilond 0.1.0 started");
}

void a_flag_without_text_ends_with_its_data(void**) {
  Flag flag = example_flag();
  flag.text.clear();
  Line line;
  render(flag, 2048, line);
  assert_true(line.view().ends_with("sequenceId=\"5\"]"));
}

void values_are_escaped_and_parse_back(void**) {
  Flag flag = example_flag();
  flag.id = std::string_view("\"]\\[x y=\"");
  flag.processes[0].comm = std::string_view("a] evil=\"1");
  Line line;
  render(flag, 2048, line);
  Rfc5424 parsed;
  assert_true(parse_rfc5424(line.view(), parsed));
  assert_true(parsed.param("id") == "\"]\\[x y=\"");
  assert_true(parsed.param("process") == "a] evil=\"1[4411]");
  assert_true(parsed.param("evil").empty());
}

void a_host_name_cannot_add_header_fields(void**) {
  Flag flag = example_flag();
  flag.host = std::string_view("web1 evil 1 X -\n\xC3\xA9");
  Line line;
  render(flag, 2048, line);
  Rfc5424 parsed;
  assert_true(parse_rfc5424(line.view(), parsed));
  assert_true(parsed.host == "web1_evil_1_X_-___");
  assert_true(parsed.app_name == "epsilond");
}

void an_unknown_host_is_the_nil_value(void**) {
  Flag flag = example_flag();
  flag.host.clear();
  Line line;
  render(flag, 2048, line);
  Rfc5424 parsed;
  assert_true(parse_rfc5424(line.view(), parsed));
  assert_true(parsed.host == "-");
}

void control_characters_never_reach_the_wire(void**) {
  for (const std::string_view filler : {std::string_view("\0", 1), std::string_view("\n"), std::string_view("\x7F"),
                                        std::string_view("\xC2\x9B"), std::string_view("\xE2\x80\xAE")}) {
    Line line;
    render(worst_flag(filler), 2048, line);
    assert_true(line.ok);
    assert_true(line.view().find(filler) == std::string_view::npos);
    render_local(worst_flag(filler), 2048, line);
    assert_true(line.ok);
    assert_true(line.view().find(filler) == std::string_view::npos);
  }
}

void numbers_that_are_not_finite_have_no_parameter(void**) {
  Flag flag = example_flag();
  flag.surprise = std::numeric_limits<double>::quiet_NaN();
  flag.features[0].z = std::numeric_limits<double>::infinity();
  Line line;
  render(flag, 2048, line);
  Rfc5424 parsed;
  assert_true(parse_rfc5424(line.view(), parsed));
  assert_true(parsed.param("surprise").empty() && parsed.param("z").empty());
  assert_true(parsed.param("threshold") == "5.3");
}

void optional_parameters_leave_before_the_text_is_cut(void**) {
  const Flag flag = example_flag();
  bool text_was_cut = false;
  std::size_t params = 100;
  for (std::size_t limit = 2048; limit >= 300; --limit) {
    Line line;
    render(flag, limit, line);
    Rfc5424 parsed;
    assert_true(parse_rfc5424(line.view(), parsed));
    assert_true(parsed.param_count <= params);
    params = parsed.param_count;
    if (parsed.message != flag.text.view()) {
      text_was_cut = true;
      assert_true(parsed.param("duration").empty());
      assert_true(parsed.message.ends_with("..."));
      assert_true(flag.text.view().starts_with(parsed.message.substr(0, parsed.message.size() - 3)));
    }
    // What the contract names is there at any such size.
    for (const std::string_view name :
         {"event", "id", "model", "surprise", "logSuperEpsilon", "threshold", "feature", "z"})
      assert_false(parsed.param(name).empty());
    assert_true(parsed.param("meta", "sequenceId") == "5");
  }
  assert_true(text_was_cut);
}

void the_example_keeps_its_whole_text_at_the_default_size(void**) {
  Line line;
  render(example_flag(), kDefaultMaxDatagram, line);
  Rfc5424 parsed;
  assert_true(parse_rfc5424(line.view(), parsed));
  assert_true(parsed.message == example_flag().text.view());
  assert_true(parsed.param("z") == "26.6");
}

void the_worst_flags_are_valid_rfc_5424_at_every_size(void**) {
  for (const std::string_view filler : kFillers) {
    const Flag flag = worst_flag(filler);
    for (std::size_t limit = kMinSyslogDatagram; limit <= kLargestMaxDatagram; ++limit) {
      Line line;
      render(flag, limit, line, {23, 2147483647, 2147483647});
      Rfc5424 parsed;
      if (!line.ok || line.size > limit || !parse_rfc5424(line.view(), parsed) || parsed.param("event") != "ongoing" ||
          parsed.param("meta", "sequenceId") != "2147483647")
        fail_msg("limit %zu: '%.*s'", limit, static_cast<int>(line.size), line.bytes.data());
    }
  }
}

void the_worst_flags_fit_the_local_form_at_every_size(void**) {
  for (const std::string_view filler : kFillers) {
    const Flag flag = worst_flag(filler);
    for (std::size_t limit = kMinSyslogDatagram; limit <= kLargestMaxDatagram; ++limit) {
      Line line;
      render_local(flag, limit, line);
      if (!line.ok || line.size > limit || !valid_utf8(line.view())) fail_msg("limit %zu", limit);
    }
  }
}

void below_the_smallest_size_a_flag_is_valid_or_refused(void**) {
  int refused = 0;
  for (std::size_t limit = 0; limit < kMinSyslogDatagram; ++limit) {
    Line line;
    render(worst_flag("\""), limit, line);
    Rfc5424 parsed;
    if (line.ok)
      assert_true(parse_rfc5424(line.view(), parsed));
    else
      refused += line.code == ErrorCode::kTooLarge;
  }
  assert_true(refused > 50);
}

void random_flags_parse_back(void**) {
  FlagMaker maker(test_seed());
  for (int i = 0; i < 1000; ++i) {
    const Flag flag = maker.make();
    Line line;
    render(flag, line.bytes.size(), line);
    Rfc5424 parsed;
    if (!parse_rfc5424(line.view(), parsed)) fail_msg("'%.*s'", static_cast<int>(line.size), line.bytes.data());
    assert_true(parsed.time == flag.wall);
    assert_true(parsed.param("event") == event_name(flag.event));
    assert_int_equal(parsed.priority, 24 + severity_of(flag));
    assert_int_equal(parsed.param("surprise").empty(), !has_numbers(flag.event));
    if (flag.feature_count > 0) {
      double z = 0;
      const std::string_view text = parsed.param("z");
      std::from_chars(text.data(), text.data() + text.size(), z);
      assert_near(z, flag.features[0].z, 0, 5e-6);
    }
  }
}

void the_local_form_is_rendered_to_the_letter(void**) {
  Line line;
  render_local(example_flag(), 2048, line);
  assert_true(
      line.view() ==
      "<28>Nov 21 22:48:01 epsilond[77]: RAISED surprise=9.2 id=host-20261121T224746Z-3 model=host memory used 7.9 GB "
      "(usual 2.2 \u00b1 0.2 GB at this hour), disk writes 212 MB/s (usual 3 \u00b1 2); postgres[4411] +5.6 GB; "
      "once in 40 days");
}

void the_local_form_is_in_local_time(void**) {
  Line line;
  render_local(example_flag(), 2048, line, std::chrono::minutes(330));
  assert_true(line.view().starts_with("<28>Nov 22 04:18:01 "));
  render_local(example_flag(), 2048, line, -std::chrono::hours(23));
  assert_true(line.view().starts_with("<28>Nov 20 23:48:01 "));
}

void a_day_below_ten_is_padded_with_a_space(void**) {
  Flag flag = example_flag();
  flag.wall = std::chrono::seconds(1804125845);  // 2027-03-04T02:04:05Z
  Line line;
  render_local(flag, 2048, line);
  assert_true(line.view().starts_with("<28>Mar  4 02:04:05 epsilond[77]: "));
}

void every_month_has_its_english_name(void**) {
  constexpr std::array<std::string_view, 12> kNames = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned month = 0; month < 12; ++month) {
    Flag flag = example_flag();
    const std::chrono::year_month_day date{std::chrono::year(2026), std::chrono::month(month + 1),
                                           std::chrono::day(15)};
    flag.wall = std::chrono::sys_days(date).time_since_epoch();
    Line line;
    render_local(flag, 2048, line);
    assert_true(line.view().substr(4, 3) == kNames[month]);
  }
}

void a_long_local_line_is_cut_at_a_character(void**) {
  Flag flag = example_flag();
  flag.text.clear();
  while (flag.text.append("\xE2\x82\xAC")) {
  }
  for (std::size_t limit = 200; limit < 210; ++limit) {
    Line line;
    render_local(flag, limit, line);
    assert_true(line.ok && line.size <= limit && valid_utf8(line.view()));
    assert_true(line.view().ends_with("\xE2\x82\xAC..."));
  }
}

void a_local_lifecycle_line_has_event_and_text(void**) {
  Flag flag;
  flag.event = FlagEvent::kStop;
  flag.text = std::string_view("state saved");
  Line line;
  render_local(flag, 480, line);
  assert_true(line.view() == "<30>Jan  1 00:00:00 epsilond[77]: STOP state saved");
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(rfc_5424_is_rendered_to_the_letter),
    cmocka_unit_test(severity_follows_the_event),
    cmocka_unit_test(the_facility_is_the_one_asked_for),
    cmocka_unit_test(a_facility_out_of_range_is_refused),
    cmocka_unit_test(the_msgid_is_the_event),
    cmocka_unit_test(lifecycle_events_carry_no_numbers),
    cmocka_unit_test(a_flag_without_text_ends_with_its_data),
    cmocka_unit_test(values_are_escaped_and_parse_back),
    cmocka_unit_test(a_host_name_cannot_add_header_fields),
    cmocka_unit_test(an_unknown_host_is_the_nil_value),
    cmocka_unit_test(control_characters_never_reach_the_wire),
    cmocka_unit_test(numbers_that_are_not_finite_have_no_parameter),
    cmocka_unit_test(optional_parameters_leave_before_the_text_is_cut),
    cmocka_unit_test(the_example_keeps_its_whole_text_at_the_default_size),
    cmocka_unit_test(the_worst_flags_are_valid_rfc_5424_at_every_size),
    cmocka_unit_test(the_worst_flags_fit_the_local_form_at_every_size),
    cmocka_unit_test(below_the_smallest_size_a_flag_is_valid_or_refused),
    cmocka_unit_test(random_flags_parse_back),
    cmocka_unit_test(the_local_form_is_rendered_to_the_letter),
    cmocka_unit_test(the_local_form_is_in_local_time),
    cmocka_unit_test(a_day_below_ten_is_padded_with_a_space),
    cmocka_unit_test(every_month_has_its_english_name),
    cmocka_unit_test(a_long_local_line_is_cut_at_a_character),
    cmocka_unit_test(a_local_lifecycle_line_has_event_and_text),
};
EPSILOND_TEST_MAIN(kTests)
