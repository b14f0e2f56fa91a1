#include "models/density/mixture_fit.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "models/density/complete_rows.h"
#include "models/density/mixture_block.h"
#include "models/elementary.h"

namespace epsilond::models {
namespace {

constexpr double kLog2Pi = 1.83787706640934548356;
constexpr std::size_t kStartRows = 4096;                 // enough for it, but not for many wide components
constexpr std::size_t kStartRowsPerValue = 8;            // of their centres
constexpr double kEmpty = 1e-9;                          // rows: a cluster without any
constexpr double kLeast = 10.0 * 2.220446049250313e-16;  // rows: as scikit-learn, no division by 0

std::size_t most_components(const MixtureFitSettings& settings) {
  return settings.components > 0 ? settings.components : settings.most_components;
}

}  // namespace

MixtureFit::MixtureFit(std::size_t width, const MixtureFitSettings& settings)
    : width_(width),
      settings_(settings),
      shift_(width),
      inverse_scale_(width),
      scale_(width),
      added_(width),
      floor_(width),
      counts_(width),
      squares_(width),
      drawn_(kTries * width),
      current_(width, most_components(settings)),
      whitener_(most_components(settings) * packed_size(width)),
      log_peak_(most_components(settings)),
      sums_(most_components(settings) * (1 + width + packed_size(width))),
      block_(block_size(width)),
      centred_(block_size(width)),
      weighted_(block_size(width)),
      share_(most_components(settings) * kBlockRows),
      square_(kBlockRows),
      best_(width, most_components(settings)) {
  assert(width >= 1 && width <= kMaxFeatures && most_components(settings) <= kMaxComponents);
}

std::span<double> MixtureFit::sums_of(std::size_t c) {
  const std::size_t size = 1 + width_ + packed_size(width_);
  return std::span(sums_).subspan(c * size, size);
}

void MixtureFit::start_over(std::span<const double> rows, std::span<const double> floor) {
  assert(!rows.empty() && rows.size() % width_ == 0);
  rows_ = rows;
  std::fill(floor_.begin(), floor_.end(), 0.0);
  std::copy(floor.begin(), floor.end(), floor_.begin());
  random_ = Random(settings_.seed);
  best_.components = 0;
  best_bic_ = std::numeric_limits<double>::infinity();
  start_ = 0;
  std::fill(counts_.begin(), counts_.end(), 0.0);
  std::fill(squares_.begin(), squares_.end(), 0.0);
  std::fill(shift_.begin(), shift_.end(), 0.0);
  enter(Phase::kMoments);
}

void MixtureFit::begin(std::span<const double> rows, std::span<const double> floor) {
  given_start_ = false;
  current_.components = settings_.components > 0 ? settings_.components : 1;
  start_over(rows, floor);
}

void MixtureFit::begin_from(const MixtureParameters& start, std::span<const double> rows,
                            std::span<const double> floor) {
  assert(start.width() == width_ && start.components >= 1 && start.components <= current_.weight.size());
  given_start_ = true;
  current_.components = start.components;
  std::copy_n(start.weight.begin(), start.components, current_.weight.begin());
  std::copy_n(start.mean.begin(), start.components * width_, current_.mean.begin());
  std::copy_n(start.covariance.begin(), start.components * packed_size(width_), current_.covariance.begin());
  start_over(rows, floor);
}

bool MixtureFit::advance(std::size_t most_rows) {
  while (running() && most_rows > 0) {
    const std::size_t count = std::min({most_rows, kBlockRows, pass_rows() - at_});
    read_block(count);
    at_ += count;
    rows_read_ += count;
    most_rows -= count;
    if (at_ == pass_rows()) finish_pass();
  }
  return !running();
}

void MixtureFit::enter(Phase phase) {
  phase_ = phase;
  at_ = 0;
  likelihood_ = 0.0;
  weight_seen_ = 0.0;
  std::fill(sums_.begin(), sums_.end(), 0.0);
}

// The start is made from a part of the rows: one of each of so many equal stretches.
std::size_t MixtureFit::pass_rows() const {
  if (phase_ < Phase::kDraw || phase_ > Phase::kHard) return rows();
  return std::min(rows(), std::max(kStartRows, kStartRowsPerValue * current_.components * width_));
}

const double* MixtureFit::row_at(std::size_t at, std::size_t stretch) const {
  // At a place of its own in the stretch, or rows that come back in a rhythm would be found always or never.
  const std::size_t row = stretch > 1 ? at * stretch + Random(settings_.seed + at).below(stretch) : at;
  return rows_.data() + row * width_;
}

void MixtureFit::load(std::size_t count) {
  const std::size_t stretch = rows() / pass_rows();
  for (std::size_t b = 0; b < count; b += 2) {
    const double* const one = row_at(at_ + b, stretch);
    const double* const two = b + 1 < count ? row_at(at_ + b + 1, stretch) : one;
    load_rows(one, two, b, shift_, inverse_scale_, block_.data());
  }
}

void MixtureFit::read_block(std::size_t count) {
  if (phase_ == Phase::kMoments) {
    add_moments(count);
    return;
  }
  load(count);
  switch (phase_) {
    case Phase::kDraw:
      draw(count);
      break;
    case Phase::kTry:
      try_drawn(count);
      break;
    case Phase::kCluster:
    case Phase::kHard:
      assign_nearest(count, phase_ == Phase::kHard);
      break;
    case Phase::kExpectation:
    case Phase::kFinal:
      expect(count, phase_ == Phase::kExpectation);
      break;
    case Phase::kIdle:
    case Phase::kMoments:
      break;
  }
}

void MixtureFit::finish_pass() {
  switch (phase_) {
    case Phase::kMoments:
      finish_moments();
      break;
    case Phase::kDraw:
      finish_draw();
      break;
    case Phase::kTry:
      finish_try();
      break;
    case Phase::kCluster:
      finish_cluster();
      break;
    case Phase::kHard:
      if (maximise() && whiten()) {
        enter(Phase::kExpectation);
      } else {
        next_candidate(true);
      }
      break;
    case Phase::kExpectation:
      finish_expectation();
      break;
    case Phase::kFinal:
      finish_candidate();
      break;
    case Phase::kIdle:
      break;
  }
}

void MixtureFit::finish_moments() {
  bool finite = true;
  for (std::size_t j = 0; j < width_; ++j) {
    const double variance = counts_[j] > 0.0 ? squares_[j] / counts_[j] : 0.0;
    double added = settings_.regularisation * variance + floor_[j];
    if (!(added > 0.0)) added = kConstantVariance;
    scale_[j] = std::sqrt(std::max(variance, added));
    inverse_scale_[j] = 1.0 / scale_[j];
    added_[j] = added * inverse_scale_[j] * inverse_scale_[j];
    finite = finite && std::isfinite(variance) && std::isfinite(shift_[j]);
  }
  status_ = FitStatus::kFitted;
  if (rows() < std::max<std::size_t>(2, current_.components))
    status_ = FitStatus::kTooFewRows;
  else if (!finite)
    status_ = FitStatus::kDegenerate;
  if (status_ != FitStatus::kFitted) {
    phase_ = Phase::kIdle;
    return;
  }
  begin_candidate();
}

void MixtureFit::begin_candidate() {
  iteration_ = 0;
  converged_ = false;
  if (given_start_) {
    for (std::size_t c = 0; c < current_.components; ++c)
      for (std::size_t i = 0; i < width_; ++i) {
        current_.mean_of(c)[i] = (current_.mean_of(c)[i] - shift_[i]) * inverse_scale_[i];
        for (std::size_t j = 0; j <= i; ++j)
          current_.covariance_of(c)[packed_at(i, j)] *= inverse_scale_[i] * inverse_scale_[j];
      }
    if (whiten()) {
      enter(Phase::kExpectation);
    } else {
      next_candidate(true);
    }
    return;
  }
  rounds_ = 0;
  if (current_.components == 1) {
    std::fill_n(current_.mean.begin(), width_, 0.0);
    enter(Phase::kHard);
    return;
  }
  const double* const first = rows_.data() + random_.below(rows()) * width_;
  load_rows(first, first, 0, shift_, inverse_scale_, block_.data());
  for (std::size_t j = 0; j < width_; ++j) current_.mean[j] = block_[j * kBlockRows];
  seeds_ = 1;
  enter(Phase::kDraw);
}

void MixtureFit::expect(std::size_t count, bool moments) {
  const std::size_t packed = packed_size(width_);
  for (std::size_t c = 0; c < current_.components; ++c) {
    centre_block(block_.data(), current_.mean_of(c), centred_.data());
    block_distances(centred_.data(), width_, whitener_.data() + c * packed, square_.data());
    double* const part = share_.data() + c * kBlockRows;
    for (std::size_t b = 0; b < kBlockRows; ++b) part[b] = log_peak_[c] - 0.5 * square_[b];
  }
  likelihood_ += share_out(share_.data(), current_.components, count);
  if (!moments) return;
  for (std::size_t c = 0; c < current_.components; ++c) {
    centre_block(block_.data(), current_.mean_of(c), centred_.data());
    add_block_moments(centred_.data(), width_, share_.data() + c * kBlockRows, weighted_.data(), sums_of(c).data());
  }
}

// New parameters from the sums about the old means. False if they are not finite.
bool MixtureFit::maximise() {
  bool finite = true;
  for (std::size_t c = 0; c < current_.components; ++c) {
    const std::span<double> sums = sums_of(c);
    const bool empty = sums[0] < kEmpty;
    const double inverse = 1.0 / (sums[0] + kLeast);
    const std::span<double> mean = current_.mean_of(c);
    const std::span<double> covariance = current_.covariance_of(c);
    current_.weight[c] = std::max(sums[0], 1e-3) / static_cast<double>(pass_rows());
    for (std::size_t i = 0; i < width_; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const std::size_t at = packed_at(i, j);
        // A component that lost its rows is as wide as all rows, and may find some again.
        const double own = empty ? (i == j ? 1.0 : 0.0)
                                 : sums[1 + width_ + at] * inverse - sums[1 + i] * inverse * (sums[1 + j] * inverse);
        covariance[at] = own + (i == j ? added_[i] : 0.0);
        finite = finite && std::isfinite(covariance[at]);
      }
    }
    for (std::size_t i = 0; i < width_ && !empty; ++i) mean[i] += sums[1 + i] * inverse;
  }
  return finite;
}

