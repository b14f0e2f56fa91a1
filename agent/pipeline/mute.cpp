#include "agent/pipeline/mute.h"

namespace epsilond::agent {

MuteWindow mute_window_at(std::span<const MuteConfig> mutes, const StepTime& time) {
  MuteWindow found;
  if (mutes.empty()) return found;
  constexpr int kMinutesPerDay = 1440;
  const auto local = std::chrono::floor<std::chrono::minutes>(time.wall + time.utc_offset).count();
  const auto day = local >= 0 ? local / kMinutesPerDay : (local - kMinutesPerDay + 1) / kMinutesPerDay;
  const int minute = static_cast<int>(local - day * kMinutesPerDay);
  const auto weekday = static_cast<std::size_t>(((day + 4) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
  const std::size_t yesterday = (weekday + 6) % 7;
  for (const MuteConfig& mute : mutes) {
    const bool past_midnight = mute.end_minute <= mute.start_minute;
    const bool began_today = mute.days.test(weekday) && minute >= mute.start_minute;
    int left = mute.end_minute - minute;
    if (past_midnight && began_today)
      left += kMinutesPerDay;
    else if (!(past_midnight ? mute.days.test(yesterday) : began_today))
      continue;
    const std::chrono::nanoseconds until = std::chrono::minutes(local + left) - time.utc_offset;
    if (left > 0 && (found.config == nullptr || until > found.until)) found = {&mute, until};
  }
  return found;
}

}  // namespace epsilond::agent
