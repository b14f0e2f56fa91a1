#include "agent/config/config_values.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <system_error>
#include <utility>

#include "agent/config/config_suggest.h"

namespace epsilond::agent {
namespace {

struct Unit {
  std::string_view name;
  double seconds;
};
// Longest first, so that formatting finds the shortest text.
constexpr std::array kUnits = {Unit{"w", 604800}, Unit{"d", 86400}, Unit{"h", 3600}, Unit{"m", 60}, Unit{"s", 1}};
constexpr double kMsPerSecond = 1000.0;

struct Alias {
  std::string_view written;
  std::string_view meant;
};
constexpr std::array kUnitAliases = {
    Alias{"sec", "s"},   Alias{"secs", "s"},    Alias{"second", "s"}, Alias{"seconds", "s"}, Alias{"S", "s"},
    Alias{"min", "m"},   Alias{"mins", "m"},    Alias{"minute", "m"}, Alias{"minutes", "m"}, Alias{"M", "m"},
    Alias{"hr", "h"},    Alias{"hrs", "h"},     Alias{"hour", "h"},   Alias{"hours", "h"},   Alias{"H", "h"},
    Alias{"day", "d"},   Alias{"days", "d"},    Alias{"D", "d"},      Alias{"week", "w"},    Alias{"weeks", "w"},
    Alias{"msec", "ms"}, Alias{"millis", "ms"}, Alias{"MS", "ms"},
};

Problem problem(std::string what, std::string suggestion = {}) {
  return ValueProblem{std::move(what), std::move(suggestion)};
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

// The number at the start of `text`; the rest is left in `rest`.
Problem leading_number(std::string_view text, double* number, std::string_view* rest) {
  const std::string_view unsigned_text = text.substr(text.starts_with('-') ? 1 : 0);
  if (unsigned_text.starts_with("inf") || unsigned_text.starts_with("nan")) return problem("not a finite number");
  // Not std::from_chars: its tables for floating point would be a hundredth of the agent. Only what a decimal number is
  // made of reaches strtod, which would also take hexadecimal and blanks; the locale is never set.
  const std::string digits(text.substr(0, std::min(text.find_first_not_of("0123456789.-+eE"), text.size())));
  char* stop = nullptr;
  errno = 0;
  const double value = digits.starts_with('+') ? 0.0 : std::strtod(digits.c_str(), &stop);
  if (stop == nullptr || stop == digits.c_str()) return problem("not a number");
  if (errno == ERANGE && std::fabs(value) > 1.0) return problem("the number does not fit");
  *number = value + 0.0;  // -0 becomes 0
  *rest = text.substr(static_cast<std::size_t>(stop - digits.c_str()));
  return std::nullopt;
}

std::optional<double> in_seconds(double number, std::string_view unit) {
  if (unit == "ms") return number / kMsPerSecond;
  for (const Unit& known : kUnits)
    if (known.name == unit) return number * known.seconds;
  return std::nullopt;
}

std::string shortest(double value) {
  // Not std::to_chars: its tables for floating point would be a tenth of the agent. 17 digits always read back exactly.
  std::array<char, 32> buffer;
  for (int digits = 6; digits <= 17; ++digits) {
    std::snprintf(buffer.data(), buffer.size(), "%.*g", digits, value);
    if (std::strtod(buffer.data(), nullptr) == value) break;
  }
  return std::string(buffer.data());
}

bool is_whole(double value) { return value == std::trunc(value) && std::fabs(value) < 1e15; }

// All digits and nothing else, so "+2", "-0" and "0x2" are refused.
bool parse_unsigned(std::string_view text, unsigned limit, unsigned* value) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  unsigned parsed = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || stop != text.data() + text.size() || parsed > limit) return false;
  *value = parsed;
  return true;
}

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view kDaily = "daily";
constexpr int kMinutesPerDay = 24 * 60;

std::optional<std::size_t> find_day(std::string_view name) {
  for (std::size_t i = 0; i < kDays.size(); ++i)
    if (kDays[i] == name) return i;
  return std::nullopt;
}

// "Mon", "Mon-Fri" (may run over the end of the week) or "daily".
Problem parse_days(std::string_view text, std::bitset<7>* days) {
  if (text == kDaily) {
    days->set();
    return std::nullopt;
  }
  const std::size_t dash = text.find('-');
  const std::string_view names[] = {text.substr(0, dash),
                                    dash == std::string_view::npos ? text : text.substr(dash + 1)};
  std::size_t ends[2] = {};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::optional<std::size_t> day = find_day(names[i]);
    if (!day) {
      std::vector<std::string_view> words(kDays.begin(), kDays.end());
      words.push_back(kDaily);
      return problem(quoted(names[i]) + " is not a day", std::string(closest(names[i], words)));
    }
    ends[i] = *day;
  }
  for (std::size_t day = ends[0];; day = (day + 1) % kDays.size()) {
    days->set(day);
    if (day == ends[1]) return std::nullopt;
  }
}

