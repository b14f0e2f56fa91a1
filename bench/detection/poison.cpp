// What is still seen after a detector was taught the wrong thing (tests/support/poisoning.h): tables in markdown.
//
//   epsilond_poison [--interval 1] [--seeds 3] [--knob 0.5] [--warm-up 900]
//                   [--scenario quiet|warm-up|long|ramp|repeat|backup|all]
//
// A cell such as "3/3 2 s" is: seen in three of three hosts, median delay 2 s.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/poisoning.h"

namespace {

using epsilond::tests::Backup;
using epsilond::tests::BackupNights;
using epsilond::tests::LongFault;
using epsilond::tests::Ramp;
using epsilond::tests::Sighting;
using epsilond::tests::WatchedHostSettings;

constexpr long kHourS = 3600;
constexpr long kDayS = 24 * kHourS;

struct Options {
  long interval_s = 1;
  std::uint64_t seeds = 3;
  double knob = 0.5;
  double warm_up_s = 900.0;
  std::string scenario = "all";
};

WatchedHostSettings host_of(const Options& options, std::uint64_t seed) {
  return {.seed = seed,
          .interval_s = options.interval_s,
          .warm_up_s = options.warm_up_s,
          .false_alarms_per_week = options.knob};
}

struct Cell {
  std::size_t seen = 0;
  std::size_t named = 0;
  std::size_t all = 0;
  std::vector<long> delays_s;
  void add(const Sighting& sighting) {
    ++all;
    if (!sighting.seen) return;
    ++seen;
    named += sighting.named ? 1U : 0U;
    delays_s.push_back(sighting.delay_s);
  }
  std::string text() {
    std::string text = std::to_string(seen) + "/" + std::to_string(all);
    if (delays_s.empty()) return text;
    std::ranges::sort(delays_s);
    text += " " + std::to_string(delays_s[delays_s.size() / 2]) + " s";
    if (named < seen) text += " (named " + std::to_string(named) + ")";
    return text;
  }
};

std::string age_text(long age_s) {
  if (age_s % kDayS == 0) return std::to_string(age_s / kDayS) + " d";
  if (age_s % kHourS == 0) return std::to_string(age_s / kHourS) + " h";
  return std::to_string(age_s / 60) + " min";
}

// The control: what is raised where nothing is wrong.
void quiet(const Options& options) {
  std::printf(
      "Nothing is wrong: RAISED events, by host\n\n| first hour | rest of day 1 | days 2 to 7 |\n|---|---|---|\n|");
  std::array<std::string, 3> cells;
  for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
    epsilond::tests::WatchedHost watched(host_of(options, seed));
    watched.run(7 * kDayS);
    constexpr std::array kBounds = {0L, kHourS, kDayS, 7 * kDayS + 1};
    for (std::size_t i = 0; i < cells.size(); ++i)
      cells[i] += (seed > 1 ? ", " : " ") + std::to_string(watched.raised_between(kBounds[i], kBounds[i + 1]));
  }
  for (const std::string& cell : cells) std::printf("%s |", cell.c_str());
  std::printf("\n\n");
}

void warm_up(const Options& options) {
  constexpr std::array kProbesSd = {3.0, 5.0, 7.0, 10.0, 20.0, 50.0};
  std::printf("Memory 10 sd too high for the middle third of the warm-up; then a probe of ten minutes at some age\n\n");
  std::printf("| warm-up | age |");
  for (const double probe_sd : kProbesSd) std::printf(" %g sd |", probe_sd);
  std::printf("\n|---|---|---|---|---|---|---|---|\n");
  for (const long age_s : {kHourS / 3, kHourS, 6 * kHourS, kDayS}) {
    for (const double learned_sd : {0.0, 10.0}) {
      std::printf("| %s | %s |", learned_sd > 0.0 ? "poisoned" : "clean", age_text(age_s).c_str());
      for (const double probe_sd : kProbesSd) {
        Cell cell;
        for (std::uint64_t seed = 1; seed <= options.seeds; ++seed)
          cell.add(fault_after_poisoned_warm_up(host_of(options, seed), learned_sd, age_s, probe_sd));
        std::printf(" %s |", cell.text().c_str());
      }
      std::printf("\n");
    }
  }
  std::printf("\n");
}

void long_fault(const Options& options) {
  std::printf("Memory too high for six hours; 200 zombies for five minutes inside; the same memory a day later\n\n");
  std::printf(
      "| age | size | onset | inside: new RAISED | named in an event | leads the score | LEARNED after | "
      "RAISED from the end to the next day | next day |\n|---|---|---|---|---|---|---|---|---|\n");
  for (const long age_s : {kHourS, kDayS, 7 * kDayS}) {
    for (const double fault_sd : {10.0, 50.0}) {
      Cell onset;
      Cell next_day;
      std::size_t inside_new = 0;
      std::size_t inside_told = 0;
      double leads = 0.0;
      std::string learned;
      std::string raised;
      for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
        const LongFault found = six_hour_fault(host_of(options, seed), age_s, fault_sd);
        onset.add(found.onset);
        next_day.add(found.next_day);
        inside_new += found.inside_new ? 1U : 0U;
        inside_told += found.inside_told ? 1U : 0U;
        leads += found.inside_leads / static_cast<double>(options.seeds);
        learned += (seed > 1 ? ", " : "") + (found.learned_after_s < 0 ? "-" : age_text(found.learned_after_s));
        raised += (seed > 1 ? ", " : "") + std::to_string(found.raised_after);
      }
      std::printf("| %s | %g sd | %s | %zu/%zu | %zu/%zu | %.0f %% | %s | %s | %s |\n", age_text(age_s).c_str(),
                  fault_sd, onset.text().c_str(), inside_new, onset.all, inside_told, onset.all, 100.0 * leads,
                  learned.c_str(), raised.c_str(), next_day.text().c_str());
    }
  }
  std::printf("\n");
}

