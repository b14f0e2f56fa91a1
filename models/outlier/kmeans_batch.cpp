#include "models/outlier/kmeans_batch.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace epsilond::models {
namespace {

constexpr std::size_t kRowsForOrigin = 4096;

}  // namespace

KMeansBatch::KMeansBatch(const KMeansBatchSettings& settings)
    : settings_(settings),
      window_(settings.window),
      sample_(window_.length(), settings.seed),
      model_(settings.window.feature_count, window_.entries_per_feature(), settings.clusters),
      mean_(settings.window.feature_count),
      sd_(settings.window.feature_count),
      fit_scale_(settings.window.feature_count),
      raw_(settings.window.feature_count),
      vector_(window_.length()) {}

void KMeansBatch::start_at(std::span<const double> centres) {
  assert(centres.size() == settings_.clusters * window_.length());
  start_.assign(centres.begin(), centres.end());
}

void KMeansBatch::learn(const Observation& row) {
  const std::size_t present = window_.vector_of(row, vector_);
  if (present > 0) sample_.add(vector_);
  if (plain()) return;
  window_.push(row);
  for (std::size_t i = 0; i < raw_.size(); ++i) {
    const double value = row.values[static_cast<Eigen::Index>(i)];
    if (row.present[i] && std::isfinite(value)) raw_[i].add(value);
  }
}

// Visits the newest entry of every feature of each `stride`-th training vector, where it is present.
template <typename Visit>
void KMeansBatch::each_newest(std::size_t stride, const Visit& visit) const {
  const std::size_t entries = window_.entries_per_feature();
  for (std::size_t row = 0; row < sample_.rows(); row += stride) {
    const double* at = sample_.row(row).data();
    for (std::size_t i = 0; i < mean_.size(); ++i, at += entries)
      if (!std::isnan(*at)) visit(i, *at);
  }
}

// The mean of some of the rows is near enough to that of all that squares about it lose no digits, however far from 0
// the values lie.
void KMeansBatch::find_scales() {
  const std::size_t features = mean_.size();
  std::vector<double> sum(features, 0.0);
  std::vector<double> squares(features, 0.0);
  std::vector<double> count(features, 0.0);
  std::fill(mean_.begin(), mean_.end(), std::numeric_limits<double>::quiet_NaN());
  each_newest(1 + sample_.rows() / kRowsForOrigin, [&](std::size_t i, double value) {
    if (std::isnan(mean_[i])) mean_[i] = value;
    count[i] += 1.0;
    mean_[i] += (value - mean_[i]) / count[i];
  });
  std::fill(count.begin(), count.end(), 0.0);
  each_newest(1, [&](std::size_t i, double value) {
    if (std::isnan(mean_[i])) mean_[i] = value;
    const double away = value - mean_[i];
    sum[i] += away;
    squares[i] += away * away;
    count[i] += 1.0;
  });
  double largest = 0.0;
  for (std::size_t i = 0; i < features; ++i) {
    const double shift = count[i] > 0.0 ? sum[i] / count[i] : 0.0;
    sd_[i] = count[i] > 0.0 ? std::sqrt(std::max(0.0, squares[i] / count[i] - shift * shift)) : 0.0;
    mean_[i] = count[i] > 0.0 ? mean_[i] + shift : 0.0;
    largest = std::max(largest, sd_[i]);
    const double own = sd_[i] > 0.0 ? 1.0 / sd_[i] : 0.0;
    model_.set_scale(i, mean_[i], count[i] == 0.0 ? 0.0 : settings_.standardise ? own : 1.0);
  }
  for (std::size_t i = 0; i < features; ++i)
    fit_scale_[i] = settings_.standardise ? model_.scale(i) : largest > 0.0 ? 1.0 / largest : 1.0;
}

void KMeansBatch::fill_blocks(RowBlocks& blocks) const {
  const std::size_t entries = window_.entries_per_feature();
  for (std::size_t row = 0; row < sample_.rows(); ++row) {
    const double* at = sample_.row(row).data();
    float* out = &blocks.at(row, 0);
    for (std::size_t i = 0; i < mean_.size(); ++i) {
      for (std::size_t entry = 0; entry < entries; ++entry, ++at, out += RowBlocks::kRows) {
        const double value = (*at - mean_[i]) * fit_scale_[i];
        *out = std::isnan(value) ? 0.0f : static_cast<float>(value);
      }
    }
  }
}

