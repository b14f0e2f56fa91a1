#pragma once
// What leaves the host: one event of one model, ready to be rendered. Fixed size, no pointers into anything that dies.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/fixed_string.h"

namespace epsilond::platform {

enum class FlagEvent : std::uint8_t { kRaised, kOngoing, kCleared, kLearned, kStart, kStop, kSilent };

struct FlagFeature {
  FixedString<56> name;  // NAME.FEATURE of a watched service
  double value = 0.0;  // natural units of the feature, as are mean and sd
  double mean = 0.0;
  double sd = 0.0;
  double z = 0.0;
  double share = 0.0;  // in [0, 1]
};

struct FlagProcess {
  FixedString<16> comm;  // never the command line: it holds secrets
  std::int32_t pid = 0;
  std::uint32_t uid = 0;
  FixedString<24> what;  // "rss_bytes"
  double delta = 0.0;
  FixedString<64> unit;  // the systemd unit or control group; empty where there is none
};

inline constexpr std::size_t kMaxFlagFeatures = 8;
inline constexpr std::size_t kMaxFlagProcesses = 3;

struct Flag {
  FlagEvent event = FlagEvent::kRaised;
  FixedString<48> id;  // one per episode, shared by its RAISED, ONGOING, CLEARED, LEARNED
  FixedString<64> host;
  FixedString<32> model;
  std::chrono::nanoseconds wall{0};  // when this happened, since the Unix epoch
  double surprise = 0.0;
  double log_super_epsilon = 0.0;
  double threshold = 0.0;
  double duration_s = 0.0;  // since the episode began; 0 for lifecycle events
  bool critical = false;    // surprise is above critical_surprise
  std::array<FlagFeature, kMaxFlagFeatures> features;  // largest share first
  std::size_t feature_count = 0;
  std::array<FlagProcess, kMaxFlagProcesses> processes;
  std::size_t process_count = 0;
  FixedString<1024> text;  // the sentence for people
};

}  // namespace epsilond::platform
