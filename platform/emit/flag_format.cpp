#include "platform/emit/flag_format.h"

#include "platform/emit/number_text.h"
#include "platform/host/clock.h"

namespace epsilond::platform {

std::string_view event_name(FlagEvent event) {
  switch (event) {
    case FlagEvent::kRaised:
      return "raised";
    case FlagEvent::kOngoing:
      return "ongoing";
    case FlagEvent::kCleared:
      return "cleared";
    case FlagEvent::kLearned:
      return "learned";
    case FlagEvent::kStart:
      return "start";
    case FlagEvent::kStop:
      return "stop";
    case FlagEvent::kSilent:
      return "silent";
  }
  return "raised";
}

std::string_view event_msgid(FlagEvent event) {
  switch (event) {
    case FlagEvent::kRaised:
      return "RAISED";
    case FlagEvent::kOngoing:
      return "ONGOING";
    case FlagEvent::kCleared:
      return "CLEARED";
    case FlagEvent::kLearned:
      return "LEARNED";
    case FlagEvent::kStart:
      return "START";
    case FlagEvent::kStop:
      return "STOP";
    case FlagEvent::kSilent:
      return "SILENT";
  }
  return "RAISED";
}

int severity_of(const Flag& flag) {
  constexpr int kCritical = 2;
  constexpr int kWarning = 4;
  constexpr int kNotice = 5;
  constexpr int kInfo = 6;
  switch (flag.event) {
    case FlagEvent::kRaised:
    case FlagEvent::kOngoing:
      return flag.critical ? kCritical : kWarning;
    case FlagEvent::kSilent:
      return kWarning;
    case FlagEvent::kCleared:
    case FlagEvent::kLearned:
      return kNotice;
    case FlagEvent::kStart:
    case FlagEvent::kStop:
      return kInfo;
  }
  return kWarning;
}

bool has_numbers(FlagEvent event) {
  return event != FlagEvent::kStart && event != FlagEvent::kStop && event != FlagEvent::kSilent;
}

void put_utc_time(TextWriter& out, std::chrono::nanoseconds wall) {
  namespace chrono = std::chrono;
  // A nanosecond count spans the years 1677 to 2262, so the year always has four digits.
  const auto time = chrono::sys_time<chrono::milliseconds>(floor_to<chrono::milliseconds>(wall));
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  put_padded(out, static_cast<int>(date.year()), 4, '0');
  out.put('-');
  put_padded(out, static_cast<unsigned>(date.month()), 2, '0');
  out.put('-');
  put_padded(out, static_cast<unsigned>(date.day()), 2, '0');
  out.put('T');
  put_padded(out, clock.hours().count(), 2, '0');
  out.put(':');
  put_padded(out, clock.minutes().count(), 2, '0');
  out.put(':');
  put_padded(out, clock.seconds().count(), 2, '0');
  out.put('.');
  put_padded(out, clock.subseconds().count(), 3, '0');
  out.put('Z');
}

}  // namespace epsilond::platform
