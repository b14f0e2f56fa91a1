#pragma once
// The report of `epsilonctl replay`: what one model of the pipeline said of each row, and its episodes.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "agent/history/replayer.h"
#include "agent/report/report.h"
#include "platform/result.h"

namespace epsilond::agent {

class ReplayReport final : public ReplayListener {
 public:
  // `model`: its place among the models of the pipeline, and `model_name` its name; head.features are its columns, as
  // report_features() gives them.
  ReplayReport(ReportHead head, std::size_t model, std::string model_name);

  void on_row(const TableRow& row, std::span<const std::unique_ptr<Watcher>> watchers) override;
  void on_event(const platform::Flag& flag) override;

  // An episode that is still open ends with the last row.
  platform::Result<void> write(platform::OutputFile& out);

 private:
  void close(const platform::Flag& flag);

  std::size_t model_;
  std::string model_name_;
  std::vector<std::string> names_;
  Report report_;
  models::FeatureVector values_;  // of the row at hand, in natural units, as are the next two
  models::FeatureVector mean_;
  models::FeatureVector sd_;
  bool open_ = false;
  bool began_now_ = false;    // with the row that comes next
  ReportEpisode episode_;     // while it is open
  platform::Flag raised_;
  std::uint64_t last_row_ = 0;
  double last_time_s_ = 0.0;
};

// The columns of a model, in their order.
std::vector<ReportFeature> report_features(std::span<const Feature> table, const models::PresenceMask& columns);

}  // namespace epsilond::agent
