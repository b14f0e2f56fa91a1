// Malformed configurations, by kind of mistake. Each message must name file and line, section, key and value, say what
// is wrong and what is allowed, and suggest what was meant where that is clear.

#include <span>

#include "tests/agent/config/config_support.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::agent::exit_code_of;
using epsilond::agent::LoadStatus;
using epsilond::tests::last_result;
using epsilond::tests::load;
using epsilond::tests::load_files;
using epsilond::tests::message;
using epsilond::tests::message_count;
using epsilond::tests::message_has;

namespace {

struct Case {
  const char* text;        // of the file a.ini
  const char* begins;      // file, line, section, key, value
  const char* what;        // is wrong
  const char* allowed;     // behind "; allowed: "
  const char* suggestion;  // the whole of it, or nullptr for none
};

// Each text has exactly one mistake, so exactly one message.
void expect(std::span<const Case> cases) {
  for (const Case& one : cases) {
    if (load(one.text)) fail_msg("taken: %s", one.text);
    if (message_count() != 1) fail_msg("%zu messages for %s", message_count(), one.text);
    if (!message().starts_with(one.begins)) fail_msg("no \"%s\" for %s", one.begins, one.text);
    if (!message_has(one.what)) fail_msg("no \"%s\" for %s", one.what, one.text);
    if (one.allowed != nullptr && !(message_has("; allowed: ") && message_has(one.allowed)))
      fail_msg("no \"%s\" for %s", one.allowed, one.text);
    const std::size_t at = message().find("; did you mean \"");
    if ((at != std::string_view::npos) != (one.suggestion != nullptr)) fail_msg("suggestion for %s", one.text);
    if (one.suggestion != nullptr && !message().substr(at + 16).starts_with(one.suggestion))
      fail_msg("no \"%s\" for %s", one.suggestion, one.text);
  }
}

constexpr const char* kSections =
    "[agent], [features], [model NAME], [emit syslog], [emit udp], [emit journal], "
    "[emit textfile], [emit prometheus], [mute NAME], [watch NAME]";

void an_unknown_section_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agnet]\n", "a.ini:1: [agnet]: ", "unknown section", kSections, "agent\"?"},
      {"[Agent]\n", "a.ini:1: [Agent]: ", "unknown section", kSections, "agent\"?"},
      {"\n[modle host]\n", "a.ini:2: [modle host]: ", "unknown section", kSections, "model host\"?"},
      {"[emit sylog]\n", "a.ini:1: [emit sylog]: ", "unknown section", kSections, "emit syslog\"?"},
      {"[emit upd second]\n", "a.ini:1: [emit upd second]: ", "unknown section", kSections, "emit udp second\"?"},
      {"[syslog]\n", "a.ini:1: [syslog]: ", "unknown section", kSections, "emit syslog\"?"},
      {"[feature]\n", "a.ini:1: [feature]: ", "unknown section", kSections, "features\"?"},
      {"[prometheus]\n", "a.ini:1: [prometheus]: ", "unknown section", kSections, "emit prometheus\"?"},
      {"[]\n", "a.ini:1: []: ", "unknown section", kSections, nullptr},
  };
  expect(kCases);
}

void keys_of_a_refused_section_are_not_reported_again(void**) {
  assert_false(load("[agnet]\ninterval = 5x\n[agent]\ninterval = 5s\n"));
  assert_int_equal(message_count(), 1);
}

void a_section_name_is_checked(void**) {
  static constexpr Case kCases[] = {
      {"[model]\n", "a.ini:1: [model]: ", "the name is missing", "[model NAME]", nullptr},
      {"[mute]\n", "a.ini:1: [mute]: ", "the name is missing", "[mute NAME]", nullptr},
      {"[emit]\n", "a.ini:1: [emit]: ", "the kind of emitter is missing", kSections, nullptr},
      {"[agent main]\n", "a.ini:1: [agent main]: ", "takes no name", "[agent]", "agent\"?"},
      {"[model a b]\n", "a.ini:1: [model a b]: ", "a character", "1 to 31 letters, digits, _ and -", nullptr},
      {"[model h\xC3\xA9]\n", "a.ini:1: [model h\xC3\xA9]: ", "a character", "1 to 31 letters", nullptr},
      {"[model x234567890123456789012345678901z]\n", "a.ini:1: [model x234567890123456789012345678901z]: ", "too long",
       "1 to 31 letters", nullptr},
  };
  expect(kCases);
}

void a_name_of_31_letters_is_taken(void**) { assert_true(load("[model x234567890123456789012345678901]\n")); }

