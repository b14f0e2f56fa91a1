// What the configuration says of the numbers that leave the host.

#include "tests/agent/config/config_support.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::agent;
using namespace epsilond::tests;

namespace {

const EmitterConfig& emitter(std::size_t at = 0) { return config().emitters[at]; }

bool endpoint_is(std::string_view text) {
  return epsilond::platform::format_endpoint(emitter().endpoint).view() == text;
}

void readings_go_out_each_second_by_default(void**) {
  assert_true(
      load("[emit udp]\ntarget = 192.0.2.1:1\nformat = influx\n"
           "[emit udp b]\ntarget = 192.0.2.1:2\nformat = graphite\nevery = 1m\n"
           "[emit udp c]\ntarget = 192.0.2.1:3\nformat = statsd\n"));
  assert_int_equal(emitter(0).format, UdpFormat::kInflux);
  assert_int_equal(emitter(1).format, UdpFormat::kGraphite);
  assert_int_equal(emitter(2).format, UdpFormat::kStatsd);
  assert_near(emitter(0).every_s, 1, 0, 0);
  assert_near(emitter(1).every_s, 60, 0, 0);
}

void no_host_has_a_cluster_or_a_role_by_default(void**) {
  assert_true(load("[agent]\nrole = none\n"));
  assert_true(config().cluster.empty() && config().role.empty());
  assert_true(load("[agent]\ncluster = shop.eu-1\nrole = web_2\n"));
  assert_string_equal(config().cluster.c_str(), "shop.eu-1");
  assert_string_equal(config().role.c_str(), "web_2");
}

void a_tag_that_would_break_a_line_is_refused(void**) {
  for (const char* text : {"[agent]\ncluster = a,b\n", "[agent]\nrole = a b\n", "[agent]\ncluster = a=b\n",
                           "[agent]\nrole = 01234567890123456789012345678901\n"})
    assert_false(load(text));
}

void a_textfile_needs_a_path_and_tells_the_top_features(void**) {
  assert_false(load("[emit textfile]\n"));
  assert_true(message_has("the key path is missing"));
  for (const char* text : {"[emit textfile]\npath = epsilond.prom\n", "[emit textfile]\npath = /run/metrics/\n"})
    assert_false(load(text));
  assert_true(load("[emit textfile]\npath = /run/metrics/epsilond.prom\n"));
  assert_int_equal(emitter().kind, EmitterKind::kTextfile);
  assert_string_equal(emitter().path.c_str(), "/run/metrics/epsilond.prom");
  assert_int_equal(emitter().features, FeatureDetail::kTop);
  assert_near(emitter().every_s, 10, 0, 0);
}

void metrics_are_served_on_loopback_unless_told_otherwise(void**) {
  assert_true(load("[emit prometheus]\n"));
  assert_int_equal(emitter().kind, EmitterKind::kPrometheus);
  assert_true(endpoint_is("127.0.0.1:9978"));
  assert_true(load("[emit prometheus]\nlisten = [2001:db8::1]:80\nfeatures = yes\n"));
  assert_true(endpoint_is("[2001:db8::1]:80"));
  assert_int_equal(emitter().features, FeatureDetail::kAll);
}

void metrics_are_served_once_and_never_everywhere(void**) {
  for (const char* text : {"[emit prometheus second]\n", "[emit prometheus]\nlisten = 0.0.0.0:9978\n",
                           "[emit prometheus]\nlisten = 127.0.0.1\n", "[emit prometheus]\nlisten = localhost:9978\n",
                           "[emit prometheus]\nfeatures = all\n"})
    assert_false(load(text));
}

void only_some_emitters_carry_events(void**) {
  assert_true(
      load("[emit syslog]\n[emit udp]\ntarget = 192.0.2.1:1\n[emit journal]\n"
           "[emit udp b]\ntarget = 192.0.2.1:1\nformat = influx\n[emit textfile]\npath = /x.prom\n"
           "[emit prometheus]\n"));
  for (std::size_t i = 0; i < 6; ++i) assert_int_equal(carries_events(emitter(i)), i < 3);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(readings_go_out_each_second_by_default),
    cmocka_unit_test(no_host_has_a_cluster_or_a_role_by_default),
    cmocka_unit_test(a_tag_that_would_break_a_line_is_refused),
    cmocka_unit_test(a_textfile_needs_a_path_and_tells_the_top_features),
    cmocka_unit_test(metrics_are_served_on_loopback_unless_told_otherwise),
    cmocka_unit_test(metrics_are_served_once_and_never_everywhere),
    cmocka_unit_test(only_some_emitters_carry_events),
};
EPSILOND_TEST_MAIN(kTests)
