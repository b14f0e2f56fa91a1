#pragma once
// Finds the centres of k-means, a stated part of the work per call, so that a live agent can fit between two samples.
//
// Formula: centres start by greedy k-means++ (each next one is the best of 2 + ln k rows drawn by their squared
// distance to the centres so far), then each row goes to its nearest centre and each centre to the mean of its rows,
// until no row moves, or the centres move by less than a tolerance, or an iteration limit. The start that leaves the
// smallest sum of squared distances wins. A centre without rows is moved to the row that lies farthest from its own.
// Source: S. P. Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28(2), 1982; D. Arthur, S.
// Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007; the greedy trials are those of scikit-learn,
// whose inertia is the golden data (tests/golden/make_outlier_golden.py). Cost: 3 operations per row, entry and centre
// in each iteration, four rows at a time; a row that changes its cluster costs two additions per entry. Bytes: 28 per
// row, 40 per entry and centre. Hazards: single precision: rows must be centred, and their values well below 1e12 in
// size.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/lanes.h"
#include "models/outlier/row_blocks.h"
#include "models/random.h"

namespace epsilond::models {

struct KMeansPlan {
  std::size_t starts = 10;           // >= 1
  std::size_t max_iterations = 300;  // per start, >= 1
  double tolerance = 0.0;  // stops when the sum of the centres' squared moves is at most this; 0: no row moves
  bool polish = false;     // the best start goes on until no row moves, for at most max_iterations more
};

class KMeansFit {
 public:
  static constexpr std::size_t kChunkRows = 64;  // what one step works on

  // `clusters` >= 1. The plan's `starts` counts for fits that draw their own centres.
  KMeansFit(std::size_t width, std::size_t clusters, std::size_t max_rows, std::uint64_t seed);
  KMeansFit(const KMeansFit&) = delete;
  KMeansFit& operator=(const KMeansFit&) = delete;
  ~KMeansFit();

  // `rows` must outlive the fit and stay as they are until it is done; the first `count` of them count, >= clusters.
  // An entry is taken as (value - mean[entry]) * scale[entry], or as it is where the spans are empty.
  void begin(const RowBlocks& rows, std::size_t count, const KMeansPlan& plan, std::span<const float> mean = {},
             std::span<const float> scale = {});
  // The same from these centres, cluster by cluster.
  void begin_at(const RowBlocks& rows, std::size_t count, const KMeansPlan& plan, std::span<const double> centres);
  // Does so many chunks of kChunkRows rows; returns true when the fit is done.
  bool advance(std::size_t chunks);
  void abandon() { phase_ = Phase::kIdle; }
  bool running() const { return phase_ != Phase::kIdle; }

  // Chunks that the whole fit takes at most.
  std::size_t chunks_at_most(std::size_t count, const KMeansPlan& plan) const;

  // Valid when done. Single precision went into which row belongs where, double precision into the means; of two drawn
  // centres also the first sums are single over 64 rows at a time.
  double centre(std::size_t cluster, std::size_t entry) const { return best_[cluster * width_ + entry]; }
  // Which centre the row belongs to, in the last start or, with KMeansPlan::polish, in the best.
  std::size_t label(std::size_t row) const { return static_cast<std::size_t>(label_[row]); }
  std::size_t iterations() const { return iteration_; }  // of the last start
  double inertia() const { return best_inertia_; }       // sum of squared distances to the nearest centre
  // The rows hold fewer distinct ones than clusters: some centres are the same.
  bool degenerate() const { return degenerate_; }

  std::size_t memory_bytes() const;

 private:
  enum class Phase : std::uint8_t { kIdle, kSeed, kAssign };
  static constexpr std::size_t kMaxTrials = 4;
  static constexpr std::size_t kLanes = sizeof(FloatLanes) / sizeof(float);
  static constexpr std::size_t kBlockRows = RowBlocks::kRows;
  static constexpr std::size_t kBlocksPerChunk = kChunkRows / kBlockRows;
  static constexpr float kFar = 1e15f;  // where the unused half of a pair of centres stands: its square stays finite

  void prepare(const RowBlocks& rows, std::size_t count, const KMeansPlan& plan);
  const float* block(std::size_t number);
  float entry(std::size_t row, std::size_t entry) const;
  void set_centre(std::size_t cluster, std::size_t entry, double value);
  void set_centre_to_row(std::size_t cluster, std::size_t row);

  void begin_start();
  void draw_trials();
  std::size_t drawn_row();
  void seed_chunk(std::size_t first_block, std::size_t last_block);
  void finish_seed_scan();
  void begin_lloyd();
  void assign_chunk(std::size_t first_block, std::size_t last_block);
  // Two drawn centres need no distances to be told apart.
  bool two_sided() const { return clusters_ == 2 && draws_centres_; }
  void add_to_total(std::size_t first_block, std::size_t last_block);
  void split_rows(std::size_t block_number, const float* values, const IntLanes& low, const IntLanes& high);
  void flush_lanes(double* sums);
  void choose_sides(std::size_t first_block, std::size_t last_block);
  double two_sided_inertia() const;
  void move_rows(std::size_t block_number, const float* values, const std::int32_t* labels);
  void fill_empty_clusters();
  void finish_assign_scan();
  void finish_start();
  void begin_polish();

  std::size_t width_;
  std::size_t clusters_;
  std::size_t trial_limit_;
  Random random_;
  const RowBlocks* rows_ = nullptr;
  std::size_t count_ = 0;
  KMeansPlan plan_;
  std::span<const float> mean_;
  std::span<const float> scale_;
  std::vector<float> scratch_;  // one block, standardised

  Phase phase_ = Phase::kIdle;
  std::size_t chunk_ = 0;
  std::size_t start_ = 0;
  std::size_t iteration_ = 0;
  std::size_t chosen_ = 0;  // centres drawn so far
  std::size_t trials_ = 0;
  std::size_t moved_rows_ = 0;
  double scan_inertia_ = 0.0;
  bool degenerate_ = false;
  bool draws_centres_ = true;
  bool polishing_ = false;

  std::vector<float> splat_;     // centres, each entry four times; the trial rows while seeding
  std::vector<double> centres_;  // cluster by cluster
  std::vector<double> sums_;     // of the rows of each cluster
  std::vector<double> total_;    // of all rows, and
  double total_squares_ = 0.0;   // of all their entries
  std::vector<float> lanes_;     // sums of a chunk, four per entry
  std::vector<float> plane_;     // between two centres: per entry its middle, and the way across, four times each
  std::vector<std::size_t> members_;
  std::vector<std::int32_t> label_;                        // per row; -1: none yet
  std::vector<float> near_;                                // squared distance to the nearest centre
  std::array<std::vector<float>, kMaxTrials> trial_near_;  // the same with the trial among the centres
  std::array<std::vector<double>, kMaxTrials> trial_sum_;  // of the above, per chunk
  std::vector<double> near_sum_;
  std::array<std::size_t, kMaxTrials> trial_row_{};

  std::vector<double> best_;
  double best_inertia_ = 0.0;
};

}  // namespace epsilond::models
