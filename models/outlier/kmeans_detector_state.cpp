// Saving and restoring the learned state of KMeansDetector: its shape, its schedule, the ring and the models. A fit
// that was under way begins anew.

#include <cmath>

#include "models/learned_bounds.h"
#include "models/outlier/kmeans_detector.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

struct Shape {
  std::uint32_t version = 1;
  std::uint32_t smooth = 0;
  std::uint32_t difference = 0;
  std::uint32_t lag = 0;
  std::uint64_t length = 0;
  std::uint64_t clusters = 0;
  std::uint64_t models = 0;
  std::uint64_t ring_rows = 0;

  bool operator==(const Shape&) const = default;
};

struct ModelRange {
  double smallest;
  double largest;
};
struct FeatureScale {
  double mean;
  double scale;
};

Shape shape_of(const KMeansSettings& settings, std::size_t length) {
  return {.smooth = static_cast<std::uint32_t>(settings.smooth),
          .difference = static_cast<std::uint32_t>(settings.difference),
          .lag = static_cast<std::uint32_t>(settings.lag),
          .length = length,
          .clusters = settings.clusters,
          .models = settings.models,
          .ring_rows = settings.ring_rows};
}

// Takes `count` values of T from `in`; false if one is no level.
template <typename T>
bool levels(std::span<const std::byte>& in, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    T value{};
    take_bytes(in, &value, 1);
    if (!is_level(value)) return false;
  }
  return true;
}

}  // namespace

std::size_t KMeansDetector::own_state_bytes() const {
  const std::size_t doubles = window_.length() * settings_.clusters;
  return sizeof(Shape) + sizeof(Schedule) + feature_count() * sizeof(double) +
         (ring_.values().size() + mean_.size()) * sizeof(float) +
         settings_.models * (sizeof(ModelRange) + feature_count() * sizeof(FeatureScale) + doubles * sizeof(double));
}

void KMeansDetector::save_own(std::span<std::byte> out) const {
  const Shape shape = shape_of(settings_, window_.length());
  put_bytes(out, &shape, 1);
  put_bytes(out, &at_, 1);
  put_bytes(out, origin_.data(), origin_.size());
  put_bytes(out, ring_.values().data(), ring_.values().size());
  put_bytes(out, mean_.data(), mean_.size());
  for (const KMeans& model : models_) {
    const ModelRange range = {model.smallest(), model.largest()};
    put_bytes(out, &range, 1);
    for (std::size_t i = 0; i < feature_count(); ++i) {
      const FeatureScale scale = {model.mean(i), model.scale(i)};
      put_bytes(out, &scale, 1);
    }
    for (std::size_t cluster = 0; cluster < settings_.clusters; ++cluster) {
      for (std::size_t entry = 0; entry < window_.length(); ++entry) {
        const double value = model.centre(cluster, entry);
        put_bytes(out, &value, 1);
      }
    }
  }
}

bool KMeansDetector::plausible(std::span<const std::byte> in) const {
  Shape shape;
  Schedule at;
  take_bytes(in, &shape, 1);
  take_bytes(in, &at, 1);
  if (shape != shape_of(settings_, window_.length()) || at.rows > settings_.ring_rows ||
      at.place >= settings_.ring_rows || at.rows_at_fit > settings_.ring_rows || !is_count(at.since_kept_s) ||
      !is_count(at.since_fit_s) || (at.fitted > 0 && at.rows < kFewestVectors))
    return false;
  if (!levels<double>(in, origin_.size()) || !levels<float>(in, ring_.values().size() + mean_.size())) return false;
  for (std::size_t number = 0; number < settings_.models; ++number) {
    ModelRange range;
    take_bytes(in, &range, 1);
    if (!is_size(range.smallest) || !is_size(range.largest) || range.largest < range.smallest) return false;
    for (std::size_t i = 0; i < feature_count(); ++i) {
      FeatureScale scale;
      take_bytes(in, &scale, 1);
      if (!is_level(scale.mean) || !is_size(scale.scale)) return false;
    }
    if (!levels<double>(in, settings_.clusters * window_.length())) return false;
  }
  return true;
}

bool KMeansDetector::load_own(std::span<const std::byte> in) {
  if (!plausible(in)) return false;
  forget();
  in = in.subspan(sizeof(Shape));
  take_bytes(in, &at_, 1);
  take_bytes(in, origin_.data(), origin_.size());
  take_bytes(in, ring_.values().data(), ring_.values().size());
  take_bytes(in, mean_.data(), mean_.size());
  for (KMeans& model : models_) {
    ModelRange range;
    take_bytes(in, &range, 1);
    model.set_range(range.smallest, range.largest);
    for (std::size_t i = 0; i < feature_count(); ++i) {
      FeatureScale scale;
      take_bytes(in, &scale, 1);
      model.set_scale(i, scale.mean, scale.scale);
    }
    for (std::size_t cluster = 0; cluster < settings_.clusters; ++cluster) {
      for (std::size_t entry = 0; entry < window_.length(); ++entry) {
        double value = 0.0;
        take_bytes(in, &value, 1);
        model.set_centre(cluster, entry, value);
      }
    }
  }
  return true;
}

}  // namespace epsilond::models
