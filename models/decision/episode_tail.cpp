#include "models/decision/episode_tail.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "models/baseline/running_moments.h"
#include "models/decision/threshold.h"
#include "models/elementary.h"

namespace epsilond::models {
namespace {

using std::numbers::ln10;

constexpr double kLongestClusterGaps = 12.0;
constexpr double kStart = 0.95;             // the quantile that the tail begins at
constexpr double kSamplesPerCluster = 5.0;  // expected, until clusters were counted
constexpr std::size_t kFewestPeaksForShape = 8;
constexpr double kScalePriorPeaks = GeneralisedPareto::kScalePriorPeaks;
constexpr std::size_t kHighestPeaks = 40;  // or a quarter, that say how the tail goes on
constexpr double kMemoryS = 56.0 * 86400.0;
constexpr double kNothingDropped = 1e9;
constexpr double kAverageHalfLifeS = 30.0 * 86400.0;
constexpr double kAveragedElsewhere = 3000.0;  // samples that the expectation is worth
const double kStartSurprise = -models::log10(1.0 - kStart);

double cluster_gap_s(double interval_s) { return interval_s <= 2.0 ? 60.0 : std::max(1800.0, 6.0 * interval_s); }

double bounded(double score) { return std::clamp(score, -1e6, 1e6); }

double positive(double surprise) { return surprise >= 1.0 ? surprise : models::exp(surprise - 1.0); }

}  // namespace

EpisodeTail::EpisodeTail(const EpisodeTailSettings& settings)
    : settings_(settings), cluster_gap_s_(cluster_gap_s(settings.interval_s)) {
  reset();
}

EpisodeTail::Line EpisodeTail::expected_elsewhere() const {
  Line line;
  line.start = settings_.usual_start;
  line.scale = settings_.usual_scale;
  line.start_surprise = -models::log10((1.0 - kStart) / kSamplesPerCluster / kDeclusteringFactor);
  return line;
}

void EpisodeTail::reset() {
  scores_ = 0.0;
  step_scale_ = 1.0;
  seen_s_ = 0.0;
  in_cluster_ = false;
  cluster_ = {};
  last_above_s_ = cluster_begun_s_ = 0.0;
  peak_count_ = 0;
  clusters_ = 0.0;
  complete_above_ = -kNothingDropped;
  recent_ = lasting_ = expected_elsewhere();
  highest_ = {};
  averaged_ = kAveragedElsewhere;
  peaks_.fill({});
}

double EpisodeTail::Line::surprise(double score) const { return start_surprise + (score - start) / (scale * ln10); }

// One score in twenty is above the quantile, however few clusters they make: beside it nothing is rare.
double EpisodeTail::Line::most(double score) const {
  constexpr double kSteepness = 10.0;
  const double above = (score - start) / (scale * ln10);
  return kStartSurprise + (above > 0.0 ? kSteepness * above : above);
}

double EpisodeTail::Tail::surprise_over_start(double score) const {
  return over_start.quick_decay((score - start) / over_start.scale) / ln10;
}

double EpisodeTail::surprise_by_peaks(double score) const {
  if (score <= recent_.start) return recent_.surprise(score);
  const double of_highest = highest_.share_surprise;  // more than that of the quantile
  if (score >= highest_.start) return recent_.start_surprise + of_highest + highest_.surprise_over_start(score);
  return recent_.start_surprise + of_highest * (score - recent_.start) / (highest_.start - recent_.start);
}

EpisodeTail::Surprise EpisodeTail::surprise(double score) const {
  if (std::isnan(score)) return {};
  const double lasting = std::min(lasting_.surprise(bounded(score)), lasting_.most(bounded(score)));
  return {positive(lasting), recent_surprise(score)};
}

double EpisodeTail::recent_surprise(double score) const {
  if (!ready() || std::isnan(score)) return 0.0;
  return positive(std::min(surprise_by_peaks(bounded(score)), recent_.most(bounded(score))));
}

void EpisodeTail::learn(double score, double elapsed_s) {
  if (!std::isfinite(score)) return;
  seen_s_ += elapsed_s;
  if (scores_ < kFewestScores) return start_up(score);
  scores_ += 1.0;
  if (seen_s_ > kMemoryS) clusters_ -= clusters_ * std::min(1.0, elapsed_s / kMemoryS);
  move_quantile(score);
  follow_cluster(score);
  fit_rate();
  average(elapsed_s);
}

// The first scores are only collected; the quantile begins at theirs.
void EpisodeTail::start_up(double score) {
  peaks_[static_cast<std::size_t>(scores_)].height = score;
  scores_ += 1.0;
  if (scores_ < kFewestScores) return;
  std::sort(peaks_.begin(), peaks_.end(), [](const Peak& a, const Peak& b) { return a.height < b.height; });
  const auto at = [this](double quantile) {
    return peaks_[static_cast<std::size_t>(quantile * static_cast<double>(kPeaks - 1))].height;
  };
  recent_.start = at(kStart);
  step_scale_ = std::max(1e-6, at(0.9) - at(0.5));
  peaks_.fill({});
  fit_peaks();
  fit_rate();
}

// Robbins and Monro, A stochastic approximation method, 1951: a step up weighs what it is rarer than a step down.
void EpisodeTail::move_quantile(double score) {
  const double step = step_scale_ * std::clamp(20.0 / scores_, 0.002, 0.05);
  recent_.start += step * (score > recent_.start ? kStart : kStart - 1.0);
}

void EpisodeTail::follow_cluster(double score) {
  if (score > recent_.start) {
    if (!in_cluster_) cluster_begun_s_ = seen_s_;
    if (!in_cluster_ || score > cluster_.height) cluster_ = {seen_s_, score};
    in_cluster_ = true;
    last_above_s_ = seen_s_;
  }
  // What comes back oftener than the gap would be one cluster for ever, and so taken for rare.
  const bool quiet = seen_s_ - last_above_s_ > cluster_gap_s_;
  if (!in_cluster_ || (!quiet && seen_s_ - cluster_begun_s_ <= kLongestClusterGaps * cluster_gap_s_)) return;
  in_cluster_ = false;
  cluster_.time_s = seen_s_;
  keep_peak();
  fit_peaks();
}

// Of what is older than the memory nothing stays; of the rest, if there is no room for all, the highest.
void EpisodeTail::keep_peak() {
  for (std::size_t i = 0; i < peak_count_;) {
    if (seen_s_ - peaks_[i].time_s <= kMemoryS) {
      ++i;
    } else {
      peaks_[i] = peaks_[--peak_count_];
    }
  }
  if (peak_count_ < kPeaks) {
    peaks_[peak_count_++] = cluster_;
  } else {
    Peak& lowest = *std::min_element(peaks_.begin(), peaks_.end(),
                                     [](const Peak& a, const Peak& b) { return a.height < b.height; });
    const double dropped = std::min(lowest.height, cluster_.height);
    if (cluster_.height > lowest.height) lowest = cluster_;
    complete_above_ = std::max(complete_above_, dropped);
  }
  clusters_ += 1.0;
  recent_.scale += (cluster_.height - recent_.start - recent_.scale) / std::min(clusters_, static_cast<double>(kPeaks));
}

void EpisodeTail::fit_peaks() {
  std::array<double, kPeaks> heights;
  const auto collect = [&](double floor) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < peak_count_; ++i)
      if (peaks_[i].height > floor) heights[count++] = peaks_[i].height;
    return count;
  };
  std::size_t count = collect(std::max(recent_.start, complete_above_));
  // What was dropped belongs to a stranger time than what is left.
  if (count < kHighestPeaks && complete_above_ > recent_.start) {
    complete_above_ = recent_.start;
    count = collect(recent_.start);
  }
  std::sort(heights.begin(), heights.begin() + static_cast<std::ptrdiff_t>(count));
  const bool all_kept = complete_above_ <= recent_.start;
  if (all_kept) {
    clusters_ = static_cast<double>(count);
    const double sum = std::accumulate(heights.begin(), heights.begin() + static_cast<std::ptrdiff_t>(count), 0.0);
    recent_.scale =
        (sum - clusters_ * recent_.start + kScalePriorPeaks * settings_.usual_scale) / (clusters_ + kScalePriorPeaks);
  }
  const std::size_t highest = count <= kHighestPeaks ? count : std::max(kHighestPeaks, count / 4);
  fit_highest(std::span<const double>(heights).first(count), highest);
}

