// The passes of a fit before its first iteration.

#include <algorithm>
#include <cmath>

#include "models/density/mixture_block.h"
#include "models/density/mixture_fit.h"

namespace epsilond::models {
namespace {

constexpr std::size_t kMostRounds = 20;   // of k-means: a start for EM, not a result
constexpr double kRoundTolerance = 1e-4;  // relative, of the sum of squares

}  // namespace

// Mean and sum of squares per feature: those of the block, joined to those so far (T. F. Chan, G. H. Golub, R. J.
// LeVeque, American Statistician 37(3), 1983).
void MixtureFit::add_moments(std::size_t count) {
  for (std::size_t j = 0; j < width_; ++j) {
    const double* const column = rows_.data() + at_ * width_ + j;
    double own = 0.0;
    double sum = 0.0;
    double origin = 0.0;
    for (std::size_t b = 0; b < count; ++b) {
      const double value = column[b * width_];
      if (std::isnan(value)) continue;
      if (own == 0.0) origin = value;
      sum += value - origin;
      own += 1.0;
    }
    if (own == 0.0) continue;
    const double mean = sum / own;
    double squares = 0.0;
    for (std::size_t b = 0; b < count; ++b) {
      const double value = column[b * width_] - origin - mean;
      if (!std::isnan(value)) squares += value * value;
    }
    const double before = counts_[j];
    counts_[j] += own;
    const double apart = before > 0.0 ? origin + mean - shift_[j] : 0.0;
    shift_[j] = before > 0.0 ? shift_[j] + apart * (own / counts_[j]) : origin + mean;
    squares_[j] += squares + apart * apart * (before * own / counts_[j]);
  }
}

// Squared distance of each row of the block to the nearest of the centres chosen so far.
void MixtureFit::nearest_centre(std::size_t count, double* least) {
  for (std::size_t c = 0; c < seeds_; ++c) {
    centre_block(block_.data(), current_.mean_of(c), centred_.data());
    block_squares(centred_.data(), width_, square_.data());
    for (std::size_t b = 0; b < count; ++b) least[b] = c == 0 ? square_[b] : std::min(least[b], square_[b]);
  }
}

// Rows are drawn with those as weights.
void MixtureFit::draw(std::size_t count) {
  double least[kBlockRows] = {};
  nearest_centre(count, least);
  for (std::size_t b = 0; b < count; ++b) {
    weight_seen_ += least[b];
    for (std::size_t t = 0; t < kTries; ++t) {
      if (random_.uniform() * weight_seen_ >= least[b]) continue;
      for (std::size_t j = 0; j < width_; ++j) drawn_[t * width_ + j] = block_[j * kBlockRows + b];
    }
  }
}

void MixtureFit::finish_draw() {
  if (!(weight_seen_ > 0.0)) {
    next_candidate(true);
    return;
  }
  potential_.fill(0.0);
  enter(Phase::kTry);
}

void MixtureFit::try_drawn(std::size_t count) {
  double least[kBlockRows] = {};
  nearest_centre(count, least);
  for (std::size_t t = 0; t < kTries; ++t) {
    centre_block(block_.data(), std::span(drawn_).subspan(t * width_, width_), centred_.data());
    block_squares(centred_.data(), width_, square_.data());
    for (std::size_t b = 0; b < count; ++b) potential_[t] += std::min(least[b], square_[b]);
  }
}

void MixtureFit::finish_try() {
  const auto best = std::min_element(potential_.begin(), potential_.end()) - potential_.begin();
  std::copy_n(drawn_.begin() + best * static_cast<std::ptrdiff_t>(width_), width_, current_.mean_of(seeds_).begin());
  ++seeds_;
  enter(seeds_ < current_.components ? Phase::kDraw : Phase::kCluster);
}

void MixtureFit::assign_nearest(std::size_t count, bool moments) {
  double least[kBlockRows] = {};
  std::size_t nearest[kBlockRows] = {};
  for (std::size_t c = 0; c < current_.components; ++c) {
    centre_block(block_.data(), current_.mean_of(c), centred_.data());
    block_squares(centred_.data(), width_, square_.data());
    for (std::size_t b = 0; b < count; ++b) {
      if (c > 0 && square_[b] >= least[b]) continue;
      least[b] = square_[b];
      nearest[b] = c;
    }
  }
  for (std::size_t b = 0; b < count; ++b) likelihood_ += least[b];
  if (!moments) {
    for (std::size_t b = 0; b < count; ++b) {
      const std::span<double> sums = sums_of(nearest[b]);
      sums[0] += 1.0;
      for (std::size_t j = 0; j < width_; ++j) sums[1 + j] += block_[j * kBlockRows + b];
    }
    return;
  }
  for (std::size_t c = 0; c < current_.components; ++c) {
    for (std::size_t b = 0; b < kBlockRows; ++b) square_[b] = b < count && nearest[b] == c ? 1.0 : 0.0;
    centre_block(block_.data(), current_.mean_of(c), centred_.data());
    add_block_moments(centred_.data(), width_, square_.data(), weighted_.data(), sums_of(c).data());
  }
}

void MixtureFit::finish_cluster() {
  for (std::size_t c = 0; c < current_.components; ++c) {
    const std::span<const double> sums = sums_of(c);
    if (!(sums[0] > 0.0)) continue;  // it stays where it was
    for (std::size_t j = 0; j < width_; ++j) current_.mean_of(c)[j] = sums[1 + j] / sums[0];
  }
  ++rounds_;
  const bool settled = rounds_ > 1 && last_likelihood_ - likelihood_ <= kRoundTolerance * likelihood_;
  last_likelihood_ = likelihood_;
  enter(settled || rounds_ == kMostRounds ? Phase::kHard : Phase::kCluster);
}

}  // namespace epsilond::models
