#include "models/density/mixture_detector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "models/learned_bounds.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr std::size_t kFewestRows = 30;
constexpr std::size_t kRowsPerFeature = 3;
constexpr double kLargestShrinkage = 0.9;
constexpr double kLongestTick = 16.0;  // rows per tick grow with the interval up to this many times
constexpr double kUsualPasses = 60.0;  // of a fit over its rows, all candidates together

std::size_t fewest_rows(std::size_t features) { return std::max(kFewestRows, kRowsPerFeature * features); }

std::size_t most_components(const MixtureFitSettings& fit) {
  return fit.components > 0 ? fit.components : fit.most_components;
}

MixtureDetectorSettings workable(MixtureDetectorSettings settings) {
  settings.ring_rows = std::max(settings.ring_rows, fewest_rows(settings.bank.feature_count));
  settings.ring_every_s = std::max(settings.ring_every_s, settings.bank.interval_s);
  return settings;
}

}  // namespace

MixtureDetector::MixtureDetector(const MixtureDetectorSettings& settings)
    : BankDetector(settings.bank),
      settings_(workable(settings)),
      rows_per_tick_(settings.rows_per_tick *
                     static_cast<std::size_t>(std::clamp(settings.bank.interval_s, 1.0, kLongestTick))),
      ring_(settings_.ring_rows * settings.bank.feature_count),
      every_s_(settings.bank.interval_s),
      floor_(settings.bank.feature_count),
      fit_(settings.bank.feature_count, settings.fit),
      mixture_(settings.bank.feature_count, most_components(settings.fit)) {
  for (std::size_t i = 0; i < floor_.size(); ++i) {
    const double resolution = settings.bank.resolution[i];
    floor_[i] = resolution * resolution;
  }
}

BankDetector::Judgement MixtureDetector::judge(const Observation& observation, FeatureVector& part) const {
  const PresenceMask kept = observation.present & PresenceMask(learned_.fitted_known);
  if (!fitted() || kept.none()) return {};
  const Mixture::Density density = mixture_.density(observation.values, kept);
  std::array<double, kMaxFeatures> x{};
  std::array<double, kMaxFeatures> parts{};
  std::array<double, kMaxFeatures> conditional_z{};
  const std::size_t count = gather(observation.values, kept, x);
  mixture_.marginal(density.nearest, kept).parts(std::span(x).first(count), parts, conditional_z);
  std::size_t at = 0;
  for (std::size_t i = 0; i < feature_count(); ++i)
    if (kept[i]) part[static_cast<Eigen::Index>(i)] = std::clamp(parts[at++], 0.0, FullGaussian::kLargestSquare);
  return {.judged = true, .log_density = density.log_density, .strangeness = -density.completed};
}

void MixtureDetector::learn(const Observation& observation, double elapsed_s) {
  learned_.age_s += elapsed_s;
  ring_age_s_ += elapsed_s;
  since_begin_s_ += elapsed_s;
  since_row_s_ += elapsed_s;
  if (fit_.running() && fit_.advance(rows_per_tick_)) adopt_fit();
  // Half an interval early rather than late: ticks come about on time.
  if (used_ == 0 || since_row_s_ + 0.5 * interval_s() >= every_s_) take_row(observation);
  if (due()) begin_fit();
}

void MixtureDetector::take_row(const Observation& observation) {
  const std::size_t rows = settings_.ring_rows;
  if (used_ == rows && every_s_ < settings_.ring_every_s) {
    if (fit_.running()) return;  // its rows stay where they are
    thin();
  }
  const bool full = used_ == rows;
  double* const row = ring_.data() + (full ? next_ : used_) * feature_count();
  for (std::size_t i = 0; i < feature_count(); ++i) {
    const double value = observation.values[static_cast<Eigen::Index>(i)];
    const bool there = observation.present[i] && is_reading(value);
    row[i] = there ? value : std::numeric_limits<double>::quiet_NaN();
    if (there) learned_.known |= std::uint64_t{1} << i;
  }
  if (full) {
    if (++next_ == rows) next_ = 0;
  } else {
    ++used_;
  }
  since_row_s_ = 0.0;
}

void MixtureDetector::thin() {
  const std::size_t width = feature_count();
  const std::size_t first = (used_ + 1) % 2;  // so that the newest is kept
  std::size_t kept = 0;
  for (std::size_t row = first; row < used_; row += 2, ++kept)
    std::copy_n(ring_.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                ring_.begin() + static_cast<std::ptrdiff_t>(kept * width));
  used_ = kept;
  every_s_ = std::min(2.0 * every_s_, settings_.ring_every_s);
}

double MixtureDetector::span_s() const {
  return std::min(ring_age_s_, static_cast<double>(settings_.ring_rows) * settings_.ring_every_s);
}