// `heights` of peaks, ascending; the last `highest` of them make the tail.
void EpisodeTail::fit_highest(std::span<const double> heights, std::size_t highest) {
  const std::size_t below = heights.size() - highest;
  const double start = below == 0 ? std::max(recent_.start, complete_above_) : heights[below - 1];
  const auto n = static_cast<double>(highest);
  const GeneralisedPareto::Moments moments = GeneralisedPareto::moments(heights.subspan(below), start);
  const double shape = highest < kFewestPeaksForShape ? 0.0 : GeneralisedPareto::shape_by(moments, 0.0);
  highest_.start = start;
  highest_.share_surprise = n > 0.0 ? -models::log(std::min(1.0, n / clusters_)) / ln10 : 0.0;
  highest_.over_start = GeneralisedPareto::shrunk(shape, moments.sum + kScalePriorPeaks * recent_.scale, n);
}

void EpisodeTail::fit_rate() {
  // Lengths of time in samples.
  constexpr double kElsewhere = kSamplesPerCluster / (1.0 - kStart);  // from one cluster to the next
  const double seen = std::clamp(seen_s_, 1.0, kMemoryS) / settings_.interval_s;
  const double per_sample = (clusters_ + 1.0) / (seen + kElsewhere);
  recent_.start_surprise = -models::log(per_sample * (1.0 / kDeclusteringFactor)) / ln10;
}