// "HH:MM"; 24:00 only where `is_end`.
bool parse_time(std::string_view text, bool is_end, int* minute) {
  unsigned hours = 0;
  unsigned minutes = 0;
  if (text.size() != 5 || text[2] != ':') return false;
  if (!parse_unsigned(text.substr(0, 2), 24, &hours) || !parse_unsigned(text.substr(3), 59, &minutes)) return false;
  if (hours == 24 && (!is_end || minutes != 0)) return false;
  *minute = static_cast<int>(hours * 60 + minutes) % kMinutesPerDay;
  return true;
}

// What stands between two commas: days, or days and the time that ends the window.
Problem parse_window_part(std::string_view text, bool last, MuteConfig* window, bool* ended) {
  const std::vector<std::string_view> words = split_words(text);
  *ended = words.back().find(':') != std::string_view::npos;
  if (*ended ? words.size() < 2 : last) return problem("a window is a day and a time, " + quoted(text) + " is not");
  for (std::size_t i = 0; i + (*ended ? 1 : 0) < words.size(); ++i) {
    std::bitset<7> days;
    if (const Problem wrong = parse_days(words[i], &days)) return wrong;
    if ((window->days & days).any()) return problem(quoted(words[i]) + " names a day twice");
    window->days |= days;
  }
  if (!*ended) return std::nullopt;
  const std::string_view times = words.back();
  const std::size_t dash = times.find('-');
  if (dash == std::string_view::npos || !parse_time(times.substr(0, dash), false, &window->start_minute) ||
      !parse_time(times.substr(dash + 1), true, &window->end_minute))
    return problem(quoted(times) + " is not a time of day from HH:MM to HH:MM");
  return std::nullopt;
}

std::string two_digits(int value) { return std::string(value < 10 ? "0" : "") + std::to_string(value); }

std::string format_time(int minute) { return two_digits(minute / 60) + ":" + two_digits(minute % 60); }

// Runs of days as ranges; the run that goes over the end of the week is one range.
std::string format_days(const std::bitset<7>& days) {
  if (days.all()) return std::string(kDaily);
  std::string text;
  for (std::size_t first = 0; first < kDays.size(); ++first) {
    const bool begins = days[first] && !days[(first + kDays.size() - 1) % kDays.size()];
    if (!begins) continue;
    std::size_t last = first;
    while (days[(last + 1) % kDays.size()]) last = (last + 1) % kDays.size();
    if (!text.empty()) text += ' ';
    text += kDays[first];
    if (last != first) text += '-' + std::string(kDays[last]);
  }
  return text;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::string_view part = trim(text.substr(at, comma - at));
    if (part.empty()) words.push_back(part);
    while (!part.empty()) {
      const std::size_t length = std::min(part.find_first_of(" \t"), part.size());
      words.push_back(part.substr(0, length));
      part = trim(part.substr(length));
    }
    at = comma + 1;
  }
  return words;
}

Problem parse_duration(std::string_view text, double* seconds) {
  double number = 0.0;
  std::string_view unit;
  if (const Problem wrong = leading_number(text, &number, &unit)) return wrong;
  const std::string digits(text.substr(0, text.size() - unit.size()));
  if (unit.empty()) return problem("the unit is missing", digits + "s");
  std::string_view meant = trim(unit);
  for (const Alias& alias : kUnitAliases)
    if (alias.written == meant) meant = alias.meant;
  const std::optional<double> value = in_seconds(number, unit);
  if (!value && in_seconds(number, meant)) {
    const bool blank = meant == trim(unit);
    return problem(blank ? "no blank may stand between number and unit" : "bad unit " + quoted(trim(unit)),
                   digits + std::string(meant));
  }
  if (!value) return problem("bad unit " + quoted(trim(unit)));
  if (!std::isfinite(*value)) return problem("the number does not fit");
  *seconds = *value;
  return std::nullopt;
}

