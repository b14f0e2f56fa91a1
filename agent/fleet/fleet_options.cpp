#include "agent/fleet/fleet_options.h"

#include <array>
#include <string_view>

#include "agent/config/config_values.h"
#include "agent/control/arguments.h"
#include "agent/control/table_arguments.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

constexpr std::array kOptions = {
    OptionSpec{"listen"},  OptionSpec{"json", false}, OptionSpec{"once", false},
    OptionSpec{"for"},     OptionSpec{"interval"},    OptionSpec{"silent-after"},
    OptionSpec{"cluster"}, OptionSpec{"model"},       OptionSpec{.name = "from", .repeats = true},
    OptionSpec{"rate"},    OptionSpec{"buffer"},      OptionSpec{"expect"},
    OptionSpec{"rows"},    OptionSpec{"help", false},
};

struct TimeOption {
  const char* name;
  double least_s;
  double most_s;
  const char* allowed;
};
constexpr TimeOption kInterval{"interval", 0.1, 3600.0, "allowed: a time such as 10s, 100ms .. 1h"};
constexpr TimeOption kFor{"for", 0.1, 31536000.0, "allowed: a time such as 5m, 100ms .. 365d"};
constexpr TimeOption kSilentAfter{"silent-after", 0.1, 604800.0, "allowed: a time such as 2m, 100ms .. 7d"};

Result<std::optional<std::chrono::nanoseconds>> parse_time(const Arguments& arguments, const TimeOption& option) {
  const auto text = arguments.value(option.name);
  if (!text) return std::optional<std::chrono::nanoseconds>();
  double seconds = 0.0;
  if (parse_duration(*text, &seconds) || seconds < option.least_s || seconds > option.most_s)
    return bad_value(option.name, *text, option.allowed);
  return std::optional(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
}

// A whole number in [least, most]; false if it is none.
bool read_number(std::string_view text, double least, double most, double& out) {
  return !parse_integer(text, &out) && out >= least && out <= most;
}

Result<void> parse_times(const Arguments& arguments, FleetOptions& options) {
  const auto interval = parse_time(arguments, kInterval);
  if (!interval) return interval.error();
  options.interval = interval->value_or(options.interval);
  const auto run_for = parse_time(arguments, kFor);
  if (!run_for) return run_for.error();
  options.run_for = *run_for;
  const auto silent_after = parse_time(arguments, kSilentAfter);
  if (!silent_after) return silent_after.error();
  options.book.silent_after = *silent_after;
  return {};
}

Result<void> parse_numbers(const Arguments& arguments, FleetOptions& options) {
  double number = 0.0;
  if (const auto text = arguments.value("rate")) {
    if (!read_number(*text, 1, 1e9, number)) return bad_value("rate", *text, "allowed: 1 or more datagrams a second");
    options.datagrams_per_s = number;
  }
  if (const auto text = arguments.value("buffer")) {
    if (!read_number(*text, 0, 1 << 30, number)) return bad_value("buffer", *text, "allowed: bytes, 0 .. 1073741824");
    options.buffer_bytes = static_cast<int>(number);
  }
  if (const auto text = arguments.value("expect")) {
    if (!read_number(*text, 1, kFleetHosts, number)) return bad_value("expect", *text, "allowed: hosts, 1 .. 10000");
    options.expect = static_cast<std::size_t>(number);
  }
  if (const auto text = arguments.value("rows")) {
    if (!read_number(*text, 0, kFleetHosts, number)) return bad_value("rows", *text, "allowed: hosts, 0 .. 10000");
    options.rows = static_cast<std::size_t>(number);
  }
  return {};
}

template <std::size_t Capacity>
Result<void> take_name(const char* option, std::string_view text, platform::FixedString<Capacity>& out) {
  out.assign(text);
  if (text.empty() || out.size() != text.size()) return bad_value(option, text, "allowed: a name of the agents' lines");
  return {};
}

Result<void> parse_names(const Arguments& arguments, FleetOptions& options) {
  if (const auto text = arguments.value("model"))
    if (Result<void> taken = take_name("model", *text, options.book.model); !taken) return taken;
  if (const auto text = arguments.value("cluster"))
    if (Result<void> taken = take_name("cluster", *text, options.book.cluster.emplace()); !taken) return taken;
  return {};
}

Result<void> parse_addresses(const Arguments& arguments, FleetOptions& options) {
  if (const auto text = arguments.value("listen")) {
    const auto endpoint = platform::parse_listen_address(*text, kFleetPort);
    if (!endpoint) return make_error(ErrorCode::kInvalid, 0, "--listen %s", endpoint.error().context.c_str());
    options.listen = *endpoint;
  }
  for (const std::string_view text : arguments.values("from")) {
    const auto network = platform::parse_network(text);
    if (!network) return make_error(ErrorCode::kInvalid, 0, "--from %s", network.error().context.c_str());
    options.from.push_back(*network);
  }
  return {};
}

}  // namespace

Result<FleetOptions> parse_fleet_options(std::span<const char* const> words) {
  Result<Arguments> arguments = Arguments::parse(words, kOptions);
  if (!arguments) return arguments.error();
  FleetOptions options;
  options.help = arguments->has("help");
  if (options.help) return options;
  if (!arguments->operands().empty())
    return make_error(ErrorCode::kInvalid, 0, "fleet takes options only, not '%.60s'",
                      std::string(arguments->operands().front()).c_str());
  options.json = arguments->has("json");
  options.once = arguments->has("once");
  for (const auto parse : {parse_times, parse_numbers, parse_names, parse_addresses})
    if (Result<void> parsed = parse(*arguments, options); !parsed) return parsed.error();
  return options;
}

}  // namespace epsilond::agent