void a_duplicate_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\n[features]\n[agent]\n", "a.ini:3: [agent]: ", "here twice, first in line 1", "one section", nullptr},
      {"[model host]\n[model host]\n", "a.ini:2: [model host]: ", "here twice, first in line 1", "one section",
       nullptr},
      {"[agent]\ninterval = 1s\ninterval = 2s\n", "a.ini:3: [agent] interval = 2s: ", "here twice, first in line 2",
       "100ms .. 1h", nullptr},
  };
  expect(kCases);
}

void a_duplicate_inside_a_later_file_is_refused(void**) {
  assert_false(load_files({"[agent]\ninterval = 1s\n", "[agent]\ninterval = 2s\ninterval = 3s\n"}));
  assert_true(message().starts_with("b.ini:3: [agent] interval = 3s: "));
}

void an_unknown_key_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\nintervall = 1s\n", "a.ini:2: [agent] intervall = 1s: ", "unknown key", "interval, host, cpu_budget",
       "interval\"?"},
      {"[agent]\nInterval = 1s\n", "a.ini:2: [agent] Interval = 1s: ", "unknown key", "interval, host", "interval\"?"},
      {"[features]\nenable = zombies\n", "a.ini:2: [features] enable = zombies: ", "unknown key", "disable", nullptr},
      {"[model m]\nwarmup = 1h\n", "a.ini:2: [model m] warmup = 1h: ", "unknown key", "baseline", "warm_up\"?"},
      {"[emit udp]\ntarget = 192.0.2.1:1\nport = 7\n", "a.ini:3: [emit udp] port = 7: ", "unknown key",
       "target, format, max_datagram, every", nullptr},
      {"[mute m]\nwhen = Sun 01:00-02:00\nreason = x\n", "a.ini:3: [mute m] reason = x: ", "unknown key", "when",
       nullptr},
  };
  expect(kCases);
}

void a_key_in_the_wrong_section_is_told_where_it_belongs(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\nwarm_up = 1h\n", "a.ini:2: [agent] warm_up = 1h: ", "it belongs to [model NAME]", "interval", nullptr},
      {"[model m]\ninterval = 1s\n", "a.ini:2: [model m] interval = 1s: ", "it belongs to [agent]", "warm_up", nullptr},
  };
  expect(kCases);
}

void a_key_before_any_section_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"interval = 1s\n", "a.ini:1: interval = 1s: ", "before the first section", kSections, nullptr}};
  expect(kCases);
}

void a_section_does_not_reach_into_the_next_file(void**) {
  assert_false(load_files({"[agent]\n", "interval = 1s\n"}));
  assert_true(message().starts_with("b.ini:1: interval = 1s: a key before the first section"));
}

void an_empty_value_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\ninterval =\n", "a.ini:2: [agent] interval = : ", "the value is missing", "100ms .. 1h", nullptr},
      {"[agent]\nhost = ; auto\n", "a.ini:2: [agent] host = : ", "the value is missing", "auto, or a name", nullptr},
      {"[features]\ndisable =\n", "a.ini:2: [features] disable = : ", "the value is missing", "none, or names",
       nullptr},
  };
  expect(kCases);
}

void a_bad_duration_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\ninterval = 1\n", "a.ini:2: [agent] interval = 1: ", "the unit is missing", "100ms .. 1h", "1s\"?"},
      {"[agent]\ninterval = 1sec\n", "a.ini:2: [agent] interval = 1sec: ", "bad unit \"sec\"", "100ms .. 1h", "1s\"?"},
      {"[agent]\ninterval = 1 s\n", "a.ini:2: [agent] interval = 1 s: ", "no blank", "100ms .. 1h", "1s\"?"},
      {"[agent]\ninterval = 1y\n", "a.ini:2: [agent] interval = 1y: ", "bad unit \"y\"", "100ms .. 1h", nullptr},
      {"[agent]\ninterval = fast\n", "a.ini:2: [agent] interval = fast: ", "not a number", "100ms .. 1h", nullptr},
      {"[agent]\ninterval = nans\n", "a.ini:2: [agent] interval = nans: ", "not a finite number", "100ms .. 1h",
       nullptr},
      {"[agent]\ninterval = 1e400s\n", "a.ini:2: [agent] interval = 1e400s: ", "does not fit", "100ms .. 1h", nullptr},
      {"[agent]\ninterval = 1s 2s\n", "a.ini:2: [agent] interval = 1s 2s: ", "bad unit \"s 2s\"", "100ms .. 1h",
       nullptr},
      {"[agent]\ninterval = 1s # x\n", "a.ini:2: [agent] interval = 1s # x: ", "a comment behind a value begins with",
       "100ms .. 1h", nullptr},
  };
  expect(kCases);
}

