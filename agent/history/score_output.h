#pragma once
// What `epsilonctl score` writes: the scores table, a JSON line per episode, and the summary line.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/batch_score.h"
#include "agent/history/row_source.h"
#include "platform/file/output_file.h"

namespace epsilond::agent {

// The file of --scores: `row,timestamp,score,log_density,flag,feature`, one line per row that is not malformed. `score`
// is RowScore::told, else the surprise.
class ScoresTable {
 public:
  ScoresTable(platform::OutputFile& out, const std::vector<std::string>& feature_names);
  // `top`: the feature that stands out most, where there is one.
  void add(const TableRow& row, const RowScore& score, std::optional<std::size_t> top);

 private:
  platform::OutputFile& out_;
  std::vector<std::string> feature_cells_;  // names as csv cells
};

// Consecutive flagged rows.
struct BatchEpisode {
  static constexpr std::size_t kShownFeatures = 5;

  std::uint64_t first_row = 0;
  std::uint64_t last_row = 0;
  std::uint64_t flagged_rows = 0;
  std::string first_time;  // as in the file
  double first_time_s = 0.0;
  double last_time_s = 0.0;
  std::uint64_t peak_row = 0;  // the row of highest surprise, with its score and its leading features
  RowScore peak_score;
  std::array<FeatureTerm, kShownFeatures> terms;
  std::size_t term_count = 0;
};

// Joins consecutive flagged rows to episodes and writes each as one JSON line. Malformed rows in between do not end an
// episode.
class EpisodeWriter {
 public:
  // `model` is the name of the kind; all arguments must outlive the writer.
  EpisodeWriter(platform::OutputFile& out, const BatchScorer& scorer, const ColumnPlan& plan, std::string_view model);

  // `row` is the one scored last. Returns the episode that it ended, valid until the next call; null if none.
  const BatchEpisode* add(const TableRow& row, const RowScore& score);
  // Ends the last episode, and returns it as add() does.
  const BatchEpisode* finish();
  std::uint64_t episodes() const { return episodes_; }

 private:
  void write_episode();

  platform::OutputFile& out_;
  const BatchScorer& scorer_;
  const ColumnPlan& plan_;
  std::string_view model_;
  bool open_ = false;
  BatchEpisode episode_;
  std::uint64_t episodes_ = 0;
};

// Flags against labels, over the rows that have a label.
struct Confusion {
  std::uint64_t true_positives = 0;
  std::uint64_t false_positives = 0;
  std::uint64_t false_negatives = 0;
  std::uint64_t true_negatives = 0;

  void add(int label, bool flagged);
};

struct ScoreSummary {
  std::string file;
  std::uint64_t rows = 0;
  std::uint64_t malformed = 0;
  std::uint64_t unjudged = 0;  // rows without any value
  std::uint64_t training_rows = 0;
  std::size_t features = 0;
  std::string_view model;  // name of the kind
  CutForm form = CutForm::kBudget;
  double cut = 0.0;  // BatchScorer::cut()
  bool cut_is_log_density = true;  // else a score of the model's own; kBudget: neither
  std::uint64_t flagged = 0;
  std::uint64_t episodes = 0;
  double seconds = 0.0;
  bool has_label = false;
  Confusion confusion;
};

// One JSON line.
void write_summary(platform::OutputFile& out, const ScoreSummary& summary);

}  // namespace epsilond::agent