std::string format_duration(double seconds) {
  for (const Unit& unit : kUnits) {
    const double count = seconds / unit.seconds;
    if (unit.name != "w" && count != 0.0 && is_whole(count) && count * unit.seconds == seconds)
      return shortest(count) + std::string(unit.name);
  }
  const double milliseconds = seconds * kMsPerSecond;
  if (seconds != 0.0 && is_whole(milliseconds) && milliseconds / kMsPerSecond == seconds)
    return shortest(milliseconds) + "ms";
  return shortest(seconds) + "s";
}

Problem parse_percent(std::string_view text, double* ratio) {
  double number = 0.0;
  std::string_view rest;
  if (const Problem wrong = leading_number(text, &number, &rest)) return wrong;
  if (rest.empty()) return problem("the percent sign is missing", std::string(text) + "%");
  if (rest != "%") return problem(quoted(trim(rest)) + " follows the number");
  *ratio = number / 100.0;
  return std::nullopt;
}

std::string format_percent(double ratio) {
  // Several neighbours of the product may divide back exactly; the one a person wrote has the shortest text.
  double candidate = ratio * 100.0;
  for (int i = 0; i < 2; ++i) candidate = std::nextafter(candidate, 0.0);
  std::string best;
  for (int i = 0; i < 5; ++i, candidate = std::nextafter(candidate, HUGE_VAL)) {
    if (candidate / 100.0 != ratio) continue;
    const std::string text = shortest(candidate);
    if (best.empty() || text.size() < best.size()) best = text;
  }
  return (best.empty() ? shortest(ratio * 100.0) : best) + "%";
}

Problem parse_number(std::string_view text, double* number) {
  double value = 0.0;
  std::string_view rest;
  if (const Problem wrong = leading_number(text, &value, &rest)) return wrong;
  if (!rest.empty()) return problem(quoted(trim(rest)) + " follows the number");
  *number = value;
  return std::nullopt;
}

std::string format_number(double number) { return shortest(number); }

Problem parse_integer(std::string_view text, double* number) {
  double value = 0.0;
  if (const Problem wrong = parse_number(text, &value)) return wrong;
  if (text.find_first_not_of("-0123456789") != std::string_view::npos) return problem("not a whole number");
  *number = value;
  return std::nullopt;
}

Problem parse_m_of_n(std::string_view text, unsigned* m, unsigned* n) {
  constexpr unsigned kMost = 64;
  if (text.find(',') != std::string_view::npos) return problem("not of the form m of n");
  const std::vector<std::string_view> words = split_words(text);
  if (words.size() != 3 || words[1] != "of") return problem("not of the form m of n");
  unsigned parsed_m = 0;
  unsigned parsed_n = 0;
  if (!parse_unsigned(words[0], kMost, &parsed_m) || !parse_unsigned(words[2], kMost, &parsed_n))
    return problem("m and n are not both whole numbers up to 64");
  if (parsed_m < 1) return problem("m is below 1");
  if (parsed_m > parsed_n) return problem("m is above n");
  *m = parsed_m;
  *n = parsed_n;
  return std::nullopt;
}

Problem parse_target(std::string_view text, std::uint16_t default_port, platform::Endpoint* endpoint) {
  const platform::Result<platform::Endpoint> parsed = platform::parse_endpoint(text, default_port);
  if (parsed) {
    *endpoint = *parsed;
    return std::nullopt;
  }
  // An IPv6 address without its brackets is worth a guess.
  std::string bracketed = "[" + std::string(text) + "]";
  const bool meant = !text.starts_with('[') && platform::parse_endpoint(bracketed, 1);
  return problem(std::string(parsed.error().context.view()), meant ? std::move(bracketed) : std::string());
}

Problem parse_windows(std::string_view text, std::vector<MuteConfig>* windows) {
  std::vector<MuteConfig> parsed;
  MuteConfig window;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view part = trim(text.substr(at, comma - at));
    if (part.empty()) return problem("a window is missing beside a comma");
    bool ended = false;
    if (Problem wrong = parse_window_part(part, comma == text.size(), &window, &ended)) return wrong;
    if (ended) parsed.push_back(std::exchange(window, {}));
    at = comma + 1;
  }
  if (parsed.size() > kMaxMuteWindows) return problem("more than 64 windows");
  *windows = std::move(parsed);
  return std::nullopt;
}

std::string format_windows(const std::vector<MuteConfig>& windows) {
  std::string text;
  for (const MuteConfig& window : windows) {
    if (!text.empty()) text += ", ";
    text += format_days(window.days) + ' ' + format_time(window.start_minute) + '-' +
            (window.end_minute == 0 ? "24:00" : format_time(window.end_minute));
  }
  return text;
}

}  // namespace epsilond::agent
