// What the default detector costs at 10, 20, 42 and 64 features: the bytes that it holds, by the hour of the week and
// at 1 s, which is the most; per row the nanoseconds of score(), of update() and of both with the decision behind them.
// `bench_step [ROWS]` prints the median over batches, which a busy neighbour does not move as it moves a mean, and the
// fastest batch; `bench_step ROWS FEATURES` does one size only, for valgrind --tool=callgrind.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "models/decision/hysteresis.h"
#include "models/decision/learning_gate.h"
#include "models/decision/threshold.h"
#include "models/host_detector.h"
#include "tests/support/rng.h"

namespace {

using epsilond::models::GateDecision;
using epsilond::models::Observation;
using epsilond::models::Score;
using epsilond::models::Verdict;
using epsilond::tests::Rng;

constexpr std::size_t kBatch = 500;
constexpr std::size_t kDistinctRows = kBatch;  // they fit the cache, as the one row of the agent does
constexpr std::size_t kLearnedRows = 40000;

// The kinds of feature a machine has: noise, a value that slides, bursts, a constant with rare steps, whole numbers.
double next_value(Rng& rng, std::size_t kind, double last) {
  switch (kind) {
    case 0:
      return 50.0 + 5.0 * rng.normal();
    case 1:
      return 0.98 * last + 0.2 * rng.normal();
    case 2:
      return std::exp(2.0 * rng.normal());
    case 3:
      return rng.below(200) == 0 ? 4096.0 * static_cast<double>(rng.below(16)) : last;
    default:
      return std::floor(100.0 + 3.0 * rng.normal());
  }
}

struct Desk {
  explicit Desk(std::size_t feature_count) : model(settings(feature_count)), rows(kDistinctRows) {
    Rng rng(11);
    epsilond::models::FeatureVector values =
        epsilond::models::FeatureVector::Zero(static_cast<Eigen::Index>(feature_count));
    for (Observation& row : rows) {
      for (std::size_t i = 0; i < feature_count; ++i) {
        double& value = values[static_cast<Eigen::Index>(i)];
        value = next_value(rng, i % 5, value);
        row.present.set(i);
      }
      row.values = values;
      row.elapsed_s = 1.0;
    }
  }

  static epsilond::models::HostDetectorSettings settings(std::size_t feature_count) {
    epsilond::models::HostDetectorSettings settings;
    settings.feature_count = feature_count;
    settings.resolution.fill(0.01);
    return settings;
  }

  const Observation& next() {
    Observation& row = rows[taken++ % rows.size()];
    row.local_time_s = 1.7e9 + static_cast<double>(taken);
    return row;
  }

  // What the agent does with a row.
  bool decide(const Score& score) {
    const Verdict verdict = threshold.judge(score, model.learned_s());
    hysteresis.advance(verdict, 1.0);
    threshold.learn(score);
    return gate.decide(verdict, hysteresis.raised(), 1.0, model.learned_s()) == GateDecision::kLearn;
  }

  epsilond::models::HostDetector model;
  epsilond::models::Threshold threshold{epsilond::models::ThresholdSettings{}};
  epsilond::models::Hysteresis hysteresis{epsilond::models::HysteresisSettings{}};
  epsilond::models::LearningGate gate{3600.0};
  std::vector<Observation> rows;
  std::size_t taken = 0;
  double kept = 0.0;  // so that nothing is optimised away
};

// Nanoseconds per row.
struct Cost {
  double median_ns = 0.0;
  double fastest_ns = 0.0;
};

// The cost of `work`, which does kBatch rows.
template <typename Work>
Cost cost_of(std::size_t row_count, Work work) {
  std::vector<double> batches(std::max<std::size_t>(1, row_count / kBatch));
  for (double& batch : batches) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    batch = took.count() / static_cast<double>(kBatch);
  }
  std::sort(batches.begin(), batches.end());
  return {batches[batches.size() / 2], batches.front()};
}

void measure(std::size_t feature_count, std::size_t row_count) {
  const auto desk = std::make_unique<Desk>(feature_count);
  for (std::size_t row = 0; row < kLearnedRows; ++row) desk->model.update(desk->next());
  const Cost score = cost_of(row_count, [&] {
    for (std::size_t row = 0; row < kBatch; ++row) desk->kept += desk->model.score(desk->next()).surprise;
  });
  const Cost update = cost_of(row_count, [&] {
    for (std::size_t row = 0; row < kBatch; ++row) desk->model.update(desk->next());
  });
  const Cost step = cost_of(row_count, [&] {
    for (std::size_t row = 0; row < kBatch; ++row) {
      const Observation& observation = desk->next();
      const Score said = desk->model.score(observation);
      desk->kept += said.log_density;
      if (desk->decide(said)) desk->model.update(observation);
    }
  });
  std::printf(
      "%2zu features: %6zu bytes; score %5.0f (%.0f) ns, update %5.0f (%.0f) ns, "
      "score + decide + update %5.0f (%.0f) ns (%g)\n",
      feature_count, desk->model.memory_bytes(), score.median_ns, score.fastest_ns, update.median_ns, update.fastest_ns,
      step.median_ns, step.fastest_ns, desk->kept);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t row_count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200000;
  if (argc > 2) {
    measure(std::strtoul(argv[2], nullptr, 10), row_count);
    return 0;
  }
  for (const std::size_t feature_count : {std::size_t{10}, std::size_t{20}, std::size_t{42}, std::size_t{64}})
    measure(feature_count, row_count);
  return 0;
}