bool MixtureDetector::due() const {
  if (fit_.running() || used_ < fewest_rows(feature_count())) return false;
  if (!fitted()) return since_begin_s_ >= settings_.bank.warm_up_s;
  const double wait_s = std::min(settings_.refit_every_s, begin_age_s_);
  return since_begin_s_ >= wait_s && span_s() >= learned_.fit_span_s;
}

void MixtureDetector::begin_fit() {
  since_begin_s_ = 0.0;
  begin_age_s_ = learned_.age_s;
  begin_span_s_ = span_s();
  begin_known_ = learned_.known;
  fit_.begin(std::span(ring_).first(used_ * feature_count()), floor_);
}

void MixtureDetector::adopt_fit() {
  ++fits_;
  if (fit_.status() != FitStatus::kFitted) return;
  std::array<double, kMaxComponents> shrinkage;
  const MixtureParameters& best = fit_.best();
  for (std::size_t c = 0; c < best.components; ++c)
    shrinkage[c] = std::min(kLargestShrinkage,
                            static_cast<double>(feature_count()) / (best.weight[c] * static_cast<double>(fit_.rows())));
  if (!mixture_.set(best, shrinkage)) return;
  mixture_.expect(PresenceMask(begin_known_));
  learned_.fitted_known = begin_known_;
  learned_.fit_span_s = begin_span_s_;
}

void MixtureDetector::empty_ring() {
  fit_.abandon();
  used_ = 0;
  next_ = 0;
  every_s_ = interval_s();
  since_row_s_ = 0.0;
  ring_age_s_ = 0.0;
  since_begin_s_ = 0.0;
}

void MixtureDetector::forget() {
  learned_ = {};
  mixture_.clear();
  empty_ring();
}

std::size_t MixtureDetector::own_memory_bytes() const {
  return sizeof(*this) - sizeof(BankDetector) + (ring_.capacity() + floor_.capacity()) * sizeof(double) +
         fit_.memory_bytes() + mixture_.memory_bytes();
}

double MixtureDetector::own_operations_per_sample() const {
  const auto d = static_cast<double>(feature_count());
  const auto k = static_cast<double>(most_components(settings_.fit));
  const double judgement = k * (d * d + 60.0) + 3.0 * d * d;
  const double ticks = std::max(1.0, settings_.refit_every_s / settings_.bank.interval_s);
  const double fit = kUsualPasses * static_cast<double>(settings_.ring_rows) * 2.0 * k * d * (d + 4.0);
  return 2.0 * judgement + fit / ticks;
}

std::size_t MixtureDetector::own_state_bytes() const {
  const std::size_t width = feature_count();
  return sizeof(Learned) + most_components(settings_.fit) * (1 + width + packed_size(width)) * sizeof(double);
}

void MixtureDetector::save_own(std::span<std::byte> out) const {
  const std::size_t width = feature_count();
  Learned learned = learned_;
  learned.components = mixture_.components();
  std::fill(out.begin(), out.end(), std::byte{});
  put_bytes(out, &learned, 1);
  for (std::size_t c = 0; c < mixture_.components(); ++c) {
    const double weight = mixture_.weight(c);
    put_bytes(out, &weight, 1);
    put_bytes(out, mixture_.component(c).mean().data(), width);
    put_bytes(out, mixture_.component(c).covariance().data(), packed_size(width));
  }
}

bool MixtureDetector::load_own(std::span<const std::byte> in) {
  const std::size_t width = feature_count();
  const std::size_t most = most_components(settings_.fit);
  Learned learned;
  take_bytes(in, &learned, 1);
  for (const double value : {learned.age_s, learned.fit_span_s})
    if (!is_count(value)) return false;
  const bool beyond = width < kMaxFeatures && learned.known >> width != 0;
  if (beyond || (learned.fitted_known & ~learned.known) != 0 || learned.components > most ||
      (learned.components > 0) != (learned.fitted_known != 0))
    return false;
  MixtureParameters parameters(width, most);
  parameters.components = static_cast<std::size_t>(learned.components);
  double weights = 0.0;
  for (std::size_t c = 0; c < parameters.components; ++c) {
    take_bytes(in, &parameters.weight[c], 1);
    take_bytes(in, parameters.mean_of(c).data(), width);
    const std::span<const double> mean = parameters.mean_of(c);
    if (!std::all_of(mean.begin(), mean.end(), is_level)) return false;
    take_bytes(in, parameters.covariance_of(c).data(), packed_size(width));
    weights += parameters.weight[c];
  }
  Mixture mixture(width, most);
  if (parameters.components > 0) {
    if (!mixture.set(parameters) || !(std::fabs(weights - 1.0) < 1e-3)) return false;
    mixture.expect(PresenceMask(learned.fitted_known));
  }
  mixture_ = std::move(mixture);
  learned_ = learned;
  empty_ring();
  begin_age_s_ = learned_.age_s;
  return true;
}

}  // namespace epsilond::models
