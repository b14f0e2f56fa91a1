#include <algorithm>
#include <array>
#include <cmath>

#include "platform/emit/escape.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/number_text.h"
#include "platform/host/clock.h"

namespace epsilond::platform {
namespace {

constexpr std::string_view kAppName = "epsilond";
constexpr std::string_view kSdId = "epsilond@32473";  // 32473: the enterprise number for documentation, RFC 5612
constexpr std::size_t kMaxHostWord = 255;             // RFC 5424 section 6
constexpr int kMaxFacility = 23;
constexpr int kSeverities = 8;

void put_parameter(TextWriter& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.put(' ');
  out.put(name);
  out.put("=\"");
  put_escaped(out, value, Escape::kSdValue);
  out.put('"');
}

// A number that is not finite has no parameter.
void put_parameter(TextWriter& out, std::string_view name, double value) {
  if (!std::isfinite(value)) return;
  std::array<char, kMaxNumberText> digits;
  TextWriter text(digits);
  put_number(text, value);
  put_parameter(out, name, text.view());
}

void put_priority(TextWriter& out, const Flag& flag, const SyslogHeader& header) {
  out.put('<');
  put_integer(out, header.facility * kSeverities + severity_of(flag));
  out.put('>');
}

using PutGroup = void (*)(TextWriter&, const Flag&);

const FlagFeature* feature_at(const Flag& flag, std::size_t rank) {
  return rank < std::min(flag.feature_count, flag.features.size()) ? &flag.features[rank] : nullptr;
}

void put_feature_and_z(TextWriter& out, const Flag& flag, std::size_t rank, std::string_view name,
                       std::string_view z_name) {
  const FlagFeature* feature = feature_at(flag, rank);
  if (feature == nullptr) return;
  put_parameter(out, name, feature->name);
  put_parameter(out, z_name, feature->z);
}

void put_top_feature(TextWriter& out, const Flag& flag) { put_feature_and_z(out, flag, 0, "feature", "z"); }
void put_second_feature(TextWriter& out, const Flag& flag) { put_feature_and_z(out, flag, 1, "feature2", "z2"); }
void put_third_feature(TextWriter& out, const Flag& flag) { put_feature_and_z(out, flag, 2, "feature3", "z3"); }

void put_top_moments(TextWriter& out, const Flag& flag) {
  const FlagFeature* feature = feature_at(flag, 0);
  if (feature == nullptr) return;
  put_parameter(out, "value", feature->value);
  put_parameter(out, "mean", feature->mean);
  put_parameter(out, "sd", feature->sd);
  put_parameter(out, "share", feature->share);
}

void put_top_process(TextWriter& out, const Flag& flag) {
  if (flag.process_count == 0) return;
  const FlagProcess& process = flag.processes[0];
  std::array<char, 128> text;  // 16 bytes of name, three each at worst, and a pid
  TextWriter name(text);
  name.put(process.comm);
  name.put('[');
  put_integer(name, process.pid);
  name.put(']');
  put_parameter(out, "process", name.view());
  put_parameter(out, "what", process.what);
  put_parameter(out, "delta", process.delta);
}

void put_unit(TextWriter& out, const Flag& flag) {
  if (flag.process_count > 0) put_parameter(out, "unit", flag.processes[0].unit);
}

void put_event(TextWriter& out, const Flag& flag) { put_parameter(out, "event", event_name(flag.event)); }
void put_id(TextWriter& out, const Flag& flag) { put_parameter(out, "id", flag.id); }
void put_model(TextWriter& out, const Flag& flag) { put_parameter(out, "model", flag.model); }
void put_surprise(TextWriter& out, const Flag& flag) {
  if (has_numbers(flag.event)) put_parameter(out, "surprise", flag.surprise);
}
void put_log_super_epsilon(TextWriter& out, const Flag& flag) {
  if (has_numbers(flag.event)) put_parameter(out, "logSuperEpsilon", flag.log_super_epsilon);
}
void put_threshold(TextWriter& out, const Flag& flag) {
  if (has_numbers(flag.event)) put_parameter(out, "threshold", flag.threshold);
}
void put_duration(TextWriter& out, const Flag& flag) {
  if (has_numbers(flag.event)) put_parameter(out, "duration", flag.duration_s);
}

// In the order they are written; what has to leave leaves from the end.
constexpr std::array<PutGroup, 13> kGroups = {
    put_event,       put_id,       put_model,       put_surprise,    put_log_super_epsilon, put_threshold,
    put_top_feature, put_duration, put_top_process, put_unit,        put_top_moments,       put_second_feature,
    put_third_feature,
};
constexpr std::size_t kKeptGroups = 7;  // up to feature and z: these outlive the text

// Everything up to the end of the structured data.
void put_rfc5424_head(TextWriter& out, const Flag& flag, const SyslogHeader& header, std::size_t groups, bool host) {
  out.rewind(0);
  put_priority(out, flag, header);
  out.put("1 ");
  put_utc_time(out, flag.wall);
  out.put(' ');
  put_header_word(out, host ? flag.host.view() : std::string_view(), kMaxHostWord);
  out.put(' ');
  out.put(kAppName);
  out.put(' ');
  put_integer(out, header.pid);
  out.put(' ');
  out.put(event_msgid(flag.event));
  out.put(" [");
  out.put(kSdId);
  for (std::size_t i = 0; i < groups; ++i) kGroups[i](out, flag);
  out.put("][meta");
  std::array<char, kMaxNumberText> digits;
  TextWriter sequence(digits);
  put_integer(sequence, header.sequence_id);
  put_parameter(out, "sequenceId", sequence.view());
  out.put(']');
}

// Writes " TEXT" after the head, cut to what is left. Returns true if the text went in whole.
bool put_message(TextWriter& out, std::string_view text) {
  if (text.empty()) return true;
  const std::size_t head = out.size();
  if (out.room() < 2) return false;
  out.put(' ');
  const bool whole = put_escaped_cut(out, text, Escape::kMessage, out.room());
  if (out.size() == head + 1) out.rewind(head);  // no dangling space
  return whole;
}

Result<void> check_facility(const SyslogHeader& header) {
  if (header.facility >= 0 && header.facility <= kMaxFacility) return {};
  return make_error(ErrorCode::kInvalid, 0, "syslog: facility %d is not in 0 .. %d", header.facility, kMaxFacility);
}

Error too_large(std::size_t limit) {
  return make_error(ErrorCode::kTooLarge, 0, "flag: does not fit a syslog datagram of %zu bytes", limit);
}

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// "Nov  5 04:03:02", as RFC 3164 writes it.
void put_local_time(TextWriter& out, std::chrono::nanoseconds wall, std::chrono::seconds utc_offset) {
  namespace chrono = std::chrono;
  const auto time = chrono::sys_seconds(floor_to<chrono::seconds>(wall) + utc_offset);
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  out.put(kMonths[static_cast<unsigned>(date.month()) - 1]);
  out.put(' ');
  put_padded(out, static_cast<unsigned>(date.day()), 2, ' ');
  out.put(' ');
  put_padded(out, clock.hours().count(), 2, '0');
  out.put(':');
  put_padded(out, clock.minutes().count(), 2, '0');
  out.put(':');
  put_padded(out, clock.seconds().count(), 2, '0');
}

void put_word(TextWriter& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.put(name);
  put_header_word(out, value, value.size());
}

}  // namespace

Result<std::size_t> render_flag_rfc5424(const Flag& flag, const SyslogHeader& header, std::span<char> out) {
  if (Result<void> checked = check_facility(header); !checked) return checked.error();
  TextWriter writer(out);
  for (std::size_t groups = kGroups.size(); groups > kKeptGroups; --groups) {
    put_rfc5424_head(writer, flag, header, groups, true);
    if (!writer.overflowed() && put_message(writer, flag.text)) return writer.size();
  }
  for (const bool host : {true, false}) {
    for (std::size_t groups = host ? kKeptGroups : 1; groups > 0; --groups) {
      put_rfc5424_head(writer, flag, header, groups, host);
      if (writer.overflowed()) continue;
      put_message(writer, flag.text);
      return writer.size();
    }
  }
  return too_large(out.size());
}

Result<std::size_t> render_flag_local_syslog(const Flag& flag, const SyslogHeader& header,
                                             std::chrono::seconds utc_offset, std::span<char> out) {
  if (Result<void> checked = check_facility(header); !checked) return checked.error();
  TextWriter writer(out);
  put_priority(writer, flag, header);
  put_local_time(writer, flag.wall, utc_offset);
  writer.put(' ');
  writer.put(kAppName);
  writer.put('[');
  put_integer(writer, header.pid);
  writer.put("]: ");
  writer.put(event_msgid(flag.event));
  if (has_numbers(flag.event) && std::isfinite(flag.surprise)) {
    writer.put(" surprise=");
    put_number(writer, flag.surprise);
  }
  put_word(writer, " id=", flag.id);
  put_word(writer, " model=", flag.model);
  if (writer.overflowed()) return too_large(out.size());
  put_message(writer, flag.text);
  return writer.size();
}

}  // namespace epsilond::platform
