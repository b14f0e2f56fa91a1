// Is the knob honest? Undisturbed simulated hosts (tests/support/undisturbed_host.h) through the pipeline of the agent
// at several values of false_alarms_per_week; prints what each host kind got of what it was promised.
//
//   epsilond_simulate [--kinds a,b] [--model KIND] [--knobs 0.5,2,10] [--seeds 50] [--weeks 8] [--interval 60]
//                     [--warm-up 900] [--jobs 2] [--format markdown|json]
//
// "mean/knob": episodes per host-week over all hosts, as a multiple of the knob, with the standard error over hosts;
// "first hour": episodes, not a multiple, in the hour after the warm-up, over all hosts, and the most of one host; "after
// day 1": without the first day. "above 2x": share of hosts with more than twice the promise over all weeks (a
// perfect Poisson process at knob 0.5 has 2 % of them in 8 weeks). Seeds are 1 .. N.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/knob_trial.h"

namespace {

using epsilond::agent::ModelKind;
using epsilond::tests::HostKind;
using epsilond::tests::KnobCount;
using epsilond::tests::KnobTrial;
using epsilond::tests::UndisturbedHost;

constexpr std::size_t kMostKnobs = 9;

struct NamedModel {
  std::string_view name;
  ModelKind kind;
};
// All kinds that watch ten features.
constexpr std::array kModels = {
    NamedModel{"product", ModelKind::kProduct},
    NamedModel{"mahalanobis", ModelKind::kMahalanobis},
    NamedModel{"mixture", ModelKind::kMixture},
    NamedModel{"kmeans", ModelKind::kKMeans},
    NamedModel{"isolation_forest", ModelKind::kIsolationForest},
    NamedModel{"zscore", ModelKind::kZscore},
};

struct Options {
  std::vector<HostKind> kinds{epsilond::tests::kHostKinds.begin(), epsilond::tests::kHostKinds.end()};
  NamedModel model = kModels[0];
  std::vector<double> knobs{0.5, 2.0, 10.0};
  std::size_t seeds = 50;
  std::size_t weeks = 8;
  double interval_s = 60.0;
  double warm_up_s = 900.0;
  std::size_t jobs = 2;
  bool json = false;
};

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    words.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return words;
}

bool take_kinds(std::string_view list, std::vector<HostKind>& kinds) {
  kinds.clear();
  for (const std::string& word : words_of(list)) {
    const std::optional<HostKind> kind = epsilond::tests::find_host_kind(word);
    if (!kind) return false;
    kinds.push_back(*kind);
  }
  return !kinds.empty();
}

bool take_model(std::string_view name, NamedModel& model) {
  for (const NamedModel& candidate : kModels) {
    if (candidate.name != name) continue;
    model = candidate;
    return true;
  }
  return false;
}

bool take_knobs(std::string_view list, std::vector<double>& knobs) {
  knobs.clear();
  for (const std::string& word : words_of(list)) knobs.push_back(std::strtod(word.c_str(), nullptr));
  return !knobs.empty() && knobs.size() <= kMostKnobs && *std::ranges::min_element(knobs) > 0.0;
}

bool take_number(const char* text, double low, double high, double& number) {
  number = std::strtod(text, nullptr);
  return number >= low && number <= high;
}

template <typename Count>
bool take_count(const char* text, double high, Count& count) {
  double number = 0.0;
  if (!take_number(text, 1.0, high, number)) return false;
  count = static_cast<Count>(number);
  return true;
}

bool take(std::string_view option, const char* value, Options& options) {
  if (option == "--kinds") return take_kinds(value, options.kinds);
  if (option == "--model") return take_model(value, options.model);
  if (option == "--knobs") return take_knobs(value, options.knobs);
  if (option == "--seeds") return take_count(value, 1e6, options.seeds);
  if (option == "--weeks") return take_count(value, epsilond::tests::kMostTrialWeeks, options.weeks);
  if (option == "--interval") return take_number(value, 0.1, 3600.0, options.interval_s);
  if (option == "--warm-up") return take_number(value, 30.0, 604800.0, options.warm_up_s);
  if (option == "--jobs") return take_count(value, 64.0, options.jobs);
  if (option != "--format") return false;
  options.json = std::string_view(value) == "json";
  return options.json || std::string_view(value) == "markdown";
}

