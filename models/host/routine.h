#pragma once
// What was strange at this hour day after day is routine: the backup of every night.
//
// Formula: for each half hour of the local day the last four days on which something strange happened in it: how
// strange at most, and which features had a part in it of a twentieth or more. A row is routine if on three of the four
// days before it, in its half hour or the ones beside, something was strange, and each feature that has a fifth or more
// of this row's blame had a part in it. What is routine is then as strange as the third strangest of those days.
// Source: own work; its numbers: docs/models.md, section 9: three days tell a habit from a coincidence, the fourth
// forgives one night. Cost: for a strange row about 50 comparisons, for any other none. Bytes: 6 KB. Hazards: by the
// local clock, so the first nights after a change to summer time may be strange again; what is in step with the backup,
// in the same features and no stranger, is hidden by it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "models/feature_lanes.h"

namespace epsilond::models {

class Routine {
 public:
  // Below this surprise nothing is strange, and so neither routine.
  static constexpr double kStrangeFrom = 2.5;

  // Which features have such a part or more of a row's blame; bit i is feature i.
  struct Blamed {
    std::uint64_t much = 0;
    std::uint64_t little = 0;  // those that have much too
  };
  static Blamed blamed(std::span<const double> shares);

  // Something strange is not learned now, or is routine. `local_time_s`: any; not finite or beyond reason: ignored.
  void note(double local_time_s, double surprise, const Blamed& blamed);
  // The surprise of what is routine now; 0 where such a row is not.
  double surprise(double local_time_s, const Blamed& blamed) const;
  void reset() { days_ = {}; }

  static constexpr std::size_t kHalfHours = 48;
  static constexpr std::size_t kDays = 4;
  static constexpr std::size_t kStateBytes = kHalfHours * kDays * 24;
  void save(std::span<std::byte>& out) const;
  // Returns false and changes nothing if `in` is no such state; `in` is moved behind it either way.
  bool load(std::span<const std::byte>& in);

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
  // Something strange in one half hour of one day.
  struct Strange {
    std::int64_t half_hour = kNever;  // since 1970-01-01 00:00 on the local clock
    std::uint64_t features = 0;
    double surprise = 0.0;
  };
  using Days = std::array<Strange, kDays>;
  static_assert(sizeof(Strange) == kStateBytes / (kHalfHours * kDays));

  std::array<Days, kHalfHours> days_{};
};

}  // namespace epsilond::models
