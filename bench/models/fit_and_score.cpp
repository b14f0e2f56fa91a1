// Times the fit and the scores of one batch model on a table that is in memory already, in CPU seconds.
//
//   fit_and_score FILE --model KIND [options as epsilonctl score]        prints "fit SECONDS score SECONDS"

#include <cstdio>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/control/score_options.h"
#include "agent/history/make_batch_model.h"
#include "agent/history/row_source.h"
#include "models/batch_model.h"

namespace {

using namespace epsilond;

double cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Row by row, as a reader hands them on: copied into one observation.
class Rows {
 public:
  explicit Rows(agent::RowSource& source) : width_(source.feature_count()) {
    agent::TableRow row;
    while (source.next(row) == agent::RowStatus::kRow)
      for (std::size_t i = 0; i < width_; ++i) values_.push_back(row.values[static_cast<Eigen::Index>(i)]);
    observation_.values.resize(static_cast<Eigen::Index>(width_));
    for (std::size_t i = 0; i < width_; ++i) observation_.present.set(i);
  }
  template <typename Use>
  void for_each(Use use) {
    for (std::size_t at = 0; at < values_.size(); at += width_) {
      for (std::size_t i = 0; i < width_; ++i) observation_.values[static_cast<Eigen::Index>(i)] = values_[at + i];
      use(observation_);
    }
  }

 private:
  std::size_t width_;
  std::vector<double> values_;
  models::Observation observation_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::span<char* const> words(argv + 1, static_cast<std::size_t>(argc) - 1);
  const auto options = agent::parse_score_options(std::vector<const char*>(words.begin(), words.end()));
  if (!options) {
    std::fprintf(stderr, "fit_and_score: %s\n", options.error().context.c_str());
    return 64;
  }
  std::string failed;
  const auto source = agent::open_rows(options->files, options->table, failed);
  if (!source) {
    std::fprintf(stderr, "fit_and_score: %s: %s\n", failed.c_str(), source.error().context.c_str());
    return 66;
  }
  Rows rows(**source);
  const auto model = agent::make_batch_model(options->kind, options->tuning, (*source)->feature_count());
  const double begin_s = cpu_s();
  rows.for_each([&](const models::Observation& row) { model->learn(row); });
  if (model->fit() != models::FitStatus::kFitted) return 65;
  const double fitted_s = cpu_s();
  double sum = 0.0;
  model->begin_pass();
  rows.for_each([&](const models::Observation& row) { sum += model->score(row).strangeness; });
  const double scored_s = cpu_s();
  std::printf("fit %.4f score %.4f mean %.9g\n", fitted_s - begin_s, scored_s - fitted_s,
              sum / static_cast<double>(model->training_rows()));
  return 0;
}