void a_duration_out_of_range_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\ninterval = 99ms\n", "a.ini:2: [agent] interval = 99ms: ", "out of range", "100ms .. 1h", nullptr},
      {"[agent]\ninterval = 61m\n", "a.ini:2: [agent] interval = 61m: ", "out of range", "100ms .. 1h", nullptr},
      {"[agent]\ninterval = -1s\n", "a.ini:2: [agent] interval = -1s: ", "out of range", "100ms .. 1h", nullptr},
      {"[agent]\nsave_every = 9s\n", "a.ini:2: [agent] save_every = 9s: ", "out of range", "10s .. 1d", nullptr},
      {"[model m]\nwarm_up = 29s\n", "a.ini:2: [model m] warm_up = 29s: ", "out of range", "30s .. 7d", nullptr},
      {"[model m]\nclear_after = 0s\n", "a.ini:2: [model m] clear_after = 0s: ", "out of range", "1s .. 1d", nullptr},
      {"[model m]\nsettle = 61s\n", "a.ini:2: [model m] settle = 61s: ", "out of range", "0s .. 60s", nullptr},
      {"[model m]\nremind_after = 5s\n", "a.ini:2: [model m] remind_after = 5s: ", "out of range",
       "0s (never), or 10s .. 1d", nullptr},
      {"[model m]\naccept_after = 91d\n", "a.ini:2: [model m] accept_after = 91d: ", "out of range", "1m .. 90d",
       nullptr},
  };
  expect(kCases);
}

void a_bad_percentage_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\ncpu_budget = 0.2\n", "a.ini:2: [agent] cpu_budget = 0.2: ", "percent sign is missing", "0.01% .. 100%",
       "0.2%\"?"},
      {"[agent]\ncpu_budget = 101%\n", "a.ini:2: [agent] cpu_budget = 101%: ", "out of range", "0.01% .. 100%",
       nullptr},
      {"[agent]\ncpu_budget = 0%\n", "a.ini:2: [agent] cpu_budget = 0%: ", "out of range", "0.01% .. 100%", nullptr},
      {"[agent]\ncpu_budget = 1%x\n", "a.ini:2: [agent] cpu_budget = 1%x: ", "\"%x\" follows", "0.01% .. 100%",
       nullptr},
  };
  expect(kCases);
}

void a_bad_number_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[model m]\nfalse_alarms_per_week = 0\n", "a.ini:2: [model m] false_alarms_per_week = 0: ", "out of range",
       "0.001 .. 10000", nullptr},
      {"[model m]\nfalse_alarms_per_week = 1/2\n", "a.ini:2: [model m] false_alarms_per_week = 1/2: ", "\"/2\" follows",
       "0.001 .. 10000", nullptr},
      {"[model m]\ncritical_surprise = inf\n", "a.ini:2: [model m] critical_surprise = inf: ", "not a finite number",
       "1 .. 300", nullptr},
      {"[model m]\nthreshold = epsilon\nlog_epsilon = -inf\n",
       "a.ini:3: [model m] log_epsilon = -inf: ", "not a finite number", "a finite number", nullptr},
      {"[model m]\nthreshold = epsilon\nlog_epsilon = 1e999\n",
       "a.ini:3: [model m] log_epsilon = 1e999: ", "does not fit", "a finite number", nullptr},
      {"[model m]\nthreshold = quantile\nquantile = 0\n", "a.ini:3: [model m] quantile = 0: ", "out of range",
       "above 0 and at most 0.5", nullptr},
      {"[model m]\nthreshold = contamination\ncontamination = 0.6\n",
       "a.ini:3: [model m] contamination = 0.6: ", "out of range", "above 0 and at most 0.5", nullptr},
      {"[emit syslog]\nmax_datagram = 479\n", "a.ini:2: [emit syslog] max_datagram = 479: ", "out of range",
       "480 .. 2048", nullptr},
      {"[emit syslog]\nmax_datagram = 480.5\n", "a.ini:2: [emit syslog] max_datagram = 480.5: ", "not a whole number",
       "480 .. 2048", nullptr},
      {"[emit syslog]\nmax_datagram = 1KiB\n", "a.ini:2: [emit syslog] max_datagram = 1KiB: ", "\"KiB\" follows",
       "480 .. 2048", nullptr},
  };
  expect(kCases);
}

