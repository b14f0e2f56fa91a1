// Writes what the agent would see of this machine as a table for epsilonctl replay: a header, then once a second a row
// of the time and every feature, under the names of docs/features.md; absent ones are empty.
//
//   record_features [ROWS]     default: until TERM or INT; 0 rows print the header only

#include <charconv>
#include <cstdio>
#include <cstring>

#include "agent/config/config.h"
#include "agent/pipeline/feature_table.h"
#include "agent/pipeline/wiring.h"
#include "platform/host/linux_clock.h"
#include "platform/host/wait.h"

namespace {

using epsilond::agent::Readings;
using epsilond::platform::HostSample;
using epsilond::platform::Wake;

int failed(const epsilond::platform::Error& error) {
  std::fprintf(stderr, "record_features: %s\n", error.context.c_str());
  return 1;
}

void print_header() {
  std::printf("timestamp");
  for (const auto& feature : epsilond::agent::features())
    std::printf(",%.*s", static_cast<int>(feature.name.size()), feature.name.data());
  std::printf("\n");
  std::fflush(stdout);
}

// False where nobody reads any more.
bool print_row(const Readings& readings, double time_s) {
  std::printf("%.3f", time_s);
  for (std::size_t i = 0; i < epsilond::agent::features().size(); ++i) {
    std::printf(",");
    if (readings.present.test(i)) std::printf("%.10g", readings.values[i]);
  }
  std::printf("\n");
  return std::fflush(stdout) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  unsigned long rows = ~0UL;
  if (argc > 2 || (argc == 2 && std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), rows).ec != std::errc())) {
    std::fprintf(stderr, "usage: record_features [ROWS]\n");
    return 64;
  }
  const epsilond::agent::Config config;  // sampled as the agent does by default
  const epsilond::platform::LinuxClock clock;
  const auto source = epsilond::agent::make_source(config, "", clock);
  if (!source) return failed(source.error());
  const auto waiter = epsilond::platform::Waiter::make(epsilond::agent::to_nanoseconds(config.interval_s));
  if (!waiter) return failed(waiter.error());

  print_header();
  HostSample previous;
  HostSample current;
  bool first = true;  // of two samples, which a row needs
  for (unsigned long row = 0; row < rows;) {
    const auto wake = (*waiter)->wait();
    if (!wake) return failed(wake.error());
    if (*wake == Wake::kStop) break;
    if (*wake != Wake::kTick || !(*source)->read(current)) continue;
    const double time_s = std::chrono::duration<double>(clock.wall()).count();
    if (!first) {
      if (!print_row(epsilond::agent::observe(previous, current, false), time_s)) return 1;
      ++row;
    }
    previous = current;
    first = false;
  }
  return 0;
}