// Host `task` is seed task / kinds + 1 of kind task % kinds; its counts begin at task * knobs.
void run_tasks(const Options& options, std::size_t first, std::span<KnobCount> counts) {
  const std::size_t tasks = options.kinds.size() * options.seeds;
  for (std::size_t task = first; task < tasks; task += options.jobs) {
    KnobTrial trial;
    trial.host = options.kinds[task % options.kinds.size()];
    trial.seed = task / options.kinds.size() + 1;
    trial.interval_s = options.interval_s;
    trial.weeks = options.weeks;
    trial.model = options.model.kind;
    trial.warm_up_s = options.warm_up_s;
    epsilond::tests::run_knob_trial(trial, options.knobs,
                                    counts.subspan(task * options.knobs.size(), options.knobs.size()));
  }
}

// The counts of all hosts, from `jobs` processes; empty if one of them failed.
std::span<const KnobCount> run(const Options& options) {
  const std::size_t size = options.kinds.size() * options.seeds * options.knobs.size();
  void* memory = mmap(nullptr, size * sizeof(KnobCount), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {};
  const std::span<KnobCount> counts(static_cast<KnobCount*>(memory), size);
  std::vector<pid_t> children;
  bool all_well = true;
  for (std::size_t job = 0; job < options.jobs; ++job) {
    const pid_t child = fork();
    if (child == 0) {
      run_tasks(options, job, counts);
      _exit(0);
    }
    if (child > 0)
      children.push_back(child);
    else
      all_well = false;
  }
  for (const pid_t child : children) {
    int status = 0;
    all_well = waitpid(child, &status, 0) == child && status == 0 && all_well;
  }
  return all_well ? counts : std::span<const KnobCount>{};
}

// All hosts of one kind at one knob.
struct Summary {
  double mean = 0.0;   // episodes per host-week, of the knob
  double error = 0.0;  // standard error of it over hosts
  double first_hour = 0.0;  // episodes of a host in the hour after the warm-up
  std::uint32_t most_in_first_hour = 0;
  double later = 0.0;  // as mean, without the first day
  double above_twice = 0.0;
  double worst = 0.0;    // host, of the knob
  double raised = 0.0;   // RAISED events per host-week, of the knob
  double flagged = 0.0;  // share of rows
  std::uint64_t learned = 0;
  std::array<double, epsilond::tests::kMostTrialWeeks> by_week{};  // of the knob
  std::array<std::uint64_t, UndisturbedHost::kFeatures> named_first{};
};

Summary summarise(const Options& options, std::span<const KnobCount> counts, std::size_t kind, std::size_t knob) {
  Summary all;
  const auto hosts = static_cast<double>(options.seeds);
  const double promised = options.knobs[knob] * static_cast<double>(options.weeks);  // per host
  double squares = 0.0;
  for (std::size_t seed = 0; seed < options.seeds; ++seed) {
    const KnobCount& count = counts[(seed * options.kinds.size() + kind) * options.knobs.size() + knob];
    const double ratio = static_cast<double>(count.total()) / promised;
    all.mean += ratio / hosts;
    squares += ratio * ratio / hosts;
    all.first_hour += count.episodes_first_hour / hosts;
    all.most_in_first_hour = std::max(all.most_in_first_hour, count.episodes_first_hour);
    all.later += (count.total() - count.episodes_first_day) / (promised - options.knobs[knob] / 7.0) / hosts;
    all.above_twice += (ratio > 2.0 ? 1.0 : 0.0) / hosts;
    all.worst = std::max(all.worst, ratio);
    all.raised += count.raised / promised / hosts;
    all.flagged += static_cast<double>(count.flagged_rows) / static_cast<double>(count.rows) / hosts;
    all.learned += count.learned;
    for (std::size_t week = 0; week < options.weeks; ++week)
      all.by_week[week] += count.episodes[week] / options.knobs[knob] / hosts;
    for (std::size_t i = 0; i < UndisturbedHost::kFeatures; ++i) all.named_first[i] += count.named_first[i];
  }
  all.error = std::sqrt(std::max(0.0, squares - all.mean * all.mean) / hosts);
  return all;
}

// The three features that RAISED events named first most often.
std::string often_named(HostKind kind, const Summary& summary) {
  std::array<std::size_t, UndisturbedHost::kFeatures> order{};
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order,
                    [&](std::size_t a, std::size_t b) { return summary.named_first[a] > summary.named_first[b]; });
  std::string text;
  for (std::size_t i = 0; i < 3 && summary.named_first[order[i]] > 0; ++i) {
    if (!text.empty()) text += ", ";
    text += UndisturbedHost::feature_name(kind, order[i]);
    text += " " + std::to_string(summary.named_first[order[i]]);
  }
  return text;
}

