#pragma once
// What one model thinks at one moment, for machines that keep time series, as lines of their protocols. The lines are
// described, with examples, in docs/metrics.md. Pure: from a Reading into a caller's buffer.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "platform/emit/text_writer.h"

namespace epsilond::platform {

// A number that is not known yet is NaN, and so left out of every line: nothing that is not finite is ever sent.
struct Reading {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  std::string_view model;
  double log_super_epsilon = kUnknown;  // natural log; a model whose score is no density has none
  double log_super_epsilon_expected = kUnknown;
  double log_super_epsilon_variance = kUnknown;
  double surprise = kUnknown;
  double surprise_threshold = kUnknown;
  double anomalous = kUnknown;       // 0 or 1
  double learning_ratio = kUnknown;  // 0 .. 1
  std::string_view top_feature;      // empty: nothing is odd
};

// One of the numbers, as all protocols name it.
struct ReadingField {
  std::string_view name;
  std::string_view help;
  double Reading::*value;
  bool whole;
};
std::span<const ReadingField> reading_fields();

// Digits of a number in any line, so that sums over many hosts are right to more than a millionth.
inline constexpr int kReadingDigits = 10;

// What else every line says. An empty cluster or role is left out.
struct ReadingTags {
  std::string_view host;
  std::string_view cluster;
  std::string_view role;
};
inline constexpr std::size_t kMostHostBytes = 64;
inline constexpr std::size_t kMostTagBytes = 31;  // of a model, a cluster or a role

enum class LineFormat : std::uint8_t { kInflux, kStatsd, kGraphite };

struct ReadingMoment {
  std::chrono::nanoseconds wall{0};  // since the Unix epoch
  std::uint64_t sequence = 0;        // counts the moments that were sent, so that a receiver sees what it has lost
};

// A reading is sent in parts, each whole lines that belong together: one for influx, one per field for the others.
std::size_t reading_parts(LineFormat format);
// Writes part `part`, below reading_parts(); nothing where its number is not known. Any part fits 480 bytes, with names
// of at most kMostHostBytes and kMostTagBytes; the influx line may leave out its top feature for that. A host or a
// model without a name is _.
//   influx:   commas, blanks and equals signs are escaped, or become _ where the name would be longer than that with
//             its escapes; control characters, quotes, backslashes and what is not ASCII become _
//   graphite: every character but letters, digits, _ and - becomes _ in a part of the path; cluster and role are tags
//   statsd:   names as graphite, without tags; a gauge below zero is set to zero first, for a sign means a change there
void put_reading(TextWriter& out, LineFormat format, const ReadingTags& tags, const ReadingMoment& moment,
                 const Reading& reading, std::size_t part);

}  // namespace epsilond::platform