void ramp(const Options& options) {
  const long age_s = options.interval_s < 10 ? 2 * kDayS : 7 * kDayS;
  std::printf("Memory grows steadily for a day on a machine %s old (1 sd = 40 MB, room for 147)\n\n",
              age_text(age_s).c_str());
  std::printf("| sd per hour | seen | after, h | reached then or at the end, sd |\n|---|---|---|---|\n");
  for (const double slope : {0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 2000.0}) {
    std::size_t seen = 0;
    std::string after;
    std::string reached;
    for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
      const Ramp found = slow_ramp(host_of(options, seed), age_s, slope, kDayS);
      seen += found.seen ? 1U : 0U;
      char text[32];
      std::snprintf(text, sizeof text, "%s%.1f", seed > 1 ? ", " : "", found.after_h);
      after += text;
      std::snprintf(text, sizeof text, "%s%.1f", seed > 1 ? ", " : "", found.reached_sd);
      reached += text;
    }
    std::printf("| %g | %zu/%llu | %s | %s |\n", slope, seen, static_cast<unsigned long long>(options.seeds),
                after.c_str(), reached.c_str());
  }
  std::printf("\n");
}

void repeat(const Options& options) {
  std::printf("The same grab of memory for 60 s, ten times, from the second day on\n\n| size | when |");
  for (std::size_t i = 1; i <= epsilond::tests::kRepeats; ++i) std::printf(" %zu |", i);
  std::printf("\n|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const double fault_sd : {7.0, 10.0, 20.0, 50.0}) {
    for (const bool at_random : {false, true}) {
      std::array<Cell, epsilond::tests::kRepeats> cells;
      for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
        const auto found = repeated_fault(host_of(options, seed), fault_sd, at_random);
        for (std::size_t i = 0; i < cells.size(); ++i) cells[i].add(found[i]);
      }
      std::printf("| %g sd | %s |", fault_sd, at_random ? "at random" : "every 6 h");
      for (Cell& cell : cells) std::printf(" %s |", cell.text().c_str());
      std::printf("\n");
    }
  }
  std::printf("\n");
}

void backup(const Options& options) {
  constexpr std::size_t kNights = 14;
  struct Size {
    const char* name;
    Backup backup;
  };
  const std::array sizes = {Size{"30 MB/s, CPU +25 %", {3e7, 0.25, 0.0}}, Size{"100 MB/s, CPU +50 %", {1e8, 0.5, 0.0}},
                            Size{"400 MB/s, CPU +85 %", {4e8, 0.85, 0.0}},
                            Size{"100 MB/s, CPU +50 %, +- 3 min", {1e8, 0.5, 180.0}}};
  std::printf(
      "A backup of 20 min at 02:00: hosts that raised, by night; the same work at 14:00 after the last\n\n"
      "| backup | begins on day |");
  for (std::size_t night = 1; night <= kNights; ++night) std::printf(" %zu |", night);
  std::printf(" at other times | 14:00 |\n|---|---|");
  for (std::size_t column = 0; column < kNights + 2; ++column) std::printf("---|");
  std::printf("\n");
  for (const Size& size : sizes) {
    for (const long first_night : {0L, 1L, 14L}) {
      std::array<std::size_t, kNights> raised{};
      std::size_t other = 0;
      Cell afternoon;
      for (std::uint64_t seed = 1; seed <= options.seeds; ++seed) {
        const BackupNights found = nightly_backup(host_of(options, seed), size.backup, first_night, kNights);
        for (std::size_t night = 0; night < kNights; ++night) raised[night] += found.raised[night] ? 1U : 0U;
        other += found.other_raised;
        afternoon.add(found.afternoon);
      }
      std::printf("| %s | %ld |", size.name, first_night);
      for (const std::size_t hosts : raised) std::printf(" %zu |", hosts);
      std::printf(" %zu | %s |\n", other, afternoon.text().c_str());
    }
  }
  std::printf("\n");
}

bool take(std::string_view option, const char* value, Options& options) {
  if (option == "--interval") return (options.interval_s = std::strtol(value, nullptr, 10)) >= 1;
  if (option == "--seeds") return (options.seeds = std::strtoul(value, nullptr, 10)) >= 1;
  if (option == "--warm-up") return (options.warm_up_s = std::strtod(value, nullptr)) >= 30.0;
  if (option == "--knob") return (options.knob = std::strtod(value, nullptr)) > 0.0;
  if (option != "--scenario") return false;
  options.scenario = value;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 < argc && take(argv[i], argv[i + 1], options)) continue;
    std::fprintf(stderr, "epsilond_poison: %s: not an option, or its value is missing or out of range\n", argv[i]);
    return 64;
  }
  struct Scenario {
    std::string_view name;
    void (*run)(const Options& options);
  };
  constexpr std::array kScenarios = {Scenario{"quiet", quiet},     Scenario{"warm-up", warm_up},
                                     Scenario{"long", long_fault}, Scenario{"ramp", ramp},
                                     Scenario{"repeat", repeat},   Scenario{"backup", backup}};
  std::printf("Interval %ld s, knob %g a week, %llu hosts\n\n", options.interval_s, options.knob,
              static_cast<unsigned long long>(options.seeds));
  bool any = false;
  for (const Scenario& scenario : kScenarios) {
    if (options.scenario != "all" && options.scenario != scenario.name) continue;
    scenario.run(options);
    std::fflush(stdout);
    any = true;
  }
  if (any) return 0;
  std::fprintf(stderr, "epsilond_poison: no scenario %s\n", options.scenario.c_str());
  return 64;
}
