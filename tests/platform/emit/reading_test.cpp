#include "platform/emit/reading.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;

namespace {

const ReadingTags kTags{"web-1.example.org", "", ""};
const ReadingMoment kMoment{std::chrono::nanoseconds(1766000000123456789), 7};

Reading full() {
  Reading reading;
  reading.model = "host";
  reading.log_super_epsilon = -83.125;
  reading.log_super_epsilon_expected = -12.0;
  reading.log_super_epsilon_variance = 9.1;
  reading.surprise = 9.2;
  reading.surprise_threshold = 5.3;
  reading.anomalous = 1.0;
  reading.learning_ratio = 1.0;
  reading.top_feature = "mem_used_bytes";
  return reading;
}

Reading young() {
  Reading reading;
  reading.model = "host";
  reading.anomalous = 0.0;
  reading.learning_ratio = 0.25;
  return reading;
}

std::string& lines(LineFormat format, const ReadingTags& tags, const Reading& reading, std::size_t room = 4096) {
  static std::string text;
  text.resize(room);
  TextWriter out(text);
  for (std::size_t part = 0; part < reading_parts(format); ++part)
    put_reading(out, format, tags, kMoment, reading, part);
  if (out.overflowed())
    text = "overflow";
  else
    text.resize(out.size());
  return text;
}

void an_influx_line_has_all_that_is_known(void**) {
  assert_string_equal(
      lines(LineFormat::kInflux, kTags, full()).c_str(),
      "epsilond,host=web-1.example.org,model=host log_super_epsilon=-83.125,"
      "log_super_epsilon_expected=-12,log_super_epsilon_variance=9.1,surprise=9.2,surprise_threshold=5.3,"
      "anomalous=1i,learning_ratio=1,top_feature=\"mem_used_bytes\",sequence=7i 1766000000123456789\n");
}

void a_model_that_learns_sends_what_is_known_alone(void**) {
  assert_string_equal(lines(LineFormat::kInflux, kTags, young()).c_str(),
                      "epsilond,host=web-1.example.org,model=host anomalous=0i,learning_ratio=0.25,sequence=7i "
                      "1766000000123456789\n");
  assert_string_equal(lines(LineFormat::kGraphite, kTags, young()).c_str(),
                      "epsilond.web-1_example_org.host.anomalous 0 1766000000\n"
                      "epsilond.web-1_example_org.host.learning_ratio 0.25 1766000000\n");
  assert_string_equal(lines(LineFormat::kStatsd, kTags, young()).c_str(),
                      "epsilond.web-1_example_org.host.anomalous:0|g\n"
                      "epsilond.web-1_example_org.host.learning_ratio:0.25|g\n");
}

void cluster_and_role_are_tags_where_there_are_tags(void**) {
  ReadingTags tags = kTags;
  tags.cluster = "prod.eu";
  tags.role = "web";
  assert_memory_equal(lines(LineFormat::kInflux, tags, young()).c_str(),
                      "epsilond,host=web-1.example.org,model=host,cluster=prod.eu,role=web anomalous", 77);
  assert_memory_equal(lines(LineFormat::kGraphite, tags, young()).c_str(),
                      "epsilond.web-1_example_org.host.anomalous;cluster=prod.eu;role=web 0 1766000000\n", 80);
  assert_true(lines(LineFormat::kStatsd, tags, young()).find("prod") == std::string::npos);
}

void a_gauge_of_statsd_below_zero_is_set_to_zero_first(void**) {
  const std::string& text = lines(LineFormat::kStatsd, kTags, full());
  assert_memory_equal(text.c_str(),
                      "epsilond.web-1_example_org.host.log_super_epsilon:0|g\n"
                      "epsilond.web-1_example_org.host.log_super_epsilon:-83.125|g\n",
                      114);
  assert_true(text.find("variance:9.1|g\n") != std::string::npos);
  assert_true(text.find("variance:0|g\n") == std::string::npos);
}

void odd_characters_of_a_host_break_no_line(void**) {
  const ReadingTags tags{"a b,c=d\\e\"f\n\xC3\xA9;g.h", "", ""};
  assert_memory_equal(lines(LineFormat::kInflux, tags, young()).c_str(),
                      "epsilond,host=a\\ b\\,c\\=d_e_f___;g.h,model=host a", 48);
  assert_memory_equal(lines(LineFormat::kGraphite, tags, young()).c_str(), "epsilond.a_b_c_d_e_f____g_h.host.", 33);
  assert_memory_equal(lines(LineFormat::kStatsd, tags, young()).c_str(), "epsilond.a_b_c_d_e_f____g_h.host.", 33);
}

void what_is_not_finite_is_never_sent(void**) {
  for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    Reading reading = young();
    for (const ReadingField& field : reading_fields()) reading.*field.value = value;
    assert_string_equal(lines(LineFormat::kInflux, kTags, reading).c_str(),
                        "epsilond,host=web-1.example.org,model=host sequence=7i 1766000000123456789\n");
    assert_string_equal(lines(LineFormat::kGraphite, kTags, reading).c_str(), "");
    assert_string_equal(lines(LineFormat::kStatsd, kTags, reading).c_str(), "");
  }
}

