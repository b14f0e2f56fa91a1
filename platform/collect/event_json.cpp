#include "platform/collect/event_json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "platform/collect/json_cursor.h"
#include "platform/emit/flag_format.h"

namespace epsilond::platform {
namespace {

constexpr std::array kEvents = {FlagEvent::kRaised, FlagEvent::kOngoing, FlagEvent::kCleared, FlagEvent::kLearned,
                                FlagEvent::kStart,  FlagEvent::kStop,    FlagEvent::kSilent};

enum Key : unsigned {
  kVersion,
  kEvent,
  kHost,
  kTime,
  kModel,
  kSurprise,
  kLogSuperEpsilon,
  kThreshold,
  kFeatures,
  kKeys
};
constexpr std::array<std::string_view, kKeys> kNames = {
    "v", "event", "host", "time", "model", "surprise", "log_super_epsilon", "threshold", "features"};

// Decimal digits alone.
bool parse_digits(std::string_view text, std::int64_t& out) {
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = 10 * out + (c - '0');
  }
  return true;
}

class EventReader {
 public:
  EventReader(std::string_view text, HostEvent& event) : json_(text), event_(event) {}

  ReadFate read() {
    const bool fine = json_.read_object([this](std::string_view name) { return take_key(name); }) && json_.at_end();
    constexpr unsigned kNeeded = 1U << kVersion | 1U << kEvent | 1U << kHost | 1U << kTime;
    // A version of the future may be anything but JSON of another form.
    if (fine && other_version_) return ReadFate::kOther;
    if (!fine || (told_ & kNeeded) != kNeeded) return ReadFate::kMalformed;
    return known_event_ ? ReadFate::kRead : ReadFate::kOther;
  }

 private:
  bool take_key(std::string_view name) {
    unsigned key = 0;
    while (key < kKeys && kNames[key] != name) ++key;
    if (key == kKeys || other_version_) return json_.skip_value();
    if ((told_ >> key & 1U) != 0) return false;
    told_ |= 1U << key;
    switch (key) {
      case kVersion:
        return take_version();
      case kEvent:
        return take_event();
      case kHost:
        return take_name(event_.host) && !event_.host.empty();
      case kTime:
        return take_time();
      case kModel:
        return take_name(event_.model);
      case kSurprise:
        return take_number(event_.surprise);
      case kLogSuperEpsilon:
        return take_number(event_.log_super_epsilon);
      case kThreshold:
        return take_number(event_.threshold);
      default:
        return json_.read_array([this] { return take_feature(); });
    }
  }

  template <std::size_t Capacity>
  bool take_name(FixedString<Capacity>& out) {
    return json_.read_string(out) && is_harmless(out);
  }

  bool take_version() {
    double version = 0.0;
    if (!json_.read_number(version)) return false;
    other_version_ = version != kFlagFormatVersion;
    return true;
  }

  bool take_event() {
    FixedString<16> name;
    if (!json_.read_string(name)) return false;
    for (const FlagEvent event : kEvents) {
      if (event_name(event) != name.view()) continue;
      event_.event = event;
      known_event_ = true;
    }
    return true;
  }

  bool take_time() {
    FixedString<32> text;
    if (!json_.read_string(text)) return false;
    event_.time_ns = parse_utc_time(text);
    return event_.time_ns > 0;
  }

  bool take_number(double& out) {
    if (json_.read_null()) return true;
    return json_.read_number(out) && std::fabs(out) <= kLargestTold;
  }

  bool take_feature() {
    if (first_feature_passed_) return json_.skip_value();
    first_feature_passed_ = true;
    return json_.read_object(
        [this](std::string_view name) { return name == "name" ? take_name(event_.top_feature) : json_.skip_value(); });
  }

  JsonCursor json_;
  HostEvent& event_;
  unsigned told_ = 0;
  bool other_version_ = false;
  bool known_event_ = false;
  bool first_feature_passed_ = false;
};

}  // namespace

std::int64_t parse_utc_time(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kForm.size() + 1 || !text.ends_with('Z')) return 0;
  for (std::size_t i = 0; i < kForm.size(); ++i)
    if (kForm[i] != 'd' && kForm[i] != text[i]) return 0;
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0;
  const bool digits = parse_digits(text.substr(0, 4), year) && parse_digits(text.substr(5, 2), month) &&
                      parse_digits(text.substr(8, 2), day) && parse_digits(text.substr(11, 2), hour) &&
                      parse_digits(text.substr(14, 2), minute) && parse_digits(text.substr(17, 2), second);
  if (!digits || year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
      second > 60)
    return 0;
  std::string_view rest = text.substr(kForm.size(), text.size() - kForm.size() - 1);
  std::int64_t unit = 1'000'000'000;
  if (!rest.empty()) {
    if (rest.front() != '.' || rest.size() < 2 || rest.size() > 10 || !parse_digits(rest.substr(1), fraction)) return 0;
    for (std::size_t i = 1; i < rest.size(); ++i) unit /= 10;
  }
  if (year > 2261) return 0;  // beyond it nanoseconds do not fit
  // Days since 1970 of the proleptic Gregorian calendar: H. Hinnant, chrono-compatible low-level date algorithms, 2013.
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = y / 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = (y - era * 400) * 365 + (y - era * 400) / 4 - (y - era * 400) / 100 + day_of_year;
  const std::int64_t days = era * 146097 + day_of_era - 719468;
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
  return seconds * 1'000'000'000 + fraction * unit;
}

ReadFate read_event_json(std::string_view text, HostEvent& event) {
  event = HostEvent();
  return EventReader(text, event).read();
}

}  // namespace epsilond::platform
