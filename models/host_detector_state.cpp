// Saving and restoring the learned state of HostDetector: a header, per feature a row of doubles, the seasons, the
// two channels, then what is routine.

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

#include "models/host_detector.h"
#include "models/learned_bounds.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr std::uint32_t kMagic = 0x44485045;  // "EPHD"; also tells a state of the other byte order apart
constexpr std::uint32_t kVersion = 3;

struct Header {
  std::uint32_t magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint32_t feature_count = 0;
  std::uint32_t shape = 0;  // see HostDetector::shape()
  std::uint64_t learned_rows = 0;
  double learned_s = 0.0;
};

struct FeatureRow {
  double count;
  double mean;
  double variance;
  double smallest_step;
  double last;
  double squared_step;
  double of_late;
  double change_variance;
};

constexpr std::uint32_t kBaselineBits = 0xff;  // of the shape

static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) == 32);
static_assert(std::is_trivially_copyable_v<FeatureRow> && sizeof(FeatureRow) == 64);

bool sane(const FeatureRow& row) {
  return is_count(row.count) && is_level(row.mean) && is_square(row.variance) && is_size(row.smallest_step) &&
         is_level(row.last) && is_square(row.squared_step) && is_level(row.of_late) && is_square(row.change_variance);
}

bool sane_features(std::span<const std::byte> in, std::size_t feature_count) {
  for (std::size_t i = 0; i < feature_count; ++i) {
    FeatureRow row;
    take_bytes(in, &row, 1);
    if (!sane(row)) return false;
  }
  return true;
}

// Visits are not negative.
bool sane_season(std::span<const std::byte> in, const SeasonalBaseline& season) {
  for (std::size_t cell = 0; cell < season.cell_count(); ++cell) {
    float value = 0.0f;
    take_bytes(in, &value, 1);
    if (!std::isfinite(value) || (season.is_visits(cell) && value < 0.0f)) return false;
  }
  return true;
}

}  // namespace

// The baseline, and which refinements there are: without the same ones the spread of the scores is another.
std::uint32_t HostDetector::shape() const {
  const JointTerms& terms = settings_.terms;
  std::uint32_t shape = 0;
  for (const bool part : {settings_.rarest, terms.heavy_tails, terms.change, terms.covariance, terms.time_scales})
    shape = shape << 1 | (part ? 0u : 1u);
  return shape << 8 | static_cast<std::uint32_t>(settings_.baseline);
}

std::size_t HostDetector::state_bytes() const {
  return sizeof(Header) + settings_.feature_count * sizeof(FeatureRow) + season_.cell_count() * sizeof(float) +
         gross_.state_bytes() + joint_.state_doubles() * sizeof(double) + Routine::kStateBytes;
}

void HostDetector::save(std::span<std::byte> out) const {
  Header header;
  header.feature_count = static_cast<std::uint32_t>(settings_.feature_count);
  header.shape = shape();
  header.learned_rows = learned_rows_;
  header.learned_s = learned_s_;
  put_bytes(out, &header, 1);
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    const FeatureGroup& group = groups_[i / kFeatureLanes];
    const std::size_t k = i % kFeatureLanes;
    const FeatureRow row = {group.count[k], group.mean[k],         group.variance[k], group.smallest_step[k],
                            group.last[k],  group.squared_step[k], group.of_late[k],  group.change_variance[k]};
    put_bytes(out, &row, 1);
  }
  for (std::size_t cell = 0; cell < season_.cell_count(); ++cell) {
    const float value = season_.cell(cell);
    put_bytes(out, &value, 1);
  }
  gross_.save(out);
  joint_.save(joint_bytes_);
  put_bytes(out, joint_bytes_.data(), joint_bytes_.size());
  routine_.save(out);
}

bool HostDetector::load(std::span<const std::byte> in) {
  if (in.size() != state_bytes()) return false;
  Header header;
  take_bytes(in, &header, 1);
  if (header.magic != kMagic || header.version != kVersion || header.feature_count != settings_.feature_count ||
      (header.shape & kBaselineBits) != (shape() & kBaselineBits))
    return false;
  if (!is_count(header.learned_s)) return false;
  const std::size_t feature_bytes = settings_.feature_count * sizeof(FeatureRow);
  if (!sane_features(in.first(feature_bytes), settings_.feature_count)) return false;
  if (!sane_season(in.subspan(feature_bytes), season_)) return false;
  // Read beside the present channels, which stay if these are refused.
  std::span<const std::byte> behind = in.subspan(feature_bytes + season_.cell_count() * sizeof(float));
  GrossChannel gross(settings_.feature_count, settings_.interval_s);
  if (!gross.load(behind)) return false;
  JointChannel joint(settings_.feature_count, settings_.interval_s, settings_.terms);
  std::vector<double> joint_state(joint.state_doubles());
  take_bytes(behind, joint_state.data(), joint_state.size());
  if (!joint.load(joint_state) || !routine_.load(behind)) return false;
  gross_ = std::move(gross);
  joint_ = std::move(joint);
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    FeatureRow row;
    take_bytes(in, &row, 1);
    FeatureGroup& group = groups_[i / kFeatureLanes];
    const std::size_t k = i % kFeatureLanes;
    group.count.set(k, row.count);
    group.mean.set(k, row.mean);
    group.variance.set(k, row.variance);
    group.smallest_step.set(k, row.smallest_step);
    group.last.set(k, row.last);
    group.squared_step.set(k, row.squared_step);
    group.of_late.set(k, row.of_late);
    group.change_variance.set(k, row.change_variance);
  }
  refresh();
  for (std::size_t cell = 0; cell < season_.cell_count(); ++cell) {
    float value = 0.0f;
    take_bytes(in, &value, 1);
    season_.set_cell(cell, value);
  }
  learned_rows_ = header.learned_rows;
  learned_s_ = header.learned_s;
  held_s_ = 0.0;
  scored_ = advanced_ = false;
  discard_unlearned();
  if (header.shape != shape()) forget_spread();
  return true;
}

}  // namespace epsilond::models
