#pragma once
// Flags for tests: the one of the manual, the worst imaginable, and random ones from a seed.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

#include "platform/emit/flag.h"

namespace epsilond::tests {

// The flag behind the examples of docs/flag-format.md.
inline platform::Flag example_flag() {
  platform::Flag flag;
  flag.event = platform::FlagEvent::kRaised;
  flag.id = std::string_view("host-20261121T224746Z-3");
  flag.host = std::string_view("web1.example.org");
  flag.model = std::string_view("host");
  flag.wall = std::chrono::milliseconds(1795301281123);  // 2026-11-21T22:48:01.123Z
  flag.surprise = 9.2;
  flag.log_super_epsilon = -83.1;
  flag.threshold = 5.3;
  flag.duration_s = 15;
  flag.feature_count = 2;
  flag.features[0] = {std::string_view("mem_used_bytes"), 7912345600.0, 2.2e9, 214748364.8, 26.6, 0.71};
  flag.features[1] = {std::string_view("disk_write_bytes_per_s"), 212.4e6, 3.1e6, 2.0e6, 8.4, 0.22};
  flag.process_count = 1;
  flag.processes[0] = {std::string_view("postgres"), 4411, 113, std::string_view("rss_bytes"), 5.6e9,
                       std::string_view("postgresql.service")};
  flag.text = std::string_view(
      "memory used 7.9 GB (usual 2.2 \u00b1 0.2 GB at this hour), disk writes 212 MB/s (usual 3 \u00b1 2); "
      "postgres[4411] +5.6 GB; once in 40 days");
  return flag;
}

// Every string full to its capacity with what takes most room once escaped, every number as long as numbers get.
inline platform::Flag worst_flag(std::string_view filler) {
  const auto fill = [filler](auto& text) {
    while (text.append(filler)) {
    }
  };
  constexpr double kLong = -1.234567890123e-300;
  platform::Flag flag;
  flag.event = platform::FlagEvent::kOngoing;
  fill(flag.id);
  fill(flag.host);
  fill(flag.model);
  flag.wall = std::chrono::milliseconds(1795301281123);
  flag.surprise = flag.log_super_epsilon = flag.threshold = flag.duration_s = kLong;
  flag.feature_count = flag.features.size();
  for (platform::FlagFeature& feature : flag.features) {
    fill(feature.name);
    feature.value = feature.mean = feature.sd = feature.z = feature.share = kLong;
  }
  flag.process_count = flag.processes.size();
  for (platform::FlagProcess& process : flag.processes) {
    fill(process.comm);
    fill(process.what);
    fill(process.unit);
    process.pid = -2147483647;
    process.uid = 4294967295U;
    process.delta = kLong;
  }
  fill(flag.text);
  return flag;
}

inline constexpr std::string_view kFillers[] = {"\x01",     "\"",  "\\", "]", "\xFF", "\xF0\x9F\x92\xA9",
                                                "\xC2\x85", "a b="};

// Prints the seed, so that a failure can be repeated with EPSILOND_TEST_SEED=N.
inline std::uint64_t test_seed() {
  const char* given = std::getenv("EPSILOND_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("EPSILOND_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

class FlagMaker {
 public:
  explicit FlagMaker(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  std::size_t size_below(std::size_t limit) { return static_cast<std::size_t>(below(limit)); }

  // Any flag whose strings are valid UTF-8 and whose numbers survive six significant digits.
  platform::Flag make() {
    platform::Flag flag;
    flag.event = static_cast<platform::FlagEvent>(below(7));
    text(flag.id);
    text(flag.host);
    text(flag.model);
    flag.wall = std::chrono::milliseconds(static_cast<std::int64_t>(below(4102444800000)));
    flag.surprise = number();
    flag.log_super_epsilon = number();
    flag.threshold = number();
    flag.duration_s = number();
    flag.feature_count = size_below(platform::kMaxFlagFeatures + 1);
    for (std::size_t i = 0; i < flag.feature_count; ++i) {
      platform::FlagFeature& feature = flag.features[i];
      text(feature.name);
      feature.value = number();
      feature.mean = number();
      feature.sd = number();
      feature.z = number();
      feature.share = number();
    }
    flag.process_count = size_below(platform::kMaxFlagProcesses + 1);
    for (std::size_t i = 0; i < flag.process_count; ++i) {
      platform::FlagProcess& process = flag.processes[i];
      text(process.comm);
      text(process.what);
      text(process.unit);
      process.pid = static_cast<std::int32_t>(below(4194304));
      process.uid = static_cast<std::uint32_t>(below(4294967296));
      process.delta = number();
    }
    text(flag.text);
    return flag;
  }

 private:
  double number() {
    const double mantissa = static_cast<double>(below(1999999)) - 999999.0;
    switch (below(4)) {
      case 0:
        return mantissa;
      case 1:
        return mantissa / 1000.0;
      case 2:
        return mantissa * 1e9;
      default:
        return mantissa * 1e-12;
    }
  }
  template <typename Text>
  void text(Text& out) {
    constexpr std::string_view kParts[] = {"a",
                                           "Z",
                                           "7",
                                           " ",
                                           "\"",
                                           "\\",
                                           "]",
                                           "[",
                                           "=",
                                           "\n",
                                           "\x1b",
                                           std::string_view("\0", 1),
                                           "/",
                                           "\xC3\xA9",
                                           "\xE2\x80\xA8",
                                           "\xF0\x9F\x90\xA7",
                                           "\x7F",
                                           "\xC2\x9B",
                                           "rss"};
    out.clear();
    const std::size_t size = size_below(Text::capacity() + 1);
    while (out.size() < size)
      if (!out.append(kParts[size_below(std::size(kParts))])) break;
  }

  std::mt19937_64 random_;
};

}  // namespace epsilond::tests
