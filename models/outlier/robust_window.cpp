#include "models/outlier/robust_window.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "models/learned_bounds.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr double kLargestDistance = 1e38;  // twice it is a finite float

}  // namespace

RobustWindow::RobustWindow(const RobustWindowSettings& settings)
    : settings_(settings),
      features_(settings.feature_count),
      values_(settings.feature_count * settings.rows),
      scratch_(settings.rows),
      spacing_s_(settings.interval_s),
      since_row_s_(settings.interval_s) {
  assert(settings.feature_count >= 1 && settings.feature_count <= kMaxFeatures && settings.rows >= 2);
}

void RobustWindow::add(const Observation& row, double elapsed_s) {
  since_row_s_ += elapsed_s;
  if (since_row_s_ + 0.5 * settings_.interval_s < spacing_s_) return;
  since_row_s_ = 0.0;
  if (size_ == settings_.rows && spacing_s_ < settings_.row_every_s) thin_out();
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const double value = row.values[static_cast<Eigen::Index>(i)];
    float& kept = values_[i * settings_.rows + next_];
    kept = std::numeric_limits<float>::quiet_NaN();
    if (!row.present[i] || !std::isfinite(value)) continue;
    Feature& feature = features_[i];
    if (!feature.seen) {
      feature.origin = value;
      feature.seen = 1;
    }
    const double distance = value - feature.origin;
    kept = static_cast<float>(std::clamp(distance, -kLargestDistance, kLargestDistance));
  }
  next_ = next_ + 1 == settings_.rows ? 0 : next_ + 1;
  size_ = std::min(size_ + 1, settings_.rows);
  stale_ = settings_.feature_count;
}

// The ring has not wrapped yet, so the rows stand in the order they came.
void RobustWindow::thin_out() {
  const std::size_t half = settings_.rows / 2;
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    float* const values = values_.data() + i * settings_.rows;
    for (std::size_t kept = 0; kept < half; ++kept) values[kept] = values[2 * kept + 1];
  }
  size_ = next_ = half;
  spacing_s_ *= 2.0;
}

void RobustWindow::refresh_one() {
  if (stale_ == 0) return;
  --stale_;
  Feature& feature = features_[turn_];
  const float* const values = values_.data() + turn_ * settings_.rows;
  turn_ = turn_ + 1 == settings_.feature_count ? 0 : turn_ + 1;
  std::size_t count = 0;
  for (std::size_t row = 0; row < size_; ++row)
    if (!std::isnan(values[row])) scratch_[count++] = values[row];
  feature.values = static_cast<std::uint32_t>(count);
  if (count == 0) return;
  const RobustMoments moments = robust_moments(std::span<float>(scratch_).first(count));
  feature.median = feature.origin + moments.median;
  feature.scale = moments.scale;
}

void RobustWindow::reset() {
  std::fill(features_.begin(), features_.end(), Feature());
  size_ = next_ = stale_ = turn_ = 0;
  spacing_s_ = since_row_s_ = settings_.interval_s;
}

std::size_t RobustWindow::memory_bytes() const {
  return features_.capacity() * sizeof(Feature) + (values_.capacity() + scratch_.capacity()) * sizeof(float);
}

RobustWindow::Header RobustWindow::header() const {
  return {.rows = settings_.rows,
          .size = size_,
          .next = next_,
          .stale = stale_,
          .turn = turn_,
          .spacing_s = spacing_s_,
          .since_row_s = since_row_s_};
}

std::size_t RobustWindow::state_bytes() const {
  return sizeof(Header) + features_.size() * sizeof(Feature) + values_.size() * sizeof(float);
}

void RobustWindow::save(std::span<std::byte> out) const {
  const Header head = header();
  put_bytes(out, &head, 1);
  put_bytes(out, features_.data(), features_.size());
  put_bytes(out, values_.data(), values_.size());
}

bool RobustWindow::plausible(const Header& header) const {
  const bool wrapped = header.size == settings_.rows;
  return header.rows == settings_.rows && header.size <= settings_.rows && header.next < settings_.rows &&
         (wrapped || header.next == header.size) && header.stale <= settings_.feature_count &&
         header.turn < settings_.feature_count && is_count(header.spacing_s) &&
         header.spacing_s >= settings_.interval_s && is_count(header.since_row_s);
}

bool RobustWindow::load(std::span<const std::byte> in) {
  Header head;
  take_bytes(in, &head, 1);
  if (!plausible(head)) return false;
  std::array<Feature, kMaxFeatures> features;
  take_bytes(in, features.data(), features_.size());
  for (std::size_t i = 0; i < features_.size(); ++i) {
    const Feature& feature = features[i];
    if (!is_level(feature.origin) || !is_level(feature.median) || !is_size(feature.scale) ||
        feature.values > settings_.rows || feature.seen > 1)
      return false;
  }
  for (std::span<const std::byte> rest = in; !rest.empty();) {
    float value = 0.0F;
    take_bytes(rest, &value, 1);
    if (std::isinf(value)) return false;
  }
  std::copy_n(features.begin(), features_.size(), features_.begin());
  take_bytes(in, values_.data(), values_.size());
  size_ = static_cast<std::size_t>(head.size);
  next_ = static_cast<std::size_t>(head.next);
  stale_ = static_cast<std::size_t>(head.stale);
  turn_ = static_cast<std::size_t>(head.turn);
  spacing_s_ = head.spacing_s;
  since_row_s_ = head.since_row_s;
  return true;
}

}  // namespace epsilond::models
