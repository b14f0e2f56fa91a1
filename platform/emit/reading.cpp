#include "platform/emit/reading.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "platform/emit/number_text.h"

namespace epsilond::platform {
namespace {

constexpr std::array kFields = {
    ReadingField{"log_super_epsilon", "Natural logarithm of the joint density of all features now.",
                 &Reading::log_super_epsilon, false},
    ReadingField{"log_super_epsilon_expected", "Mean of log_super_epsilon over the samples that were learned.",
                 &Reading::log_super_epsilon_expected, false},
    ReadingField{"log_super_epsilon_variance", "Variance of log_super_epsilon over the samples that were learned.",
                 &Reading::log_super_epsilon_variance, false},
    ReadingField{"surprise", "Decimal logarithm, negated, of how probable so strange a sample is on a healthy machine.",
                 &Reading::surprise, false},
    ReadingField{"surprise_threshold", "Surprise from which a sample is strange.", &Reading::surprise_threshold, false},
    ReadingField{"anomalous", "1 while an episode is open, else 0.", &Reading::anomalous, true},
    ReadingField{"learning_ratio", "Part of the warm-up that is done; 1 from then on.", &Reading::learning_ratio,
                 false},
};

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_escaped_by_influx(char c) { return c == ',' || c == '=' || c == ' '; }

// With escapes where it is at most `most` bytes long with them, which its characters alone decide: a name is the same
// in each line.
void put_influx_word(TextWriter& out, std::string_view text, std::size_t most) {
  const auto escapes = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_escaped_by_influx));
  const bool fits = text.size() + escapes <= most;
  for (const char c : text) {
    const bool escaped = is_escaped_by_influx(c);
    if (escaped && fits) out.put('\\');
    out.put(c < ' ' || c > '~' || c == '\\' || c == '"' || (escaped && !fits) ? '_' : c);
  }
}

// Of a path of graphite, whose parts dots divide, or the value of a tag, which may have dots.
void put_path_word(TextWriter& out, std::string_view text, bool dots) {
  for (const char c : text) out.put(is_letter_or_digit(c) || c == '_' || c == '-' || (dots && c == '.') ? c : '_');
}

// No line does without a host and a model.
std::string_view named(std::string_view name) { return name.empty() ? "_" : name; }

void put_tag(TextWriter& out, LineFormat format, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out.put(key);
  if (format == LineFormat::kInflux)
    put_influx_word(out, value, kMostTagBytes);
  else
    put_path_word(out, value, true);
}

// With, or without, the top feature.
void put_influx_line(TextWriter& out, const ReadingTags& tags, const ReadingMoment& moment, const Reading& reading,
                     bool with_top) {
  out.put("epsilond,host=");
  put_influx_word(out, named(tags.host), kMostHostBytes);
  put_tag(out, LineFormat::kInflux, ",model=", named(reading.model));
  put_tag(out, LineFormat::kInflux, ",cluster=", tags.cluster);
  put_tag(out, LineFormat::kInflux, ",role=", tags.role);
  char before = ' ';
  for (const ReadingField& field : kFields) {
    const double value = reading.*field.value;
    if (!std::isfinite(value)) continue;
    out.put(before);
    out.put(field.name);
    out.put('=');
    put_number(out, value, kReadingDigits);
    if (field.whole) out.put('i');
    before = ',';
  }
  if (with_top && !reading.top_feature.empty()) {
    out.put(before);
    out.put("top_feature=\"");
    put_path_word(out, reading.top_feature, true);
    out.put('"');
    before = ',';
  }
  out.put(before);
  out.put("sequence=");
  put_integer(out, static_cast<std::int64_t>(moment.sequence));
  out.put("i ");
  put_integer(out, moment.wall.count());
  out.put('\n');
}

void put_influx(TextWriter& out, const ReadingTags& tags, const ReadingMoment& moment, const Reading& reading) {
  const std::size_t start = out.size();
  put_influx_line(out, tags, moment, reading, true);
  // A buffer that has other lines in it may only be full: the caller tries again with an empty one.
  if (!out.overflowed() || start > 0) return;
  out.rewind(start);
  put_influx_line(out, tags, moment, reading, false);
}

void put_path(TextWriter& out, const ReadingTags& tags, const Reading& reading, std::string_view name) {
  out.put("epsilond.");
  put_path_word(out, named(tags.host), false);
  out.put('.');
  put_path_word(out, named(reading.model), false);
  out.put('.');
  out.put(name);
}

void put_gauge(TextWriter& out, const ReadingTags& tags, const Reading& reading, std::string_view name, double value) {
  put_path(out, tags, reading, name);
  out.put(':');
  put_number(out, value, kReadingDigits);
  out.put("|g\n");
}

void put_graphite(TextWriter& out, const ReadingTags& tags, const ReadingMoment& moment, const Reading& reading,
                  const ReadingField& field) {
  put_path(out, tags, reading, field.name);
  put_tag(out, LineFormat::kGraphite, ";cluster=", tags.cluster);
  put_tag(out, LineFormat::kGraphite, ";role=", tags.role);
  out.put(' ');
  put_number(out, reading.*field.value, kReadingDigits);
  out.put(' ');
  put_integer(out, std::chrono::floor<std::chrono::seconds>(moment.wall).count());
  out.put('\n');
}

}  // namespace

std::span<const ReadingField> reading_fields() { return kFields; }

std::size_t reading_parts(LineFormat format) { return format == LineFormat::kInflux ? 1 : kFields.size(); }

void put_reading(TextWriter& out, LineFormat format, const ReadingTags& tags, const ReadingMoment& moment,
                 const Reading& reading, std::size_t part) {
  if (format == LineFormat::kInflux) return put_influx(out, tags, moment, reading);
  const ReadingField& field = kFields[part];
  const double value = reading.*field.value;
  if (!std::isfinite(value)) return;
  if (format == LineFormat::kGraphite) return put_graphite(out, tags, moment, reading, field);
  if (value < 0.0) put_gauge(out, tags, reading, field.name, 0.0);
  put_gauge(out, tags, reading, field.name, value);
}

}  // namespace epsilond::platform
