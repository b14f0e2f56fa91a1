#pragma once
// The interface every detector meets that is fitted once to a table: learn all rows, fit, then score any row.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <Eigen/Core>

#include "models/observation.h"

namespace epsilond::models {

using FeatureMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor,
                                    static_cast<int>(kMaxFeatures), static_cast<int>(kMaxFeatures)>;

enum class FitStatus : std::uint8_t {
  kFitted,
  kTooFewRows,  // fewer usable training rows than the model has to have; training_rows() says how many there were
  kDegenerate,  // the rows cannot carry the model, such as more clusters than distinct rows
};

struct BatchScore {
  bool judged = false;       // false: nothing of the row counts, or a window is not full yet; the rest is then 0
  double native = 0.0;       // what the model calls its score: natural log of a density, or its own measure
  double strangeness = 0.0;  // larger = stranger; comparable between rows whatever features are absent
  // The surprise that the row is to be told with, where a model tells an incident only once; nothing = its surprise.
  std::optional<double> told = std::nullopt;
};

// What a model says of the features of one row, for explanations; each of length feature count, 0 where absent.
struct FeatureParts {
  FeatureVector mean;   // what the model expects
  FeatureVector sd;     // > 0
  FeatureVector share;  // part of the strangeness; in [0, 1], adds up to 1, or all 0
};

// One Gaussian of a model that consists of such, in the units of the table.
struct GaussianComponent {
  double weight = 1.0;  // adds up to 1 over the components
  FeatureVector mean;
  FeatureMatrix covariance;  // feature count x feature count, symmetric, positive definite
};

// Order of use: learn() every training row in the order of the table, fit() once, then any number of passes, each
// begin_pass() and score() every row in order. Memory grows with the training rows up to a stated bound, above which a
// seeded uniform sample of them is kept.
class BatchModel {
 public:
  BatchModel() = default;
  BatchModel(const BatchModel&) = delete;
  BatchModel& operator=(const BatchModel&) = delete;
  virtual ~BatchModel();

  // `row.values` has the length the model was built for; present values are finite. local_time_s is the time of the row
  // where it has one.
  virtual void learn(const Observation& row) = 0;
  virtual FitStatus fit() = 0;
  // Rows that the fit used.
  virtual std::uint64_t training_rows() const = 0;

  // A new pass over rows begins: windows that look back are emptied.
  virtual void begin_pass() {}
  virtual BatchScore score(const Observation& row) = 0;
  // Of the row scored last, which is handed in again.
  virtual void explain(const Observation& row, FeatureParts& parts) const = 0;

  // True: native is the natural log of a density, and a low one is strange. False: a high one is strange.
  virtual bool native_is_log_density() const = 0;
  // -log10 of how often a healthy table is as strange, where the model knows that of any table; >= 0, finite, never
  // decreasing. Nothing where it has to be found out from the training rows.
  virtual std::optional<double> surprise(double strangeness) const {
    static_cast<void>(strangeness);
    return std::nullopt;
  }
  // The Gaussians the model is made of; empty for other models.
  virtual std::span<const GaussianComponent> components() const { return {}; }
};

}  // namespace epsilond::models