void numbers_come_back_to_ten_digits(void**) {
  for (const double value : {-83.123456789012, 1.0 / 3.0, -1.23456789e-7, 5.5e300, 123456789.123456, -0.0}) {
    Reading reading = young();
    reading.log_super_epsilon = value;
    const std::string& text = lines(LineFormat::kGraphite, kTags, reading);
    const double back = std::strtod(text.c_str() + text.find(' '), nullptr);
    assert_true(std::fabs(back - value) <= 5e-10 * std::fabs(value));
  }
}

Reading longest(const std::string& name, const std::string& feature) {
  Reading reading;
  reading.model = name;
  for (const ReadingField& field : reading_fields()) reading.*field.value = -1.234567890123e-300;
  reading.anomalous = 1.0;
  reading.top_feature = feature;
  return reading;
}

void the_longest_names_fit_the_smallest_datagram(void**) {
  static const std::string host(64, 'h');
  static const std::string tag(kMostTagBytes, 't');
  static const std::string name(31, 'm');
  static const std::string feature(56, 'f');
  const ReadingTags tags{host, tag, tag};
  std::array<char, 480> buffer;
  for (const LineFormat format : {LineFormat::kInflux, LineFormat::kStatsd, LineFormat::kGraphite}) {
    for (std::size_t part = 0; part < reading_parts(format); ++part) {
      TextWriter out(buffer);
      put_reading(out, format, tags, {kMoment.wall, 18446744073709551615U >> 1U}, longest(name, feature), part);
      assert_false(out.overflowed());
      assert_true(out.size() > 0 && out.view().back() == '\n');
    }
  }
}

void names_of_odd_characters_alone_fit_the_smallest_datagram_too(void**) {
  static const std::string host(kMostHostBytes, ',');
  static const std::string tag(kMostTagBytes, ' ');
  std::array<char, 480> buffer;
  TextWriter out(buffer);
  put_reading(out, LineFormat::kInflux, {host, tag, tag}, {kMoment.wall, 1}, longest(tag, ""), 0);
  assert_false(out.overflowed());
  const std::string expected = "epsilond,host=" + std::string(kMostHostBytes, '_') + ",model=" + std::string(31, '_');
  assert_memory_equal(out.view().data(), expected.data(), expected.size());
}

void an_odd_name_has_its_escapes_where_it_fits_with_them(void**) {
  const std::string fits = std::string(kMostHostBytes - 2, 'h') + ",";
  const std::string beyond = std::string(kMostHostBytes - 1, 'h') + ",";
  const std::string& escaped = lines(LineFormat::kInflux, {fits, "", ""}, young());
  assert_true(escaped.starts_with("epsilond,host=" + std::string(kMostHostBytes - 2, 'h') + "\\,,model=host "));
  const std::string& replaced = lines(LineFormat::kInflux, {beyond, "", ""}, young());
  assert_true(replaced.starts_with("epsilond,host=" + std::string(kMostHostBytes - 1, 'h') + "_,model=host "));
}

void a_host_and_a_model_without_a_name_are_an_underscore(void**) {
  Reading reading = young();
  reading.model = "";
  assert_true(lines(LineFormat::kInflux, {}, reading).starts_with("epsilond,host=_,model=_ "));
  assert_true(lines(LineFormat::kGraphite, {}, reading).starts_with("epsilond._._.anomalous "));
  assert_true(lines(LineFormat::kStatsd, {}, reading).starts_with("epsilond._._.anomalous:"));
}

void a_line_that_does_not_fit_behind_others_overflows(void**) {
  std::array<char, 480> buffer;
  TextWriter out(buffer);
  put_reading(out, LineFormat::kInflux, kTags, kMoment, full(), 0);
  put_reading(out, LineFormat::kInflux, kTags, kMoment, full(), 0);
  assert_true(out.overflowed());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(an_influx_line_has_all_that_is_known),
    cmocka_unit_test(a_model_that_learns_sends_what_is_known_alone),
    cmocka_unit_test(cluster_and_role_are_tags_where_there_are_tags),
    cmocka_unit_test(a_gauge_of_statsd_below_zero_is_set_to_zero_first),
    cmocka_unit_test(odd_characters_of_a_host_break_no_line),
    cmocka_unit_test(what_is_not_finite_is_never_sent),
    cmocka_unit_test(numbers_come_back_to_ten_digits),
    cmocka_unit_test(the_longest_names_fit_the_smallest_datagram),
    cmocka_unit_test(names_of_odd_characters_alone_fit_the_smallest_datagram_too),
    cmocka_unit_test(an_odd_name_has_its_escapes_where_it_fits_with_them),
    cmocka_unit_test(a_host_and_a_model_without_a_name_are_an_underscore),
    cmocka_unit_test(a_line_that_does_not_fit_behind_others_overflows),
};
EPSILOND_TEST_MAIN(kTests)
