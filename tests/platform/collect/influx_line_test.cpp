// Influx lines as agents send them, and as nobody should.

#include <cmath>
#include <string>

#include "platform/collect/influx_line.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;

namespace {

constexpr std::string_view kWhole =
    "epsilond,host=web1.example.org,model=host,cluster=prod,role=web log_super_epsilon=-83.125,"
    "log_super_epsilon_expected=-12.5,log_super_epsilon_variance=9.25,surprise=9.2,surprise_threshold=5.3,anomalous=1i,"
    "learning_ratio=1,top_feature=\"mem_used_bytes\",sequence=123i 1766000000000000000";

void a_whole_line_is_read(void**) {
  HostReport report;
  assert_true(read_influx_line(kWhole, report) == ReadFate::kRead);
  assert_true(report.host == "web1.example.org");
  assert_true(report.model == "host");
  assert_true(report.cluster == "prod");
  assert_true(report.role == "web");
  assert_true(report.top_feature == "mem_used_bytes");
  assert_true(report.log_super_epsilon == -83.125);
  assert_true(report.expected == -12.5);
  assert_true(report.variance == 9.25);
  assert_true(report.surprise == 9.2);
  assert_true(report.threshold == 5.3);
  assert_true(report.learning_ratio == 1.0);
  assert_true(report.anomalous == true);
  assert_true(report.sequence == 123U);
  assert_true(report.time_ns == 1766000000000000000);
}

void what_is_not_told_is_absent(void**) {
  HostReport report;
  assert_true(read_influx_line("epsilond,host=a,model=m learning_ratio=0.25", report) == ReadFate::kRead);
  assert_true(report.cluster.empty() && report.role.empty() && report.top_feature.empty());
  assert_true(std::isnan(report.log_super_epsilon) && std::isnan(report.expected) && std::isnan(report.variance));
  assert_true(std::isnan(report.surprise) && std::isnan(report.threshold));
  assert_false(report.anomalous.has_value());
  assert_false(report.sequence.has_value());
  assert_true(report.time_ns == 0);
}

void what_is_not_known_is_skipped(void**) {
  HostReport report;
  assert_true(
      read_influx_line("epsilond,zone=x\\ y,host=a\\,b\\=c\\ d,model=m,rack=7 new=\"a, b \\\" c\",other=t,f=1e3,"
                       "u=7u,surprise=2 5",
                       report) == ReadFate::kRead);
  assert_true(report.host == "a,b=c d");
  assert_true(report.surprise == 2.0);
  assert_true(report.time_ns == 5);
  assert_true(read_influx_line("cpu,host=a usage=3 5", report) == ReadFate::kOther);
  assert_true(read_influx_line("epsilond_feature,host=a,model=m,feature=x zscore=3 5", report) == ReadFate::kOther);
}

bool malformed(const std::string& line) {
  HostReport report;
  return read_influx_line(line, report) == ReadFate::kMalformed;
}

void what_breaks_the_format_is_refused(void**) {
  for (const char* line : {
           "",
           " ",
           "epsilond",
           "epsilond ",
           "epsilond,",
           "epsilond,host",
           "epsilond,host=",
           "epsilond,host=a,model=m",
           "epsilond,host=a,model=m ",
           "epsilond,host=a,model=m x",
           "epsilond,host=a,model=m x=",
           "epsilond,host=a x=1",
           "epsilond,model=m x=1",
           "epsilond,host=a=b,model=m x=1",
           "epsilond,host=a,host=b,model=m x=1",
           "epsilond,host=a,model=m surprise=1,surprise=2",
           "epsilond,host=a,model=m surprise=1,",
           "epsilond,host=a,model=m surprise=1 ",
           "epsilond,host=a,model=m surprise=1 x",
           "epsilond,host=a,model=m surprise=1 -5",
           "epsilond,host=a,model=m surprise=1 0",
           "epsilond,host=a,model=m surprise=1 5 6",
           "epsilond,host=a,model=m surprise=1 99999999999999999999",
           "epsilond,host=a,model=m surprise=nan",
           "epsilond,host=a,model=m surprise=inf",
           "epsilond,host=a,model=m surprise=-inf",
           "epsilond,host=a,model=m surprise=1e201",
           "epsilond,host=a,model=m surprise=+1",
           "epsilond,host=a,model=m surprise=0x10",
           "epsilond,host=a,model=m surprise=\"1\"",
           "epsilond,host=a,model=m top_feature=1",
           "epsilond,host=a,model=m top_feature=\"x",
           "epsilond,host=a,model=m top_feature=\"x\"y=1",
           "epsilond,host=a,model=m log_super_epsilon_variance=-1",
           "epsilond,host=a,model=m learning_ratio=1.5",
           "epsilond,host=a,model=m anomalous=2i",
           "epsilond,host=a,model=m sequence=-1i",
           "epsilond,host=a,model=m sequence=1.5",
           "epsilond,host=a\tb,model=m surprise=1",
           "epsilond,host=a\x7f,model=m surprise=1",
           "epsilond,host=a\xff,model=m surprise=1",
           "epsilond,host=a\u202e,model=m surprise=1",
       })
    if (!malformed(line)) fail_msg("'%s' was not refused", line);
}

void words_beyond_their_bound_are_refused(void**) {
  assert_false(malformed("epsilond,host=" + std::string(64, 'h') + ",model=m surprise=1"));
  assert_true(malformed("epsilond,host=" + std::string(65, 'h') + ",model=m surprise=1"));
  assert_true(malformed("epsilond,host=h,model=" + std::string(33, 'm') + " surprise=1"));
  assert_true(malformed("epsilond,host=h,model=m top_feature=\"" + std::string(57, 'x') + "\""));
  assert_true(malformed("epsilond,host=h,model=m " + std::string(300, 'x') + "=1"));
  assert_false(malformed("epsilond,host=h,model=m text=\"" + std::string(4000, 'x') + "\""));
}

// Whatever is cut off or changed in one byte: read or refused, and a line that is read keeps to its bounds.
void every_prefix_and_every_changed_byte_is_judged(void**) {
  static char line[512];
  for (std::size_t size = 0; size < kWhole.size(); ++size) {
    HostReport report;
    read_influx_line(kWhole.substr(0, size), report);
    for (int byte = 0; byte < 256; ++byte) {
      std::memcpy(line, kWhole.data(), kWhole.size());
      line[size] = static_cast<char>(byte);
      if (read_influx_line({line, kWhole.size()}, report) != ReadFate::kRead) continue;
      assert_false(report.host.empty());
      assert_true(std::isnan(report.variance) || report.variance >= 0.0);
      assert_false(std::isinf(report.log_super_epsilon));
    }
  }
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(a_whole_line_is_read),
    cmocka_unit_test(what_is_not_told_is_absent),
    cmocka_unit_test(what_is_not_known_is_skipped),
    cmocka_unit_test(what_breaks_the_format_is_refused),
    cmocka_unit_test(words_beyond_their_bound_are_refused),
    cmocka_unit_test(every_prefix_and_every_changed_byte_is_judged),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
