#pragma once
// Tables and simulated machines for the outlier models. Not trivially destructible: build it in functions that tests
// call.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "agent/history/row_source.h"
#include "models/bank_detector.h"
#include "models/batch_model.h"
#include "tests/support/golden.h"
#include "tests/support/rng.h"

namespace epsilond::tests {

using Table = std::vector<std::vector<double>>;

inline constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

// NaN is absent.
inline models::Observation observation_of(std::span<const double> values) {
  models::Observation row;
  row.values = models::FeatureVector::Zero(static_cast<Eigen::Index>(values.size()));
  row.elapsed_s = 1.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    row.present[i] = !std::isnan(values[i]);
    if (row.present[i]) row.values[static_cast<Eigen::Index>(i)] = values[i];
  }
  return row;
}

inline models::FitStatus train(models::BatchModel& model, const Table& table) {
  for (const std::vector<double>& row : table) model.learn(observation_of(row));
  return model.fit();
}

// The native score of each row, NaN where none was given.
inline std::vector<double> scores_of(models::BatchModel& model, const Table& table) {
  std::vector<double> scores;
  model.begin_pass();
  for (const std::vector<double>& row : table) {
    const models::BatchScore score = model.score(observation_of(row));
    scores.push_back(score.judged ? score.native : kAbsent);
  }
  return scores;
}

inline Table columns(const Table& table, std::size_t from, std::size_t to) {
  Table out;
  for (const std::vector<double>& row : table)
    out.emplace_back(row.begin() + static_cast<std::ptrdiff_t>(from), row.begin() + static_cast<std::ptrdiff_t>(to));
  return out;
}

// The lines of a golden file that also holds names, cell by cell.
inline std::vector<std::vector<std::string>> read_golden_text(const char* name) {
  std::FILE* file = std::fopen((std::string(EPSILOND_SOURCE_DIR "/tests/golden/") + name).c_str(), "r");
  if (file == nullptr) std::abort();
  std::vector<std::vector<std::string>> rows;
  char line[1024];
  for (int number = 1; std::fgets(line, sizeof(line), file) != nullptr; ++number) {
    if (number <= 2) continue;
    rows.emplace_back(1);
    for (const char* at = line; *at != '\0' && *at != '\n'; ++at) {
      if (*at == ',')
        rows.back().emplace_back();
      else
        rows.back().back().push_back(*at);
    }
  }
  std::fclose(file);
  if (rows.empty()) std::abort();
  return rows;
}

struct LabelledTable {
  Table rows;
  std::vector<int> labels;
};

// Aborts if the table cannot be read: the folder of real tables was named, so they must be there.
inline LabelledTable read_data(const std::string& path) {
  std::string failed;
  const std::vector<std::string> paths = {path};
  const auto source = agent::open_rows(paths, {}, failed);
  if (!source) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::abort();
  }
  LabelledTable out;
  agent::TableRow row;
  while ((*source)->next(row) == agent::RowStatus::kRow) {
    std::vector<double> values((*source)->feature_count());
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = row.present[i] ? row.values[static_cast<Eigen::Index>(i)] : kAbsent;
    out.rows.push_back(values);
    out.labels.push_back(row.label);
  }
  return out;
}

// A detector run the way the agent runs it. `Detector` is one of the bank.
template <typename Detector>
struct LiveBed {
  template <typename Settings>
  LiveBed(std::size_t features, const Settings& settings, double interval_s = 1.0, double resolution = 1e-3)
      : bank(bank_settings(features, interval_s, resolution)), model(bank, settings), values(features, 0.0) {}

  static models::BankSettings bank_settings(std::size_t features, double interval_s, double resolution) {
    models::BankSettings settings;
    settings.feature_count = features;
    settings.resolution.fill(resolution);
    settings.interval_s = interval_s;
    settings.warm_up_s = 60.0 * interval_s;
    return settings;
  }
  models::Observation row() const {
    models::Observation observation = observation_of(values);
    observation.elapsed_s = bank.interval_s;
    return observation;
  }
  models::Score step(bool learn = true) {
    const models::Observation observation = row();
    models::Score score = model.score(observation);
    model.advance(observation);
    if (learn)
      model.update(observation);
    else
      model.observe_unlearned(observation);
    return score;
  }
  void noise(Rng& rng, int rows) {
    for (int i = 0; i < rows; ++i) {
      for (double& value : values) value = rng.normal();
      step();
    }
  }

  models::BankSettings bank;
  Detector model;
  std::vector<double> values;
};

}  // namespace epsilond::tests
