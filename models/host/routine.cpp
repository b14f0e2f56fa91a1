#include "models/host/routine.h"

#include <algorithm>
#include <cmath>

#include "models/learned_bounds.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr double kHalfHourS = 1800.0;
constexpr double kLatestS = 1e12;  // 30 000 years
constexpr double kMuch = 0.2;      // of the blame
constexpr double kLittle = 0.05;
constexpr std::size_t kDaysOfHabit = 3;

bool is_time(double local_time_s) { return std::fabs(local_time_s) <= kLatestS; }

std::int64_t half_hour_of(double local_time_s) {
  return static_cast<std::int64_t>(std::floor(local_time_s / kHalfHourS));
}

std::size_t place_of(std::int64_t half_hour) {
  constexpr std::int64_t kPlaces = Routine::kHalfHours;
  return static_cast<std::size_t>((half_hour % kPlaces + kPlaces) % kPlaces);
}

}  // namespace

Routine::Blamed Routine::blamed(std::span<const double> shares) {
  Blamed blamed;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    blamed.much |= std::uint64_t{shares[i] >= kMuch} << i;
    blamed.little |= std::uint64_t{shares[i] >= kLittle} << i;
  }
  return blamed;
}

void Routine::note(double local_time_s, double surprise, const Blamed& blamed) {
  if (!is_time(local_time_s) || !(surprise >= kStrangeFrom) || !std::isfinite(surprise)) return;
  const std::int64_t half_hour = half_hour_of(local_time_s);
  Days& days = days_[place_of(half_hour)];
  Strange* today = &days[0];
  for (Strange& day : days) {
    if (day.half_hour == half_hour || day.half_hour < today->half_hour) today = &day;
    if (today->half_hour == half_hour) break;
  }
  if (today->half_hour != half_hour) *today = {half_hour, 0, 0.0};
  today->features |= blamed.little;
  today->surprise = std::max(today->surprise, surprise);
}

double Routine::surprise(double local_time_s, const Blamed& blamed) const {
  if (!is_time(local_time_s)) return 0.0;
  const std::int64_t now = half_hour_of(local_time_s);
  std::uint64_t features = 0;
  std::array<double, kDays> strange{};
  for (std::size_t day = 0; day < kDays; ++day) {
    const std::int64_t then = now - static_cast<std::int64_t>((day + 1) * kHalfHours);
    for (const std::int64_t half_hour : {then - 1, then, then + 1}) {
      for (const Strange& known : days_[place_of(half_hour)]) {
        if (known.half_hour != half_hour) continue;
        strange[day] = std::max(strange[day], known.surprise);
        features |= known.features;
      }
    }
  }
  if ((blamed.much & ~features) != 0) return 0.0;
  std::sort(strange.begin(), strange.end());
  return strange[kDays - kDaysOfHabit];
}

void Routine::save(std::span<std::byte>& out) const {
  for (const Days& days : days_) put_bytes(out, days.data(), days.size());
}

bool Routine::load(std::span<const std::byte>& in) {
  std::array<Days, kHalfHours> days;
  for (Days& known : days) take_bytes(in, known.data(), known.size());
  for (const Days& known : days)
    for (const Strange& strange : known)
      if (!is_size(strange.surprise)) return false;
  days_ = days;
  return true;
}

}  // namespace epsilond::models