void an_unknown_word_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\nsource = procsf\n", "a.ini:2: [agent] source = procsf: ", "unknown word", "auto, statgrab, procfs",
       "procfs\"?"},
      {"[model m]\nkind = mixtures\n", "a.ini:2: [model m] kind = mixtures: ", "unknown word", "product, mahalanobis",
       "mixture"},
      {"[model m]\nbaseline = hour_of_week\n", "a.ini:2: [model m] baseline = hour_of_week: ", "unknown word",
       "global, hour-of-day, hour-of-week", "hour-of-week\"?"},
      {"[model m]\ntransform = log\n", "a.ini:2: [model m] transform = log: ", "unknown word", "table, none", nullptr},
      {"[model m]\nthreshold = Budget\n", "a.ini:2: [model m] threshold = Budget: ", "unknown word",
       "budget, epsilon, quantile, contamination", "budget\"?"},
      {"[emit syslog]\nfacility = local8\n", "a.ini:2: [emit syslog] facility = local8: ", "unknown word",
       "local0 .. local7", "local0\"?"},
      {"[emit udp]\ntarget = 192.0.2.1:1\nformat = inflix\n", "a.ini:3: [emit udp] format = inflix: ", "unknown word",
       "json, influx, statsd, graphite", "influx\"?"},
  };
  expect(kCases);
}

void a_bad_match_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[watch web]\n", "a.ini:1: [watch web]: ", "the key match is missing", "comm:NAME", nullptr},
      {"[watch web]\nmatch = postgres\n", "a.ini:2: [watch web] match = postgres: ", "none of comm:, cgroup: and pidfile:",
       "comm:NAME of at most 15 bytes", "comm:postgres\"?"},
      {"[watch web]\nmatch = /run/x.pid\n", "a.ini:2: [watch web] match = /run/x.pid: ", "none of comm:",
       "pidfile:/PATH", "pidfile:/run/x.pid\"?"},
      {"[watch web]\nmatch = name:web\n", "a.ini:2: [watch web] match = name:web: ", "none of comm:", "comm:NAME", nullptr},
      {"[watch web]\nmatch = comm:\n", "a.ini:2: [watch web] match = comm:: ", "nothing follows the colon", "comm:NAME",
       nullptr},
      {"[watch web]\nmatch = comm:systemd-journald\n", "a.ini:2: [watch web] match = comm:systemd-journald: ",
       "the kernel keeps 15 bytes of a name", "at most 15 bytes", "comm:systemd-journal\"?"},
      {"[watch web]\nmatch = pidfile:run/x.pid\n", "a.ini:2: [watch web] match = pidfile:run/x.pid: ",
       "not an absolute path", "pidfile:/PATH", nullptr},
      {"[watch web]\nmatch = cgroup:/a.slice\n", "a.ini:2: [watch web] match = cgroup:/a.slice: ",
       "not a path below the mount point", "cgroup:PATH", "cgroup:a.slice\"?"},
      {"[watch web]\nmatch = cgroup:a/../b\n", "a.ini:2: [watch web] match = cgroup:a/../b: ", "not a path below",
       "cgroup:PATH", nullptr},
      {"[watch web]\nmatch = cgroup:a//b\n", "a.ini:2: [watch web] match = cgroup:a//b: ", "not a path below",
       "cgroup:PATH", nullptr},
      {"[watch]\n", "a.ini:1: [watch]: ", "the name is missing", "[watch NAME]", nullptr},
      {"[watch a.b]\nmatch = comm:x\n", "a.ini:1: [watch a.b]: ", "a character", "1 to 31 letters", nullptr},
  };
  expect(kCases);
}

