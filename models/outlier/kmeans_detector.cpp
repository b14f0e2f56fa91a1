#include "models/outlier/kmeans_detector.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "models/learning_time.h"

namespace epsilond::models {
namespace {

constexpr std::size_t kMaxIterations = 100;
constexpr double kTolerance = 1e-4;  // of the variance of an entry, as scikit-learn's
constexpr double kGrowth = 4.0;      // of the ring, that makes another fit worth while
// A fit is done in this part of the time between two.
constexpr double kFitShare = 0.5;

LagSettings lag_settings(std::size_t feature_count, const KMeansSettings& settings) {
  return {.feature_count = feature_count,
          .smooth = settings.smooth,
          .difference = settings.difference,
          .lag = settings.lag};
}

}  // namespace

KMeansDetector::KMeansDetector(const BankSettings& bank, const KMeansSettings& settings)
    : BankDetector(bank),
      settings_(settings),
      resolution_(bank.resolution),
      gap_s_(kGapIntervals * bank.interval_s),
      window_(lag_settings(bank.feature_count, settings)),
      models_(settings.models, KMeans(bank.feature_count, window_.entries_per_feature(), settings.clusters)),
      next_(models_.front()),
      fit_(window_.length(), settings.clusters, settings.ring_rows, settings.seed),
      ring_(window_.length(), settings.ring_rows),
      origin_(bank.feature_count, 0.0),
      newest_(window_.length()),
      vector_(window_.length()),
      sum_(bank.feature_count),
      squares_(bank.feature_count),
      mean_(window_.length(), 0.0f),
      scale_(window_.length(), 1.0f) {
  assert(settings.models >= 1 && settings.clusters <= kFewestVectors && settings.ring_rows >= kFewestVectors);
  const double rows = kFitShare * settings.retrain_every_s / bank.interval_s;
  const std::size_t scan = settings.ring_rows / KMeansFit::kChunkRows + 1;
  const auto chunks = static_cast<double>(fit_.chunks_at_most(settings.ring_rows, plan()) + 2 * scan);
  chunks_per_row_ = static_cast<std::size_t>(std::ceil(std::clamp(chunks / std::max(rows, 1.0), 1.0, 256.0)));
}

KMeansPlan KMeansDetector::plan() const {
  return {.starts = 1, .max_iterations = kMaxIterations, .tolerance = kTolerance};
}

bool KMeansDetector::gap_before(const Observation& observation) const {
  return window_.rows_needed() > 1 && observation.elapsed_s > gap_s_;
}

std::size_t KMeansDetector::models_in_use() const {
  return static_cast<std::size_t>(std::min<std::uint64_t>(at_.fitted, models_.size()));
}

BankDetector::Judgement KMeansDetector::judge(const Observation& observation, FeatureVector& part) const {
  if (!fitted() || gap_before(observation) || window_.vector_of(observation, vector_) == 0) return {};
  double least = std::numeric_limits<double>::infinity();
  std::size_t nearest = 0;
  const KMeans* milder = nullptr;
  for (std::size_t number = 0; number < models_in_use(); ++number) {
    const KMeansDistance distance = models_[number].distance(vector_);
    const double score = models_[number].score(distance.mean);
    if (milder != nullptr && score >= least) continue;
    least = score;
    nearest = distance.nearest;
    milder = &models_[number];
  }
  milder->add_parts(vector_, nearest, part);
  for (std::size_t i = 0; i < feature_count(); ++i)
    if (std::isnan(vector_[i * window_.entries_per_feature()])) part[static_cast<Eigen::Index>(i)] = 0.0;
  if (settings_.cap > 0.0) least = std::min(least, settings_.cap);
  return {.judged = true, .log_density = least, .strangeness = least};
}

void KMeansDetector::move_on(const Observation& observation) {
  if (gap_before(observation)) window_.clear();
  newest_is_new_ = window_.vector_of(observation, newest_) > 0;
  window_.push(observation);
}

void KMeansDetector::keep_vector() {
  const std::size_t entries = window_.entries_per_feature();
  for (std::size_t entry = 0; entry < newest_.size(); ++entry) {
    const std::size_t i = entry / entries;
    const double value = newest_[entry];
    // Differences lie around 0 as they are; values need an origin near them to fit into a float.
    if (at_.rows == 0 && entry % entries == 0) origin_[i] = settings_.difference == 0 ? mean(i) : 0.0;
    ring_.at(static_cast<std::size_t>(at_.place), entry) =
        std::isnan(value) ? mean_[entry] : static_cast<float>(std::clamp(value - origin_[i], -1e37, 1e37));
  }
  at_.place = at_.place + 1 < settings_.ring_rows ? at_.place + 1 : 0;
  at_.rows = std::min<std::uint64_t>(at_.rows + 1, settings_.ring_rows);
  at_.since_kept_s = 0.0;
}

bool KMeansDetector::fit_is_due() const {
  if (at_.rows < kFewestVectors) return false;
  return at_.fitted == 0 || at_.since_fit_s >= settings_.retrain_every_s ||
         static_cast<double>(at_.rows) >= kGrowth * static_cast<double>(at_.rows_at_fit);
}

void KMeansDetector::learn(const Observation&, double elapsed_s) {
  at_.since_kept_s += elapsed_s;
  at_.since_fit_s += elapsed_s;
  const double step_s = settings_.train_window_s / static_cast<double>(settings_.ring_rows);
  const bool wanted = at_.rows < settings_.ring_rows || at_.since_kept_s >= step_s;
  if (newest_is_new_ && wanted && phase_ == Phase::kIdle) keep_vector();
  newest_is_new_ = false;
  if (phase_ == Phase::kIdle && fit_is_due()) begin_fit();
  if (phase_ != Phase::kIdle) work(chunks_per_row_);
}

void KMeansDetector::begin_fit() {
  phase_ = Phase::kMoments;
  row_ = 0;
  at_.since_fit_s = 0.0;
  std::fill(sum_.begin(), sum_.end(), 0.0);
  std::fill(squares_.begin(), squares_.end(), 0.0);
}

void KMeansDetector::work(std::size_t chunks) {
  const auto rows = static_cast<std::size_t>(at_.rows);
  for (; chunks > 0 && phase_ != Phase::kIdle; --chunks) {
    if (phase_ == Phase::kCentres) {
      if (fit_.advance(1)) copy_centres();
      continue;
    }
    const std::size_t last = std::min(row_ + KMeansFit::kChunkRows, rows);
    if (phase_ == Phase::kMoments) {
      add_moments(row_, last);
    } else {
      measure(row_, last);
    }
    row_ = last;
    if (row_ < rows) continue;
    if (phase_ == Phase::kMoments) {
      finish_moments();
    } else {
      finish_fit();
    }
  }
}

void KMeansDetector::add_moments(std::size_t first_row, std::size_t last_row) {
  const std::size_t entries = window_.entries_per_feature();
  for (std::size_t row = first_row; row < last_row; ++row) {
    for (std::size_t entry = 0; entry < newest_.size(); ++entry) {
      const double away = static_cast<double>(ring_.at(row, entry)) - static_cast<double>(mean_[entry]);
      sum_[entry / entries] += away;
      squares_[entry / entries] += away * away;
    }
  }
}

void KMeansDetector::finish_moments() {
  const std::size_t entries = window_.entries_per_feature();
  const double count = static_cast<double>(at_.rows) * static_cast<double>(entries);
  for (std::size_t i = 0; i < feature_count(); ++i) {
    const double shift = sum_[i] / count;
    const double sd = std::sqrt(std::max(0.0, squares_[i] / count - shift * shift));
    const double unit = std::max(sd, resolution_[i]);
    const double scale = unit > 0.0 ? 1.0 / unit : 0.0;
    const float mean = mean_[i * entries] + static_cast<float>(shift);
    std::fill_n(&mean_[i * entries], entries, mean);
    std::fill_n(&scale_[i * entries], entries, static_cast<float>(scale));
    next_.set_scale(i, origin_[i] + static_cast<double>(mean), scale);
  }
  fit_.begin(ring_, static_cast<std::size_t>(at_.rows), plan(), mean_, scale_);
  phase_ = Phase::kCentres;
}

void KMeansDetector::copy_centres() {
  for (std::size_t cluster = 0; cluster < settings_.clusters; ++cluster)
    for (std::size_t entry = 0; entry < newest_.size(); ++entry)
      next_.set_centre(cluster, entry, fit_.centre(cluster, entry));
  smallest_ = std::numeric_limits<double>::infinity();
  largest_ = 0.0;
  row_ = 0;
  phase_ = Phase::kRange;
}

void KMeansDetector::measure(std::size_t first_row, std::size_t last_row) {
  for (std::size_t row = first_row; row < last_row; ++row) {
    for (std::size_t entry = 0; entry < newest_.size(); ++entry)
      vector_[entry] = origin_[entry / window_.entries_per_feature()] + static_cast<double>(ring_.at(row, entry));
    const double distance = next_.distance(vector_).mean;
    smallest_ = std::min(smallest_, distance);
    largest_ = std::max(largest_, distance);
  }
}

void KMeansDetector::finish_fit() {
  next_.set_range(smallest_, largest_);
  models_[static_cast<std::size_t>(at_.fitted % models_.size())].swap(next_);
  ++at_.fitted;
  at_.rows_at_fit = at_.rows;
  phase_ = Phase::kIdle;
}

void KMeansDetector::forget() {
  at_ = {};
  phase_ = Phase::kIdle;
  fit_.abandon();
  newest_is_new_ = false;
  window_.clear();
  std::fill(mean_.begin(), mean_.end(), 0.0f);
  std::fill(scale_.begin(), scale_.end(), 1.0f);
}

std::size_t KMeansDetector::own_memory_bytes() const {
  std::size_t bytes = sizeof(*this) - sizeof(BankDetector) + models_.capacity() * sizeof(KMeans) +
                      window_.memory_bytes() + next_.memory_bytes() + fit_.memory_bytes();
  for (const KMeans& model : models_) bytes += model.memory_bytes();
  return bytes + (ring_.values().capacity() + mean_.capacity() + scale_.capacity()) * sizeof(float) +
         (origin_.capacity() + newest_.capacity() + vector_.capacity() + sum_.capacity() + squares_.capacity()) *
             sizeof(double);
}

double KMeansDetector::own_operations_per_sample() const {
  const auto length = static_cast<double>(window_.length());
  const auto centres = static_cast<double>(settings_.clusters * settings_.models);
  const auto mean_rows = static_cast<double>(settings_.smooth + settings_.lag + 5);
  return 3.0 * mean_rows * static_cast<double>(feature_count()) +
         2.0 * length * (3.0 * centres + 2.0 * static_cast<double>(settings_.models) + 3.0);
}

}  // namespace epsilond::models
