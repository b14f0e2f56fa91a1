// epsilond_year [DAYS [SEED]]: a random life of the agent's pipeline at one sample a second, 365 days by default.
// Prints what was done to it and what it said; exit 1 at the first promise that was not kept, with the seed that shows
// it again.

#include <charconv>
#include <cstdio>
#include <string_view>

#include "tests/support/random_life.h"

using namespace epsilond::tests;

namespace {

constexpr std::size_t kLongestStretchS = 1200;

bool read_number(std::string_view text, std::uint64_t most, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 && number <= most;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t days = 365;
  std::uint64_t seed = 1;
  if (argc > 3 || (argc > 1 && !read_number(argv[1], 36500, days)) ||
      (argc > 2 && !read_number(argv[2], UINT64_MAX, seed))) {
    std::fprintf(stderr, "usage: epsilond_year [DAYS [SEED]], both whole numbers from 1 on, DAYS at most 36500\n");
    return 64;
  }
  RandomLife life(seed);
  life.begin();
  while (life.broken().empty() && life.seconds() < static_cast<long>(days) * kDay) life.go_on(kLongestStretchS);
  life.end();
  std::printf("%.1f days, %llu alerts, %llu events\n", static_cast<double>(life.seconds()) / static_cast<double>(kDay),
              static_cast<unsigned long long>(life.alerts()), static_cast<unsigned long long>(life.events()));
  for (std::size_t i = 0; i < kFaultNames.size(); ++i)
    std::printf("%8llu %s\n", static_cast<unsigned long long>(life.faults(static_cast<Fault>(i))),
                kFaultNames[i].data());
  std::printf("%8llu of them while another lasted\n", static_cast<unsigned long long>(life.overlaps()));
  std::printf("%8llu late ticks\n", static_cast<unsigned long long>(life.late_ticks()));
  if (life.broken().empty()) return 0;
  std::fprintf(stderr, "seed %llu, second %ld: %s\n", static_cast<unsigned long long>(seed), life.seconds(),
               life.broken().c_str());
  return 1;
}