void a_bad_list_of_features_of_a_service_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[watch web]\nmatch = comm:x\nfeatures = rss_byte\n", "a.ini:3: [watch web] features = rss_byte: ",
       "no feature is called \"rss_byte\"", "default, or names", "rss_bytes\"?"},
      {"[watch web]\nmatch = comm:x\nfeatures = zombies\n", "a.ini:3: [watch web] features = zombies: ",
       "no feature is called", "default, or names", nullptr},
      {"[watch web]\nmatch = comm:x\nfeatures = memory_bytes\n", "a.ini:3: [watch web] features = memory_bytes: ",
       "only a control group has memory_bytes", "match = cgroup:PATH", nullptr},
      {"[model m]\nfeatures = web.rss_bytes\n", "a.ini:2: [model m] features = web.rss_bytes: ",
       "no [watch NAME] section has the feature \"web.rss_bytes\"", "NAME.FEATURE of a [watch NAME] section", nullptr},
      {"[watch web]\nmatch = comm:x\nfeatures = rss_bytes\n[model m]\nfeatures = web.pss_bytes\n",
       "a.ini:5: [model m] features = web.pss_bytes: ", "has the feature \"web.pss_bytes\"", "NAME.FEATURE", nullptr},
      {"[watch web]\nmatch = comm:x\n[model m]\nfeatures = web.rss_byte\n", "a.ini:4: [model m] features = web.rss_byte: ",
       "no feature is called \"rss_byte\"", "default, or names", "web.rss_bytes\"?"},
      {"[watch web]\nmatch = comm:x\n[features]\ndisable = mail.rss_bytes\n",
       "a.ini:4: [features] disable = mail.rss_bytes: ", "no [watch NAME] section has", "NAME.FEATURE", nullptr},
      {"[agent]\nfeatures = default\n", "a.ini:2: [agent] features = default: ", "it belongs to [model NAME]", "interval",
       nullptr},
      {"[watch a]\nmatch = comm:a\nfeatures = r* w* p* c* d* t* v*\n"
       "[watch b]\nmatch = comm:b\nfeatures = r* w* p* c* d* t* v*\n",
       "a.ini:4: [watch b]: ", "24 features of services in all, there is room for 22",
       "at most 22 over all [watch NAME] sections: leave their features = out, or shorten it", nullptr},
  };
  expect(kCases);
}

void a_bad_list_of_features_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[features]\ndisable = load_15mn\n", "a.ini:2: [features] disable = load_15mn: ",
       "no feature is called \"load_15mn\"", "none, or names", "load_15min\"?"},
      {"[features]\ndisable = mem_used\n", "a.ini:2: [features] disable = mem_used: ", "no feature is called",
       "none, or names", "mem_used_bytes\"?"},
      {"[features]\ndisable = none zombies\n", "a.ini:2: [features] disable = none zombies: ", "must stand alone",
       "none, or names", nullptr},
      {"[features]\ndisable = default\n", "a.ini:2: [features] disable = default: ", "no feature is called",
       "none, or names", nullptr},
      {"[model m]\nfeatures = zombies zombies\n", "a.ini:2: [model m] features = zombies zombies: ", "named twice",
       "default, or names", nullptr},
      {"[model m]\nfeatures = zombies,\n", "a.ini:2: [model m] features = zombies,: ", "beside a comma",
       "default, or names", nullptr},
      {"[model m]\nfeatures = none\n", "a.ini:2: [model m] features = none: ", "no feature is called",
       "default, or names", nullptr},
      {"[model m]\nfeatures = gpu_*\n", "a.ini:2: [model m] features = gpu_*: ", "no feature begins with \"gpu_\"",
       "default, or names", nullptr},
  };
  expect(kCases);
}

void a_model_without_features_is_refused(void**) {
  static constexpr Case kCases[] = {{"[features]\ndisable = zombies\n[model m]\nfeatures = zombies\n",
                                     "a.ini:4: [model m] features = zombies: ", "leaves no feature to [model m]",
                                     "default, or names", nullptr}};
  expect(kCases);
}

void a_bad_m_of_n_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[model m]\nraise_after = 3 of 2\n", "a.ini:2: [model m] raise_after = 3 of 2: ", "m is above n",
       "1 <= m <= n <= 64", nullptr},
      {"[model m]\nraise_after = 0 of 2\n", "a.ini:2: [model m] raise_after = 0 of 2: ", "m is below 1",
       "1 <= m <= n <= 64", nullptr},
      {"[model m]\nraise_after = 1 of 65\n", "a.ini:2: [model m] raise_after = 1 of 65: ", "up to 64",
       "1 <= m <= n <= 64", nullptr},
      {"[model m]\nraise_after = 2/3\n", "a.ini:2: [model m] raise_after = 2/3: ", "not of the form m of n",
       "1 <= m <= n <= 64", nullptr},
  };
  expect(kCases);
}

void a_key_of_another_threshold_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[model m]\nlog_epsilon = -60\n", "a.ini:2: [model m] log_epsilon = -60: ",
       "belongs to threshold = epsilon and means nothing with threshold = budget", "with threshold = epsilon", nullptr},
      {"[model m]\nthreshold = epsilon\nlog_epsilon = -60\nfalse_alarms_per_week = 1\n",
       "a.ini:4: [model m] false_alarms_per_week = 1: ", "belongs to threshold = budget", "0.001 .. 10000", nullptr},
      {"[model m]\nthreshold = quantile\ncontamination = 0.1\n",
       "a.ini:3: [model m] contamination = 0.1: ", "belongs to threshold = contamination", "at most 0.5", nullptr},
  };
  expect(kCases);
}

