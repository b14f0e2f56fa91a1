#pragma once
// The report of `epsilonctl score`: rows, scores and episodes of a batch scorer, as the report wants them.

#include "agent/history/batch_score.h"
#include "agent/history/score_output.h"
#include "agent/report/report.h"
#include "platform/result.h"

namespace epsilond::agent {

class ScoreReport {
 public:
  // `scorer` must be calibrated and outlive the report; the scale and the side of the cut are taken from it.
  // `has_clock`: the time of a row is one, and does not number the rows.
  ScoreReport(ReportHead head, const BatchScorer& scorer, bool has_clock);

  // `row` is the one scored last.
  void add(const TableRow& row, const RowScore& score);
  void add_episode(const BatchEpisode& episode);
  platform::Result<void> write(platform::OutputFile& out) const { return report_.write(out); }

 private:
  const BatchScorer& scorer_;
  bool has_clock_;
  std::vector<std::string> names_;
  Report report_;
};

}  // namespace epsilond::agent