void print_markdown(const Options& options, std::span<const KnobCount> counts) {
  std::printf("%.*s, %llu hosts of each kind, %zu weeks at %g s\n\n", static_cast<int>(options.model.name.size()),
              options.model.name.data(), static_cast<unsigned long long>(options.seeds), options.weeks,
              options.interval_s);
  std::printf("| kind | knob | mean/knob | first hour | after day 1 | above 2x | worst | RAISED/knob | flagged | LEARNED |");
  for (std::size_t week = 1; week <= options.weeks; ++week) std::printf(" w%zu |", week);
  std::printf(" named first |\n|---|");
  for (std::size_t column = 0; column < 10 + options.weeks; ++column) std::printf("---|");
  std::printf("\n");
  for (std::size_t kind = 0; kind < options.kinds.size(); ++kind) {
    for (std::size_t knob = 0; knob < options.knobs.size(); ++knob) {
      const Summary all = summarise(options, counts, kind, knob);
      const std::string_view name = name_of(options.kinds[kind]);
      std::printf("| %.*s | %g | %.2f +- %.2f | %.2f (%u) | %.2f | %.0f %% | %.1f | %.2f | %.3f %% | %llu |",
                  static_cast<int>(name.size()), name.data(), options.knobs[knob], all.mean, all.error, all.first_hour,
                  all.most_in_first_hour, all.later, 100.0 * all.above_twice, all.worst, all.raised, 100.0 * all.flagged,
                  static_cast<unsigned long long>(all.learned));
      for (std::size_t week = 0; week < options.weeks; ++week) std::printf(" %.1f |", all.by_week[week]);
      std::printf(" %s |\n", often_named(options.kinds[kind], all).c_str());
    }
  }
}

// One line per kind and knob.
void print_json(const Options& options, std::span<const KnobCount> counts) {
  for (std::size_t kind = 0; kind < options.kinds.size(); ++kind) {
    for (std::size_t knob = 0; knob < options.knobs.size(); ++knob) {
      const Summary all = summarise(options, counts, kind, knob);
      const std::string_view name = name_of(options.kinds[kind]);
      std::printf(
          "{\"model\":\"%.*s\",\"kind\":\"%.*s\",\"interval_s\":%g,\"knob\":%g,\"hosts\":%llu,\"weeks\":%zu,"
          "\"mean_of_knob\":%.4f,\"error\":%.4f,\"first_hour\":%.4f,\"most_in_first_hour\":%u,\"after_first_day_of_knob\":%.4f,\"hosts_above_twice\":%.4f,"
          "\"worst_of_knob\":%.4f,\"raised_of_knob\":%.4f,\"flagged_share\":%.6f,\"learned\":%llu,\"by_week\":[",
          static_cast<int>(options.model.name.size()), options.model.name.data(), static_cast<int>(name.size()),
          name.data(), options.interval_s, options.knobs[knob], static_cast<unsigned long long>(options.seeds),
          options.weeks, all.mean, all.error, all.first_hour, all.most_in_first_hour, all.later, all.above_twice,
          all.worst, all.raised, all.flagged,
          static_cast<unsigned long long>(all.learned));
      for (std::size_t week = 0; week < options.weeks; ++week)
        std::printf("%s%.4f", week == 0 ? "" : ",", all.by_week[week]);
      std::printf("]}\n");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 < argc && take(argv[i], argv[i + 1], options)) continue;
    std::fprintf(stderr, "epsilond_simulate: %s: not an option, or its value is missing or out of range\n", argv[i]);
    return 64;
  }
  const std::span<const KnobCount> counts = run(options);
  if (counts.empty()) {
    std::fprintf(stderr, "epsilond_simulate: a process that counts has failed\n");
    return 70;
  }
  if (options.json)
    print_json(options, counts);
  else
    print_markdown(options, counts);
  return 0;
}