void EpisodeTail::average(double elapsed_s) {
  const double gain = forgetting_gain(forgotten_share(elapsed_s, kAverageHalfLifeS), averaged_);
  averaged_ += 1.0;
  lasting_.start += gain * (recent_.start - lasting_.start);
  lasting_.scale += gain * (recent_.scale - lasting_.scale);
  lasting_.start_surprise += gain * (recent_.start_surprise - lasting_.start_surprise);
}

void EpisodeTail::save(std::span<double, kStateDoubles> out) const {
  const std::array<double, kHead> head = {scores_,
                                          step_scale_,
                                          seen_s_,
                                          in_cluster_ ? 1.0 : 0.0,
                                          cluster_.height,
                                          last_above_s_,
                                          static_cast<double>(peak_count_),
                                          clusters_,
                                          complete_above_,
                                          recent_.start,
                                          recent_.scale,
                                          lasting_.start,
                                          lasting_.scale,
                                          lasting_.start_surprise,
                                          averaged_,
                                          highest_.start,
                                          highest_.over_start.shape,
                                          highest_.over_start.scale,
                                          highest_.share_surprise,
                                          cluster_begun_s_};
  std::copy(head.begin(), head.end(), out.begin());
  for (std::size_t i = 0; i < kPeaks; ++i) {
    out[head.size() + 2 * i] = peaks_[i].time_s;
    out[head.size() + 2 * i + 1] = peaks_[i].height;
  }
}

bool EpisodeTail::load(std::span<const double, kStateDoubles> in) {
  for (const double value : in)
    if (!std::isfinite(value) || std::fabs(value) > 1e18) return false;
  const auto whole = [](double value, double largest) {
    return value >= 0.0 && value <= largest && value == std::floor(value);
  };
  // Scales and counts: see save().
  if (!whole(in[0], 1e18) || in[1] <= 0.0 || in[2] < 0.0 || !whole(in[3], 1.0) ||
      !whole(in[6], static_cast<double>(kPeaks)) || in[7] < 0.0 || in[10] <= 0.0 || in[12] <= 0.0 || in[14] < 0.0)
    return false;
  const bool has_shape = in[16] >= GeneralisedPareto::kShapeLowest && in[16] <= GeneralisedPareto::kShapeHighest;
  if (!has_shape || in[17] <= 0.0 || in[18] < 0.0) return false;
  scores_ = in[0];
  step_scale_ = in[1];
  seen_s_ = in[2];
  in_cluster_ = in[3] > 0.0;
  cluster_.height = in[4];
  last_above_s_ = in[5];
  cluster_begun_s_ = in[19];
  peak_count_ = static_cast<std::size_t>(in[6]);
  clusters_ = in[7];
  complete_above_ = in[8];
  recent_.start = in[9];
  recent_.scale = in[10];
  lasting_ = {in[11], in[12], in[13]};
  averaged_ = in[14];
  for (std::size_t i = 0; i < kPeaks; ++i) peaks_[i] = {in[kHead + 2 * i], in[kHead + 2 * i + 1]};
  highest_ = {in[15], {in[16], in[17]}, in[18]};
  fit_rate();
  return true;
}

}  // namespace epsilond::models