bool MixtureFit::whiten() {
  const std::size_t packed = packed_size(width_);
  for (std::size_t c = 0; c < current_.components; ++c) {
    const std::span<double> whitener = std::span(whitener_).subspan(c * packed, packed);
    if (!invert_cholesky(current_.covariance_of(c), width_, whitener)) return false;
    log_peak_[c] = models::log(current_.weight[c]) - 0.5 * kLog2Pi * static_cast<double>(width_);
    for (std::size_t i = 0; i < width_; ++i) log_peak_[c] += models::log(whitener[packed_at(i, i)]);
  }
  return true;
}

void MixtureFit::finish_expectation() {
  const double likelihood = likelihood_ / static_cast<double>(rows());
  ++iteration_;
  converged_ = iteration_ > 1 && std::fabs(likelihood - last_likelihood_) < settings_.tolerance;
  last_likelihood_ = likelihood;
  if (!std::isfinite(likelihood) || !maximise() || !whiten()) {
    next_candidate(true);
    return;
  }
  enter(converged_ || iteration_ >= settings_.max_iterations ? Phase::kFinal : Phase::kExpectation);
}

void MixtureFit::finish_candidate() {
  double log_scale = 0.0;
  for (const double scale : scale_) log_scale += models::log(scale);
  const double likelihood = likelihood_ / static_cast<double>(rows()) - log_scale;
  const double bic =
      bayesian_information(likelihood * static_cast<double>(rows()), current_.components, width_, rows());
  if (bic < best_bic_) {
    best_bic_ = bic;
    best_likelihood_ = likelihood;
    best_iterations_ = iteration_;
    best_converged_ = converged_;
    best_.components = current_.components;
    for (std::size_t c = 0; c < current_.components; ++c) {
      best_.weight[c] = current_.weight[c];
      for (std::size_t i = 0; i < width_; ++i) {
        best_.mean_of(c)[i] = current_.mean_of(c)[i] * scale_[i] + shift_[i];
        for (std::size_t j = 0; j <= i; ++j)
          best_.covariance_of(c)[packed_at(i, j)] = current_.covariance_of(c)[packed_at(i, j)] * scale_[i] * scale_[j];
      }
    }
  }
  next_candidate(false);
}

void MixtureFit::next_candidate(bool degenerate) {
  if (given_start_) {
    finish();
    return;
  }
  ++start_;
  const bool again = current_.components > 1 && start_ < settings_.starts;
  if (!again) {
    // Too few distinct rows for so many components are too few for more.
    const bool more = settings_.components == 0 && !degenerate && current_.components < settings_.most_components &&
                      current_.components < rows();
    if (!more) {
      finish();
      return;
    }
    start_ = 0;
    ++current_.components;
  }
  begin_candidate();
}

void MixtureFit::finish() {
  phase_ = Phase::kIdle;
  status_ = best_.components > 0 ? FitStatus::kFitted : FitStatus::kDegenerate;
}

std::size_t MixtureFit::memory_bytes() const {
  return current_.memory_bytes() + best_.memory_bytes() +
         ((7 + kTries) * width_ + whitener_.size() + log_peak_.size() + sums_.size() + 3 * block_.size() +
          share_.size() + square_.size()) *
             sizeof(double);
}

}  // namespace epsilond::models
