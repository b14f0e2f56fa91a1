// Any reading under any names, in every line format: whole lines with no more parts than their format has, whatever the
// names are made of; and an influx line is read back as what was sent.
//
// The input: wall clock, sequence, the numbers in their order, then the names behind their lengths.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "platform/collect/influx_line.h"
#include "platform/emit/reading.h"
#include "tests/support/fuzz_source.h"

using namespace epsilond::platform;
using epsilond::tests::FuzzSource;
using epsilond::tests::require_promise;

namespace {

constexpr std::size_t kSmallestDatagram = 480;
constexpr std::string_view kEscapedByInflux = ", =";

struct Told {
  std::string host, model, cluster, role, top_feature;
  ReadingMoment moment;
  Reading reading;

  ReadingTags tags() const { return {host, cluster, role}; }
};

// What a reading of the agent keeps to.
double within(double value, double low, double high) {
  return value >= low && value <= high ? value : Reading::kUnknown;
}

Told make_told(FuzzSource& source) {
  constexpr auto kLatest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  Told told;
  std::uint64_t wall = 0;
  source.number(wall);
  told.moment.wall = std::chrono::nanoseconds(static_cast<std::int64_t>(std::max<std::uint64_t>(wall & kLatest, 1)));
  source.number(told.moment.sequence);
  told.moment.sequence &= kLatest;
  Reading& reading = told.reading;
  for (const ReadingField& field : reading_fields()) {
    source.number(reading.*field.value);
    reading.*field.value = within(reading.*field.value, -kLargestTold, kLargestTold);
  }
  reading.log_super_epsilon_variance = within(reading.log_super_epsilon_variance, 0.0, kLargestTold);
  reading.learning_ratio = within(reading.learning_ratio, 0.0, 1.0);
  if (!std::isnan(reading.anomalous)) reading.anomalous = reading.anomalous > 0.0 ? 1.0 : 0.0;
  told.host = source.text(64);
  told.model = source.text(31);
  told.cluster = source.text(kMostTagBytes);
  told.role = source.text(kMostTagBytes);
  told.top_feature = source.text(56);
  return told;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789+-.e") == std::string_view::npos;
}

// "epsilond.HOST.MODEL.FIELD".
bool is_path(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return text.starts_with("epsilond.") && text.find_first_not_of(kAllowed) == std::string_view::npos &&
         std::count(text.begin(), text.end(), '.') == 3;
}

std::string_view take_until(std::string_view& rest, char end) {
  const std::string_view part = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

// A name as influx gets it, before its escapes: those of a name that is too long with them are none.
std::string as_sent(std::string text, std::size_t most) {
  const auto escaped = [](char c) { return kEscapedByInflux.find(c) != std::string_view::npos; };
  const auto escapes = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), escaped));
  if (text.size() + escapes > most) std::replace_if(text.begin(), text.end(), escaped, '_');
  std::replace_if(
      text.begin(), text.end(),
      [](char c) {
        const auto code = static_cast<unsigned char>(c);
        return code < 0x20 || code > 0x7E || c == '\\' || c == '"';
      },
      '_');
  return text;
}

bool same_number(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::fabs(a - b) <= 1e-9 * std::fabs(b);
}

void check_influx(std::string_view line, const Told& told) {
  HostReport report;
  require_promise(line.find('\n') == std::string_view::npos && read_influx_line(line, report) == ReadFate::kRead);
  require_promise(report.host.view() == (told.host.empty() ? "_" : as_sent(told.host, kMostHostBytes)));
  require_promise(report.model.view() == (told.model.empty() ? "_" : as_sent(told.model, kMostTagBytes)));
  require_promise(report.cluster.view() == as_sent(told.cluster, kMostTagBytes));
  require_promise(report.role.view() == as_sent(told.role, kMostTagBytes));
  const Reading& reading = told.reading;
  require_promise(same_number(report.log_super_epsilon, reading.log_super_epsilon));
  require_promise(same_number(report.expected, reading.log_super_epsilon_expected));
  require_promise(same_number(report.variance, reading.log_super_epsilon_variance));
  require_promise(same_number(report.surprise, reading.surprise));
  require_promise(same_number(report.threshold, reading.surprise_threshold));
  require_promise(same_number(report.learning_ratio, reading.learning_ratio));
  require_promise(report.anomalous.has_value() == !std::isnan(reading.anomalous));
  require_promise(report.sequence == told.moment.sequence && report.time_ns == told.moment.wall.count());
}

void check_graphite(std::string_view line) {
  const std::string_view tagged = take_until(line, ' ');
  const std::string_view value = take_until(line, ' ');
  std::string_view tags = tagged;
  require_promise(is_path(take_until(tags, ';')) && is_number(value) && is_number(line));
  while (!tags.empty()) {
    const std::string_view tag = take_until(tags, ';');
    require_promise(tag.starts_with("cluster=") || tag.starts_with("role="));
  }
}

void check_statsd(std::string_view line) {
  const std::string_view path = take_until(line, ':');
  const std::string_view value = take_until(line, '|');
  require_promise(is_path(path) && is_number(value) && line == "g");
}

void check_part(LineFormat format, const Told& told, std::size_t part) {
  std::array<char, kSmallestDatagram> buffer;
  TextWriter out(buffer);
  put_reading(out, format, told.tags(), told.moment, told.reading, part);
  require_promise(!out.overflowed());
  std::string_view text = out.view();
  require_promise(text.empty() || text.back() == '\n');
  std::size_t lines = 0;
  for (; !text.empty(); ++lines) {
    const std::string_view line = take_until(text, '\n');
    switch (format) {
      case LineFormat::kInflux:
        check_influx(line, told);
        break;
      case LineFormat::kGraphite:
        check_graphite(line);
        break;
      case LineFormat::kStatsd:
        check_statsd(line);
        break;
    }
  }
  require_promise(lines <= (format == LineFormat::kStatsd ? 2U : 1U));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzSource source(data, size);
  Told told = make_told(source);
  told.reading.model = told.model;
  told.reading.top_feature = told.top_feature;
  for (const LineFormat format : {LineFormat::kInflux, LineFormat::kStatsd, LineFormat::kGraphite})
    for (std::size_t part = 0; part < reading_parts(format); ++part) check_part(format, told, part);
  return 0;
}
