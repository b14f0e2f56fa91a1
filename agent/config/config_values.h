#pragma once
// Text to value and back, one function each way per type of value. Pure: no locale, no file, no range of a key.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "agent/pipeline/feature_table.h"

namespace epsilond::agent {

// What is wrong with a value, and what was probably meant (empty if no guess is close).
struct ValueProblem {
  std::string what;
  std::string suggestion;
};
// nothing = fine; the output argument is written only then.
using Problem = std::optional<ValueProblem>;

// "1.5h", units ms s m h d w, no blank between number and unit; finite, may be negative (ranges are the caller's).
Problem parse_duration(std::string_view text, double* seconds);
// The shortest text that parse_duration reads back as exactly `seconds`; `seconds` is finite.
std::string format_duration(double seconds);

// "0.2%" is the ratio 0.002.
Problem parse_percent(std::string_view text, double* ratio);
std::string format_percent(double ratio);

// A finite decimal number, to the last byte.
Problem parse_number(std::string_view text, double* number);
std::string format_number(double number);

// A decimal integer; a fraction or an exponent is refused.
Problem parse_integer(std::string_view text, double* number);

// "2 of 3".
Problem parse_m_of_n(std::string_view text, unsigned* m, unsigned* n);

// "default", "load_1min load_5min", "load_*, zombies": names of `table`, by blanks or commas; a name that ends in *
// stands for every feature that begins so. `lone` is the word that may stand alone ("default" or "none") and yields
// `lone_mask`.
Problem parse_names(std::string_view text, std::string_view lone, const models::PresenceMask& lone_mask,
                    std::span<const Feature> table, models::PresenceMask* mask);
// The same of features(). A word with a dot names a feature of a watched service, "nginx.rss_bytes": it is only checked,
// and leaves no bit.
Problem parse_feature_list(std::string_view text, std::string_view lone, const models::PresenceMask& lone_mask,
                           models::PresenceMask* mask);
// The words of such a list that have a dot.
std::vector<std::string_view> dotted_words(std::string_view text);
// Every row of the feature table.
models::PresenceMask all_features();

// As platform::parse_endpoint reads it; `default_port` 0 means that the port must be given.
Problem parse_target(std::string_view text, std::uint16_t default_port, platform::Endpoint* endpoint);

// "Sun 03:00-04:30, Mon-Fri 23:30-00:30, daily 12:00-12:05, Sat,Sun 09:00-10:00"; the windows get no name here. A
// comma stands between two windows, or between two days of one. At most kMaxMuteWindows.
Problem parse_windows(std::string_view text, std::vector<MuteConfig>* windows);
std::string format_windows(const std::vector<MuteConfig>& windows);

inline constexpr std::size_t kMaxMuteWindows = 64;  // over all [mute NAME] sections

// The words between commas and blanks. Two commas in a row, or one at an end, leave an empty word, which the callers
// refuse.
std::vector<std::string_view> split_words(std::string_view text);

// The text without blanks and tabs at either end.
std::string_view trim(std::string_view text);

}  // namespace epsilond::agent
