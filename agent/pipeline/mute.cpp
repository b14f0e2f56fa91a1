#include "agent/pipeline/mute.h"

namespace epsilond::agent {

bool muted_at(std::span<const MuteConfig> mutes, const StepTime& time) {
  if (mutes.empty()) return false;
  constexpr int kMinutesPerDay = 1440;
  const auto local = std::chrono::floor<std::chrono::minutes>(time.wall + time.utc_offset).count();
  const auto day = local >= 0 ? local / kMinutesPerDay : (local - kMinutesPerDay + 1) / kMinutesPerDay;
  const int minute = static_cast<int>(local - day * kMinutesPerDay);
  const auto weekday = static_cast<std::size_t>(((day + 4) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
  const std::size_t yesterday = (weekday + 6) % 7;
  for (const MuteConfig& mute : mutes) {
    const bool past_midnight = mute.end_minute <= mute.start_minute;
    if (mute.days.test(weekday) && minute >= mute.start_minute && (past_midnight || minute < mute.end_minute)) return true;
    if (past_midnight && mute.days.test(yesterday) && minute < mute.end_minute) return true;
  }
  return false;
}

}  // namespace epsilond::agent