void a_later_file_may_not_add_a_key_of_another_threshold(void**) {
  assert_false(load_files({"[model m]\nthreshold = budget\n", "[model m]\nlog_epsilon = -60\n"}));
  assert_true(message().starts_with("b.ini:2: [model m] log_epsilon = -60: "));
}

void a_missing_key_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[model m]\nthreshold = epsilon\n", "a.ini:2: [model m] threshold = epsilon: ", "the key log_epsilon is missing",
       "a finite number", nullptr},
      {"\n[emit udp]\n", "a.ini:2: [emit udp]: ", "the key target is missing", "ADDRESS:PORT", nullptr},
      {"[mute backup]\n", "a.ini:1: [mute backup]: ", "the key when is missing", "DAYS HH:MM-HH:MM", nullptr},
  };
  expect(kCases);
}

void a_bad_path_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\nstate = state\n", "a.ini:2: [agent] state = state: ", "not an absolute path",
       "an absolute path, or none", nullptr},
      {"[agent]\nstate = /var/lib/\n", "a.ini:2: [agent] state = /var/lib/: ", "a directory", "an absolute path",
       nullptr},
      {"[agent]\ncontrol = sock\n", "a.ini:2: [agent] control = sock: ", "not an absolute path",
       "an absolute path of at most 107 bytes, or none", nullptr},
      // 108 bytes.
      {"[agent]\ncontrol = /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
       "aaaaaaaaaaaa\n",
       "a.ini:2: [agent] control = /aaaa", "too long", "at most 107 bytes", nullptr},
  };
  expect(kCases);
}

void a_bad_host_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\nhost = web server\n", "a.ini:2: [agent] host = web server: ", "a character", "auto, or a name",
       nullptr},
      {"[agent]\nhost = h2345678901234567890123456789012345678901234567890123456789012345\n",
       "a.ini:2: [agent] host = h23456789", "longer than 64 bytes", "auto, or a name", nullptr},
  };
  expect(kCases);
}

void a_bad_syslog_target_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[emit syslog]\ntarget = loacl\n", "a.ini:2: [emit syslog] target = loacl: ", "neither local nor udp://",
       "local, or udp://ADDRESS[:PORT]", "local\"?"},
      {"[emit syslog]\ntarget = 192.0.2.1\n", "a.ini:2: [emit syslog] target = 192.0.2.1: ", "neither local nor udp://",
       "udp://ADDRESS[:PORT]", "udp://192.0.2.1\"?"},
      {"[emit syslog]\ntarget = tcp://192.0.2.1:514\n", "a.ini:2: [emit syslog] target = tcp://192.0.2.1:514: ",
       "neither local nor udp://", "udp://ADDRESS[:PORT]", nullptr},
      {"[emit syslog]\ntarget = udp://loghost\n", "a.ini:2: [emit syslog] target = udp://loghost: ",
       "not a numeric address (names are not resolved)", "numeric address", nullptr},
      {"[emit syslog]\ntarget = udp://192.0.2.1:99999\n", "a.ini:2: [emit syslog] target = udp://192.0.2.1:99999: ",
       "the port must be 1 .. 65535", "udp://ADDRESS[:PORT]", nullptr},
  };
  expect(kCases);
}

void a_bad_udp_target_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[emit udp]\ntarget = 192.0.2.1\n", "a.ini:2: [emit udp] target = 192.0.2.1: ", "a port is missing",
       "ADDRESS:PORT", nullptr},
      {"[emit udp]\ntarget = udp://192.0.2.1:9\n", "a.ini:2: [emit udp] target = udp://192.0.2.1:9: ", "no scheme",
       "ADDRESS:PORT", "192.0.2.1:9\"?"},
      {"[emit udp]\ntarget = 2001:db8::1\n", "a.ini:2: [emit udp] target = 2001:db8::1: ", "an IPv6 address in brackets",
       "ADDRESS:PORT", "[2001:db8::1]\"?"},
      {"[emit udp]\ntarget = metrics.example:9\n", "a.ini:2: [emit udp] target = metrics.example:9: ", "not a numeric",
       "numeric address", nullptr},
  };
  expect(kCases);
}

