#pragma once
// The self-contained HTML report over scored rows: collected while they stream by, written once at the end.
//
// It reads scores and computes none. Memory is bounded whatever the number of rows: see Timeline, RankedScores and the
// limits of Report.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/report/ranked_scores.h"
#include "agent/report/timeline.h"
#include "models/batch_model.h"
#include "models/observation.h"
#include "models/training_sample.h"
#include "platform/file/output_file.h"
#include "platform/result.h"

namespace epsilond::agent {

// False in a build that had no plotting library: Report::write() then fails with kUnsupported. Ask before long work.
bool report_available();

struct ReportFeature {
  std::string name;
  std::string unit;  // "bytes", "bytes/s", "ratio", "1/s", "1", ...; empty where it is not known
};

// What the cut is compared with.
enum class CutScale : std::uint8_t {
  kSurprise,  // a row is strange at or above the cut
  kNative,    // the model's own score; which side is strange says native_is_log_density
};

struct ReportHead {
  std::string title;      // such as "epsilonctl score FILE --model mixture"
  std::string file;       // what was read
  std::string model;      // such as "mixture of 3 Gaussians"
  std::string threshold;  // such as "contamination 1 %"
  std::string version;
  std::optional<double> cut;  // none: nothing is drawn
  CutScale cut_scale = CutScale::kSurprise;
  bool native_is_log_density = true;  // true: a low native score is strange; false: a high one
  bool time_is_clock = false;         // true: times are Unix seconds; false: seconds from somewhere
  std::uint64_t seed = 1;             // of the samples that stand for many rows
  std::vector<ReportFeature> features;
};

// Their names, in the order of the features.
std::vector<std::string> feature_names(const ReportHead& head);

// One row, in the order of the table. Vectors have the length of ReportHead::features.
struct ReportRow {
  std::uint64_t row = 0;  // grows
  bool has_time = false;
  double time_s = 0.0;
  const models::FeatureVector& values;  // counts only where present; a value that is not finite is absent
  const models::PresenceMask& present;
  const models::FeatureVector* mean = nullptr;  // the usual band where the value is present; null: the model has none
  const models::FeatureVector* sd = nullptr;
  double score = 0.0;   // the surprise
  double native = 0.0;  // log density, or the model's own score
  bool judged = false;  // false: still learning, or an empty row; score and native then do not count
  bool flagged = false;
};

struct ReportShare {
  std::size_t feature = 0;
  double value = 0.0;
  double mean = 0.0;
  double sd = 0.0;
  double z = 0.0;
  double share = 0.0;  // 0 .. 1
};

struct ReportEpisode {
  std::uint64_t first_row = 0;
  std::uint64_t last_row = 0;
  double begin_s = 0.0;  // on the time scale of the rows; not used where they have none
  double end_s = 0.0;
  double duration_s = 0.0;
  double peak_surprise = 0.0;
  std::string text;  // a sentence for people; may be empty
  std::vector<ReportShare> shares;
};

class Report {
 public:
  // Flagged rows that are kept exactly, and their values altogether. Above that a seeded uniform sample of them is kept
  // and, per bucket of the time line, the extremes of all of them.
  static constexpr std::size_t kMaxFlaggedRows = 50'000;
  static constexpr std::size_t kMaxFlaggedValues = std::size_t{1} << 20U;
  // Rows that are not flagged, for the scatter plot: a seeded uniform sample.
  static constexpr std::size_t kScatterRows = 4000;
  // The episodes with the highest peaks.
  static constexpr std::size_t kMaxEpisodes = 1000;

  explicit Report(ReportHead head);

  void add(const ReportRow& row);
  void add_episode(ReportEpisode episode);
  // For a cut that is known only when the rows are over.
  void set_cut(double cut) { head_.cut = cut; }
  // The Gaussians the model is made of, in the units of the table: ellipses of the scatter plot.
  void set_components(std::span<const models::GaussianComponent> components);

  // Writes the page; the caller commits. kUnsupported without a page, else what `out` says.
  platform::Result<void> write(platform::OutputFile& out) const;

  const Timeline& timeline() const { return timeline_; }
  // Each a row as kept: row, time, surprise and native score (NaN where not judged), then the values (NaN where
  // absent).
  const models::TrainingSample& flagged_rows() const { return flagged_; }
  const models::TrainingSample& usual_rows() const { return usual_; }
  std::span<const ReportEpisode> episodes() const { return episodes_; }

  // Places in a kept row.
  static constexpr std::size_t kRow = 0;
  static constexpr std::size_t kTime = 1;
  static constexpr std::size_t kSurprise = 2;
  static constexpr std::size_t kNativeScore = 3;
  static constexpr std::size_t kFirstValue = 4;

 private:
  friend class ReportWriter;

  void keep(const ReportRow& row);
  void note_time(const ReportRow& row);

  ReportHead head_;
  std::uint64_t rows_ = 0;
  std::uint64_t judged_rows_ = 0;
  std::uint64_t flagged_count_ = 0;
  std::uint64_t episodes_seen_ = 0;
  bool all_timed_ = true;
  bool time_ascends_ = true;
  double last_time_s_ = 0.0;
  bool has_band_ = false;
  Timeline timeline_;  // the features, then the surprise, then the native score
  RankedScores ranked_;
  models::TrainingSample flagged_;
  models::TrainingSample usual_;
  std::vector<double> kept_row_;
  std::vector<ReportEpisode> episodes_;  // a heap by peak once it is full
  std::vector<models::GaussianComponent> components_;
};

}  // namespace epsilond::agent
