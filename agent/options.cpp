#include "agent/options.h"

#include <getopt.h>

#include <charconv>
#include <cstring>
#include <string_view>

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

enum LongOnly : int { kOnce = 256, kRoot, kState, kTicks, kLive, kVersion };

constexpr option kLongOptions[] = {
    {"config", required_argument, nullptr, 'c'},  {"check-config", no_argument, nullptr, 't'},
    {"print-config", no_argument, nullptr, 'T'},  {"once", no_argument, nullptr, kOnce},
    {"root", required_argument, nullptr, kRoot},  {"state", required_argument, nullptr, kState},
    {"ticks", required_argument, nullptr, kTicks}, {"live", no_argument, nullptr, kLive},
    {"version", no_argument, nullptr, kVersion},  {"help", no_argument, nullptr, 'h'},
    {nullptr, 0, nullptr, 0},
};

Result<std::uint64_t> parse_ticks(std::string_view text) {
  std::uint64_t ticks = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ticks);
  if (error != std::errc() || end != text.data() + text.size() || ticks == 0)
    return make_error(ErrorCode::kInvalid, 0, "--ticks %.40s: not a count; allowed: a whole number from 1",
                      std::string(text).c_str());
  return ticks;
}

Result<void> take_mode(Mode mode, Options& options) {
  if (options.mode != Mode::kRun && options.mode != mode)
    return make_error(ErrorCode::kInvalid, 0, "only one of --check-config, --print-config, --once, --version, --help");
  options.mode = mode;
  return {};
}

Result<void> take_option(int code, const char* value, const char* word, Options& options) {
  switch (code) {
    case 'c':
      options.config_path = value;
      return {};
    case 't':
      return take_mode(Mode::kCheckConfig, options);
    case 'T':
      return take_mode(Mode::kPrintConfig, options);
    case kOnce:
      return take_mode(Mode::kOnce, options);
    case kVersion:
      return take_mode(Mode::kVersion, options);
    case 'h':
      return take_mode(Mode::kHelp, options);
    case kRoot:
      options.root = value;
      if (options.root.empty()) return make_error(ErrorCode::kInvalid, 0, "--root: empty; allowed: a directory");
      return {};
    case kState:
      if (*value == '\0') return make_error(ErrorCode::kInvalid, 0, "--state: empty; allowed: a file, or none");
      options.state_path = std::strcmp(value, "none") == 0 ? "" : value;
      return {};
    case kLive:
      options.live = true;
      return {};
    case kTicks: {
      const Result<std::uint64_t> ticks = parse_ticks(value);
      if (!ticks) return ticks.error();
      options.ticks = *ticks;
      return {};
    }
    case ':':
      return make_error(ErrorCode::kInvalid, 0, "%.60s needs a value", word);
    default:
      return make_error(ErrorCode::kInvalid, 0, "unknown option %.60s", word);
  }
}

}  // namespace

Result<Options> parse_options(int argc, char** argv) {
  Options options;
  optind = 0;  // start over, also when called more than once
  while (true) {
    const int word = optind < 1 ? 1 : optind;
    const int code = getopt_long(argc, argv, "+:c:tTh", kLongOptions, nullptr);
    if (code == -1) break;
    const char short_word[] = {'-', static_cast<char>(optopt), '\0'};
    const bool is_long = word < argc && std::strncmp(argv[word], "--", 2) == 0;
    const Result<void> taken = take_option(code, optarg, is_long ? argv[word] : short_word, options);
    if (!taken) return taken.error();
  }
  if (optind < argc)
    return make_error(ErrorCode::kInvalid, 0, "unexpected argument %.60s; epsilond takes options only", argv[optind]);
  return options;
}

const char* usage_text() {
  return "usage: epsilond [-c FILE] [-t | -T | --once] [--root DIR] [--state FILE|none] [--ticks N] [--live]\n"
         "Tells you that this machine has begun to act weird: what is odd, how odd, and since when.\n"
         "\n"
         "  -c, --config FILE    configuration; then conf.d/*.ini beside it (default /etc/epsilond/epsilond.ini, if there)\n"
         "  -t, --check-config   check the configuration and exit: 0 fine, 78 not\n"
         "  -T, --print-config   print the configuration in force, where each value came from, and the memory it takes\n"
         "      --once           take two samples one interval apart, print each feature as `name value unit`, exit\n"
         "      --root DIR       read DIR/proc and DIR/sys instead of /proc and /sys\n"
         "      --state FILE     where to keep what was learned; `none` keeps nothing\n"
         "      --ticks N        stop after N samples\n"
         "      --live           print a readable line per sample to standard output\n"
         "      --version        print the version and exit\n"
         "  -h, --help           print this and exit\n"
         "\n"
         "Runs in the foreground. With no emitter configured, flags go to standard output as JSON lines.\n"
         "TERM, INT: save the state and exit. HUP: reload the configuration. USR1: save the state now.\n"
         "Exit codes: 0 fine, 64 usage, 66 no such file, 69 unavailable, 70 internal, 74 I/O, 77 permission, 78 configuration.\n"
         "See epsilond(8) and epsilond.ini(5).\n";
}

}  // namespace epsilond::agent