void a_bad_window_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[mute m]\nwhen = Sunday 03:00-04:00\n",
       "a.ini:2: [mute m] when = Sunday 03:00-04:00: ", "\"Sunday\" is not a day", "DAYS HH:MM-HH:MM", nullptr},
      {"[mute m]\nwhen = sun 03:00-04:00\n", "a.ini:2: [mute m] when = sun 03:00-04:00: ", "\"sun\" is not a day",
       "DAYS HH:MM-HH:MM", "Sun\"?"},
      {"[mute m]\nwhen = Sun 3:00-4:00\n", "a.ini:2: [mute m] when = Sun 3:00-4:00: ", "\"3:00-4:00\" is not a time",
       "HH:MM-HH:MM", nullptr},
      {"[mute m]\nwhen = 03:00-04:00\n", "a.ini:2: [mute m] when = 03:00-04:00: ", "a window is a day and a time",
       "DAYS HH:MM-HH:MM", nullptr},
  };
  expect(kCases);
}

void bad_damping_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[model m]\nflapping = 1\n", "a.ini:2: [model m] flapping = 1: ", "out of range", "never, or 2 .. 50", nullptr},
      {"[model m]\nflapping = often\n", "a.ini:2: [model m] flapping = often: ", "not a number", "never, or 2 .. 50",
       nullptr},
      {"[model m]\nflapping_window = 30s\n", "a.ini:2: [model m] flapping_window = 30s: ", "out of range", "1m .. 1d",
       nullptr},
      {"[model m]\ncooldown = 5s\n", "a.ini:2: [model m] cooldown = 5s: ", "out of range", "0s (none), or 10s .. 1d",
       nullptr},
      {"[emit journal]\nsocket = run/socket\n", "a.ini:2: [emit journal] socket = run/socket: ", "not an absolute path",
       "an absolute path of at most 107 bytes", nullptr},
      {"[emit journal]\ntarget = local\n", "a.ini:2: [emit journal] target = local: ", "it belongs to", "socket",
       nullptr},
  };
  expect(kCases);
}

void a_line_that_is_no_line_is_refused(void**) {
  static constexpr Case kCases[] = {
      {"[agent]\ninterval 1s\n", "a.ini:2: [agent] \"interval 1s\": ", "\"=\" is missing", nullptr, nullptr},
      {"[agent]\ninterval: 1s\n", "a.ini:2: [agent] \"interval: 1s\": ", "\"=\" is missing", nullptr, nullptr},
      {"[features]\n[agent\ninterval = 1s\n", "a.ini:2: [features] \"[agent\": ", "closing ]", nullptr, nullptr},
      {"[agent]\n  interval = 1s\n", "a.ini:2: [agent] \"interval = 1s\": ", "indented", nullptr, nullptr},
      {"[agent]\n= 1s\n", "a.ini:2: [agent] \"= 1s\": ", "a key is missing", nullptr, nullptr},
      {"[agent]\nhost = \xFF\n", "a.ini:2: ", "not UTF-8", nullptr, nullptr},
      {"[agent] ; fine\n[features] x\n", "a.ini:2: [agent] \"[features] x\": ", "text follows", nullptr, nullptr},
  };
  expect(kCases);
}

void every_mistake_of_a_file_is_told_at_once(void**) {
  assert_false(load("[agent]\ninterval = 5x\nhist = 1h\n[modle m]\n[mute m]\n"));
  assert_int_equal(message_count(), 4);
}

bool load_many_mistakes(int count) {
  std::string text = "[agent]\n";
  for (int i = 0; i < count; ++i) text += "key" + std::to_string(i) + " = 1\n";
  return load(text);
}

void a_flood_of_mistakes_is_capped_and_counted(void**) {
  assert_false(load_many_mistakes(100));
  assert_int_equal(message_count(), epsilond::agent::kMaxMessages + 1);
  assert_true(message_has("and 80 more errors", epsilond::agent::kMaxMessages));
}

bool load_sections(const char* before, int count, const char* after) {
  std::string text;
  for (int i = 0; i < count; ++i) text += before + std::to_string(i) + after;
  return load(text);
}

void models_are_limited(void**) {
  assert_true(load_sections("[model m", 16, "]\n"));
  assert_false(load_sections("[model m", 17, "]\n"));
  assert_true(message().starts_with("a.ini:17: [model m16]: too many models; allowed: at most 16"));
}

void emitters_are_limited(void**) {
  assert_true(load_sections("[emit udp u", 16, "]\ntarget = 192.0.2.1:1\n"));
  assert_false(load_sections("[emit udp u", 17, "]\ntarget = 192.0.2.1:1\n"));
}

void windows_are_limited(void**) {
  assert_true(load_sections("[mute m", 64, "]\nwhen = Sun 01:00-02:00\n"));
  assert_false(load_sections("[mute m", 65, "]\nwhen = Sun 01:00-02:00\n"));
}