void KMeansBatch::find_centres(KMeansFit& fit, const RowBlocks& blocks) {
  const std::size_t entries = window_.entries_per_feature();
  const std::size_t length = window_.length();
  KMeansPlan plan{.starts = settings_.starts, .max_iterations = settings_.max_iterations, .polish = true};
  double variance = 0.0;
  for (std::size_t i = 0; i < sd_.size(); ++i) variance += sd_[i] * fit_scale_[i] * sd_[i] * fit_scale_[i];
  plan.tolerance = settings_.tolerance * variance / static_cast<double>(std::max<std::size_t>(sd_.size(), 1));
  if (start_.empty()) {
    fit.begin(blocks, sample_.rows(), plan);
  } else {
    std::vector<double> start(start_);
    for (std::size_t at = 0; at < start.size(); ++at) {
      const std::size_t i = at % length / entries;
      start[at] = (start[at] - mean_[i]) * fit_scale_[i];
    }
    fit.begin_at(blocks, sample_.rows(), plan, start);
  }
  while (!fit.advance(std::numeric_limits<std::size_t>::max())) {
  }
  for (std::size_t cluster = 0; cluster < settings_.clusters; ++cluster) {
    for (std::size_t entry = 0; entry < length; ++entry) {
      const std::size_t i = entry / entries;
      const double back = fit_scale_[i] > 0.0 ? model_.scale(i) / fit_scale_[i] : 0.0;
      model_.set_centre(cluster, entry, fit.centre(cluster, entry) * back);
    }
  }
}

// The centres become the means of their rows to the last digit of double precision.
void KMeansBatch::centre_exactly(const KMeansFit& fit) {
  const std::size_t length = window_.length();
  const std::size_t entries = window_.entries_per_feature();
  std::vector<double> sums(settings_.clusters * length, 0.0);
  std::vector<double> members(settings_.clusters, 0.0);
  for (std::size_t row = 0; row < sample_.rows(); ++row) {
    const std::span<const double> vector = sample_.row(row);
    const std::size_t nearest = fit.label(row);
    members[nearest] += 1.0;
    double* sum = &sums[nearest * length];
    for (std::size_t i = 0, entry = 0; i < mean_.size(); ++i)
      for (const std::size_t end = entry + entries; entry < end; ++entry)
        if (!std::isnan(vector[entry])) sum[entry] += vector[entry] - mean_[i];
  }
  for (std::size_t cluster = 0; cluster < settings_.clusters; ++cluster) {
    if (members[cluster] == 0.0) continue;
    for (std::size_t entry = 0; entry < length; ++entry)
      model_.set_centre(cluster, entry,
                        sums[cluster * length + entry] / members[cluster] * model_.scale(entry / entries));
  }
}

void KMeansBatch::measure_training() {
  double smallest = std::numeric_limits<double>::infinity();
  double largest = 0.0;
  inertia_ = 0.0;
  for (std::size_t row = 0; row < sample_.rows(); ++row) {
    const KMeansDistance distance = model_.distance(sample_.row(row));
    smallest = std::min(smallest, distance.mean);
    largest = std::max(largest, distance.mean);
    inertia_ += distance.nearest_squared;
  }
  model_.set_range(smallest, largest);
}

FitStatus KMeansBatch::fit() {
  training_rows_ = sample_.rows();
  if (training_rows_ < settings_.clusters) return FitStatus::kTooFewRows;
  find_scales();
  RowBlocks blocks(window_.length(), sample_.rows());
  fill_blocks(blocks);
  KMeansFit fit(window_.length(), settings_.clusters, sample_.rows(), settings_.seed);
  find_centres(fit, blocks);
  if (fit.degenerate()) return FitStatus::kDegenerate;
  centre_exactly(fit);
  measure_training();
  fitted_ = true;
  return FitStatus::kFitted;
}

BatchScore KMeansBatch::score(const Observation& row) {
  const std::size_t present = window_.vector_of(row, vector_);
  window_.push(row);
  if (!fitted_ || present == 0) return {};
  distance_ = model_.distance(vector_);
  double score = model_.score(distance_.mean);
  if (settings_.cap > 0.0) score = std::min(score, settings_.cap);
  return {.judged = true, .native = score, .strangeness = score};
}

void KMeansBatch::explain(const Observation& row, FeatureParts& parts) const {
  const auto features = static_cast<Eigen::Index>(mean_.size());
  parts.mean = parts.share = FeatureVector::Zero(features);
  parts.sd = FeatureVector::Ones(features);
  FeatureVector part = FeatureVector::Zero(features);
  model_.add_parts(vector_, distance_.nearest, part);
  double sum = 0.0;
  for (Eigen::Index at = 0; at < features; ++at) {
    const auto i = static_cast<std::size_t>(at);
    if (!row.present[i]) continue;
    const double scale = model_.scale(i);
    const double centre = scale > 0.0 ? mean_[i] + model_.centre(distance_.nearest, i) / scale : mean_[i];
    const double sd = plain() ? sd_[i] : std::sqrt(raw_[i].variance());
    parts.mean[at] = plain() ? centre : raw_[i].mean();
    if (sd > 0.0) parts.sd[at] = sd;
    if (std::isnan(vector_[i * window_.entries_per_feature()])) continue;
    parts.share[at] = part[at];
    sum += part[at];
  }
  if (sum > 0.0)
    parts.share /= sum;
  else
    parts.share.setZero();
}

}  // namespace epsilond::models
