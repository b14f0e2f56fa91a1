#pragma once
// What `epsilonctl replay` writes: a JSON line per event, the scores table, and the summary line.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/history/replayer.h"
#include "agent/history/score_output.h"
#include "platform/emit/flag.h"
#include "platform/file/output_file.h"
#include "platform/result.h"

namespace epsilond::agent {

// As the agent prints it.
platform::Result<void> write_event_line(platform::OutputFile& out, const platform::Flag& flag);

// Events, never dropped.
class EventLines final : public ReplayListener {
 public:
  // `out` must outlive it.
  explicit EventLines(platform::OutputFile& out) : out_(out) {}
  void on_event(const platform::Flag& flag) override;

 private:
  platform::OutputFile& out_;
};

// The file of --scores: what one model says of each row.
class ReplayScores final : public ReplayListener {
 public:
  // `out` must outlive it. `model`: its place among the models of the pipeline.
  ReplayScores(platform::OutputFile& out, std::span<const Feature> table, std::size_t model);
  void on_row(const TableRow& row, std::span<const std::unique_ptr<Watcher>> watchers) override;

 private:
  ScoresTable table_;
  std::size_t model_;
};

struct ReplaySummary {
  std::string file;
  std::uint64_t rows = 0;
  std::uint64_t malformed = 0;
  bool calendar = false;  // the times of the file are Unix times
  double seconds = 0.0;
};

// One JSON line.
void write_replay_summary(platform::OutputFile& out, const ReplaySummary& summary, const Replayer& replayer);

}  // namespace epsilond::agent