void services_are_limited(void**) {
  assert_true(load_sections("[watch w", 8, "]\nmatch = comm:x\nfeatures = rss_bytes\n"));
  assert_false(load_sections("[watch w", 9, "]\nmatch = comm:x\nfeatures = rss_bytes\n"));
  assert_true(message_has("too many services; allowed: at most 8"));
}

void a_wrong_value_that_a_later_file_replaces_is_still_wrong(void**) {
  assert_false(load_files({"[agent]\ninterval = 5x\n", "[agent]\ninterval = 5s\n"}));
  assert_true(message().starts_with("a.ini:2: [agent] interval = 5x: "));
}

void history_shorter_than_an_interval_is_refused(void**) {
  static constexpr Case kCases[] = {{"[agent]\ninterval = 1h\nhistory = 1m\n", "a.ini:3: [agent] history = 1m: ",
                                     "holds no sample", "at least one interval", nullptr}};
  expect(kCases);
}

void a_short_interval_may_make_a_long_history_too_large(void**) {
  static constexpr Case kCases[] = {{"[agent]\ninterval = 100ms\nhistory = 30d\n", "a.ini:3: [agent] history = 30d: ",
                                     "history = 30d at interval = 100ms holds more than 2000000 samples",
                                     "at most 2000000 intervals", nullptr}};
  expect(kCases);
}

void a_wrong_configuration_exits_with_78(void**) {
  assert_false(load("[agnet]\n"));
  assert_int_equal(last_result().status, LoadStatus::kInvalid);
  assert_int_equal(exit_code_of(last_result().status), 78);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(an_unknown_section_is_refused),
    cmocka_unit_test(keys_of_a_refused_section_are_not_reported_again),
    cmocka_unit_test(a_section_name_is_checked),
    cmocka_unit_test(a_name_of_31_letters_is_taken),
    cmocka_unit_test(a_duplicate_is_refused),
    cmocka_unit_test(a_duplicate_inside_a_later_file_is_refused),
    cmocka_unit_test(an_unknown_key_is_refused),
    cmocka_unit_test(a_key_in_the_wrong_section_is_told_where_it_belongs),
    cmocka_unit_test(a_key_before_any_section_is_refused),
    cmocka_unit_test(a_section_does_not_reach_into_the_next_file),
    cmocka_unit_test(an_empty_value_is_refused),
    cmocka_unit_test(a_bad_duration_is_refused),
    cmocka_unit_test(a_duration_out_of_range_is_refused),
    cmocka_unit_test(a_bad_percentage_is_refused),
    cmocka_unit_test(a_bad_number_is_refused),
    cmocka_unit_test(an_unknown_word_is_refused),
    cmocka_unit_test(a_bad_match_is_refused),
    cmocka_unit_test(a_bad_list_of_features_of_a_service_is_refused),
    cmocka_unit_test(services_are_limited),
    cmocka_unit_test(a_bad_list_of_features_is_refused),
    cmocka_unit_test(a_model_without_features_is_refused),
    cmocka_unit_test(a_bad_m_of_n_is_refused),
    cmocka_unit_test(a_key_of_another_threshold_is_refused),
    cmocka_unit_test(a_later_file_may_not_add_a_key_of_another_threshold),
    cmocka_unit_test(a_missing_key_is_refused),
    cmocka_unit_test(a_bad_path_is_refused),
    cmocka_unit_test(a_bad_host_is_refused),
    cmocka_unit_test(a_bad_syslog_target_is_refused),
    cmocka_unit_test(a_bad_udp_target_is_refused),
    cmocka_unit_test(a_bad_window_is_refused),
    cmocka_unit_test(bad_damping_is_refused),
    cmocka_unit_test(a_line_that_is_no_line_is_refused),
    cmocka_unit_test(every_mistake_of_a_file_is_told_at_once),
    cmocka_unit_test(a_flood_of_mistakes_is_capped_and_counted),
    cmocka_unit_test(models_are_limited),
    cmocka_unit_test(emitters_are_limited),
    cmocka_unit_test(windows_are_limited),
    cmocka_unit_test(a_wrong_value_that_a_later_file_replaces_is_still_wrong),
    cmocka_unit_test(history_shorter_than_an_interval_is_refused),
    cmocka_unit_test(a_short_interval_may_make_a_long_history_too_large),
    cmocka_unit_test(a_wrong_configuration_exits_with_78),
};
EPSILOND_TEST_MAIN(kTests)
