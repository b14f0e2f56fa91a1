#include "models/outlier/kmeans_fit.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>

#include "models/elementary.h"

namespace epsilond::models {
namespace {

std::size_t padded(std::size_t rows) {
  return (rows + KMeansFit::kChunkRows - 1) / KMeansFit::kChunkRows * KMeansFit::kChunkRows;
}

}  // namespace

KMeansFit::KMeansFit(std::size_t width, std::size_t clusters, std::size_t max_rows, std::uint64_t seed)
    : width_(width),
      clusters_(clusters),
      trial_limit_(std::min(kMaxTrials, 2 + static_cast<std::size_t>(models::log(static_cast<double>(clusters))))),
      random_(seed),
      scratch_(kBlockRows * width),
      splat_(std::max(clusters + 1, kMaxTrials) * width * kLanes, kFar),
      centres_(clusters * width),
      sums_(clusters * width),
      total_(width),
      lanes_(width * kLanes),
      plane_(width * kBlockRows),
      members_(clusters),
      label_(padded(max_rows)),
      near_(padded(max_rows)),
      near_sum_(padded(max_rows) / kChunkRows),
      best_(clusters * width) {
  assert(width >= 1 && clusters >= 1);
  for (std::size_t trial = 0; trial < trial_limit_; ++trial) {
    trial_near_[trial] = near_;
    trial_sum_[trial] = near_sum_;
  }
}

KMeansFit::~KMeansFit() = default;

void KMeansFit::prepare(const RowBlocks& rows, std::size_t count, const KMeansPlan& plan) {
  assert(rows.width() == width_ && count >= clusters_ && count <= label_.size());
  rows_ = &rows;
  count_ = count;
  plan_ = plan;
  mean_ = scale_ = {};
  start_ = 0;
  polishing_ = false;
  std::fill(total_.begin(), total_.end(), 0.0);
  total_squares_ = 0.0;
  std::fill(lanes_.begin(), lanes_.end(), 0.0f);
  best_inertia_ = std::numeric_limits<double>::infinity();
  degenerate_ = false;
}

void KMeansFit::begin(const RowBlocks& rows, std::size_t count, const KMeansPlan& plan, std::span<const float> mean,
                      std::span<const float> scale) {
  prepare(rows, count, plan);
  mean_ = mean;
  scale_ = scale;
  draws_centres_ = true;
  begin_start();
}

void KMeansFit::begin_at(const RowBlocks& rows, std::size_t count, const KMeansPlan& plan,
                         std::span<const double> centres) {
  prepare(rows, count, plan);
  plan_.starts = 1;
  draws_centres_ = false;
  std::fill(splat_.begin(), splat_.end(), kFar);
  for (std::size_t i = 0; i < centres.size(); ++i) set_centre(i / width_, i % width_, centres[i]);
  begin_lloyd();
}

std::size_t KMeansFit::chunks_at_most(std::size_t count, const KMeansPlan& plan) const {
  const std::size_t scans = plan.starts * (clusters_ + plan.max_iterations) + (plan.polish ? plan.max_iterations : 0);
  return (count + kChunkRows - 1) / kChunkRows * scans;
}

const float* KMeansFit::block(std::size_t number) {
  const float* values = rows_->block(number);
  if (mean_.empty()) return values;
  for (std::size_t i = 0; i < scratch_.size(); ++i)
    scratch_[i] = (values[i] - mean_[i / kBlockRows]) * scale_[i / kBlockRows];
  return scratch_.data();
}

float KMeansFit::entry(std::size_t row, std::size_t entry) const {
  const float value = rows_->at(row, entry);
  return mean_.empty() ? value : (value - mean_[entry]) * scale_[entry];
}

void KMeansFit::set_centre(std::size_t cluster, std::size_t entry, double value) {
  centres_[cluster * width_ + entry] = value;
  std::fill_n(&splat_[(cluster * width_ + entry) * kLanes], kLanes, static_cast<float>(value));
}

void KMeansFit::set_centre_to_row(std::size_t cluster, std::size_t row) {
  for (std::size_t i = 0; i < width_; ++i) set_centre(cluster, i, static_cast<double>(entry(row, i)));
}

void KMeansFit::begin_start() {
  phase_ = Phase::kSeed;
  chunk_ = 0;
  chosen_ = 0;
  trials_ = 1;
  trial_row_[0] = random_.below(count_);
  // The rows that only fill the last block up are at distance 0 from everything.
  std::fill(near_.begin(), near_.end(), 0.0f);
  std::fill_n(near_.begin(), count_, std::numeric_limits<float>::max());
  draw_trials();
}

// Puts the trial rows where the kernel reads centres.
void KMeansFit::draw_trials() {
  if (chosen_ > 0) {
    trials_ = trial_limit_;
    for (std::size_t trial = 0; trial < trials_; ++trial) trial_row_[trial] = drawn_row();
  }
  for (std::size_t trial = 0; trial < kMaxTrials; ++trial)
    for (std::size_t i = 0; i < width_; ++i)
      std::fill_n(&splat_[(trial * width_ + i) * kLanes], kLanes, trial < trials_ ? entry(trial_row_[trial], i) : kFar);
}

// A row drawn with the probability of its squared distance to the centres so far.
std::size_t KMeansFit::drawn_row() {
  double left = random_.uniform() * std::accumulate(near_sum_.begin(), near_sum_.end(), 0.0);
  std::size_t chunk = 0;
  while (chunk + 1 < near_sum_.size() && left >= near_sum_[chunk]) left -= near_sum_[chunk++];
  std::size_t row = chunk * kChunkRows;
  const std::size_t end = std::min(row + kChunkRows, count_);
  while (row + 1 < end && left >= static_cast<double>(near_[row])) left -= static_cast<double>(near_[row++]);
  return std::min(row, count_ - 1);
}

void KMeansFit::finish_seed_scan() {
  std::size_t best = 0;
  double smallest = std::numeric_limits<double>::infinity();
  const auto chunks = static_cast<std::ptrdiff_t>((count_ + kChunkRows - 1) / kChunkRows);
  for (std::size_t trial = 0; trial < trials_; ++trial) {
    const double total = std::accumulate(trial_sum_[trial].begin(), trial_sum_[trial].begin() + chunks, 0.0);
    if (total >= smallest) continue;
    smallest = total;
    best = trial;
  }
  std::copy_n(trial_sum_[best].begin(), chunks, near_sum_.begin());
  std::fill(near_sum_.begin() + chunks, near_sum_.end(), 0.0);
  near_.swap(trial_near_[best]);
  for (std::size_t i = 0; i < width_; ++i)
    centres_[chosen_ * width_ + i] = static_cast<double>(entry(trial_row_[best], i));
  ++chosen_;
  if (chosen_ < clusters_ && smallest <= 0.0) {
    degenerate_ = true;
    for (; chosen_ < clusters_; ++chosen_) std::copy_n(centres_.begin(), width_, &centres_[chosen_ * width_]);
  }
  if (chosen_ < clusters_) {
    chunk_ = 0;
    draw_trials();
    return;
  }
  std::fill(splat_.begin(), splat_.end(), kFar);
  for (std::size_t i = 0; i < centres_.size(); ++i) set_centre(i / width_, i % width_, centres_[i]);
  begin_lloyd();
}

void KMeansFit::begin_lloyd() {
  phase_ = Phase::kAssign;
  chunk_ = 0;
  iteration_ = 0;
  moved_rows_ = 0;
  scan_inertia_ = 0.0;
  std::fill(label_.begin(), label_.end(), -1);
  std::fill(sums_.begin(), sums_.end(), 0.0);
  std::fill(members_.begin(), members_.end(), 0U);
}

// Of the means of both sides: sum x^2 - sum over the centres of members * centre^2.
double KMeansFit::two_sided_inertia() const {
  double inertia = total_squares_;
  for (std::size_t i = 0; i < sums_.size(); ++i)
    if (members_[i / width_] > 0) inertia -= sums_[i] * sums_[i] / static_cast<double>(members_[i / width_]);
  return inertia;
}

void KMeansFit::fill_empty_clusters() {
  for (std::size_t cluster = 0; cluster < clusters_; ++cluster) {
    if (members_[cluster] > 0) continue;
    const auto end = near_.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto farthest = std::max_element(near_.begin(), end);
    if (*farthest <= 0.0f) return;
    *farthest = 0.0f;
    const auto row = static_cast<std::size_t>(farthest - near_.begin());
    std::int32_t labels[kBlockRows];
    std::copy_n(&label_[row / kBlockRows * kBlockRows], kBlockRows, labels);
    labels[row % kBlockRows] = static_cast<std::int32_t>(cluster);
    move_rows(row / kBlockRows, block(row / kBlockRows), labels);
  }
}

void KMeansFit::finish_assign_scan() {
  if (two_sided() && iteration_ == 0) {
    for (std::size_t i = 0; i < width_; ++i) sums_[i] = total_[i] - sums_[width_ + i];
    members_[0] = count_ - members_[1];
  }
  fill_empty_clusters();
  double squared_moves = 0.0;
  for (std::size_t cluster = 0; cluster < clusters_; ++cluster) {
    if (members_[cluster] == 0) continue;
    const double share = 1.0 / static_cast<double>(members_[cluster]);
    for (std::size_t i = cluster * width_; i < (cluster + 1) * width_; ++i) {
      const double move = sums_[i] * share - centres_[i];
      squared_moves += move * move;
      set_centre(cluster, i - cluster * width_, sums_[i] * share);
    }
  }
  ++iteration_;
  const bool settled = moved_rows_ == 0 || squared_moves <= plan_.tolerance || iteration_ >= plan_.max_iterations;
  const double inertia = two_sided() ? two_sided_inertia() : scan_inertia_;
  chunk_ = 0;
  moved_rows_ = 0;
  scan_inertia_ = 0.0;
  if (!settled) return;
  if (inertia < best_inertia_ || polishing_) {
    best_inertia_ = inertia;
    std::copy(centres_.begin(), centres_.end(), best_.begin());
  }
  finish_start();
}

void KMeansFit::finish_start() {
  if (++start_ < plan_.starts && draws_centres_) {
    begin_start();
  } else if (plan_.polish && !polishing_) {
    begin_polish();
  } else {
    phase_ = Phase::kIdle;
  }
}

void KMeansFit::begin_polish() {
  polishing_ = true;
  plan_.tolerance = 0.0;
  for (std::size_t i = 0; i < best_.size(); ++i) set_centre(i / width_, i % width_, best_[i]);
  begin_lloyd();
}

bool KMeansFit::advance(std::size_t chunks) {
  const std::size_t blocks = (count_ + kBlockRows - 1) / kBlockRows;
  for (; chunks > 0 && phase_ != Phase::kIdle; --chunks) {
    const std::size_t first = chunk_ * kBlocksPerChunk;
    const std::size_t last = std::min(first + kBlocksPerChunk, blocks);
    const bool seeding = phase_ == Phase::kSeed;
    if (seeding) {
      seed_chunk(first, last);
    } else if (two_sided()) {
      choose_sides(first, last);
    } else {
      assign_chunk(first, last);
    }
    ++chunk_;
    if (last < blocks) continue;
    if (seeding) {
      finish_seed_scan();
    } else {
      finish_assign_scan();
    }
  }
  return phase_ == Phase::kIdle;
}

std::size_t KMeansFit::memory_bytes() const {
  std::size_t bytes =
      (scratch_.capacity() + plane_.capacity() + lanes_.capacity() + splat_.capacity() + near_.capacity()) *
          sizeof(float) +
      (centres_.capacity() + sums_.capacity() + total_.capacity() + near_sum_.capacity() + best_.capacity()) *
          sizeof(double) +
      label_.capacity() * sizeof(std::int32_t) + members_.capacity() * sizeof(std::size_t);
  for (std::size_t trial = 0; trial < trial_limit_; ++trial)
    bytes += trial_near_[trial].capacity() * sizeof(float) + trial_sum_[trial].capacity() * sizeof(double);
  return bytes;
}

}  // namespace epsilond::models
