#pragma once
// The interface every detector meets. A model cannot fail: it can only be not ready.

#include <cstddef>
#include <cstdint>
#include <span>

#include "models/observation.h"
#include "models/score.h"

namespace epsilond::models {

// All storage is sized at construction; score() and update() never allocate. Not thread-safe.
class AnomalyModel {
 public:
  AnomalyModel() = default;
  AnomalyModel(const AnomalyModel&) = delete;
  AnomalyModel& operator=(const AnomalyModel&) = delete;
  virtual ~AnomalyModel();

  // Scores `observation` against what has been learned so far. Does not change the model. `observation.values` must
  // have the length the model was built for.
  virtual Score score(const Observation& observation) const = 0;

  // Shows every observation once, after it was scored and whether or not it will be learned: moves on the windows that
  // scoring looks back on, and learns nothing.
  virtual void advance(const Observation& observation) { static_cast<void>(observation); }

  // Learns one observation that was scored before. A non-finite present value is treated as absent.
  virtual void update(const Observation& observation) = 0;

  // While an episode is open nothing is learned; the model is shown what it does not learn, so that accept_level()
  // can move to it if it lasts.
  virtual void observe_unlearned(const Observation& observation) = 0;

  // A lasting new level was accepted: move the baseline to what observe_unlearned() has seen since the last call to
  // this or to discard_unlearned().
  virtual void accept_level() = 0;
  virtual void discard_unlearned() = 0;

  // What was learned came from rows much farther apart than the samples to come, and usually means over the time
  // between them, as history often is: keeps levels and seasons, and forgets how far single samples stray from them. A
  // model that does not tell the two apart keeps everything.
  virtual void forget_spread() {}

  // Forgets one feature, which is learned from nothing while the others stay as they are; returns false and changes
  // nothing if this kind of model knows the features only together.
  virtual bool forget_feature(std::size_t feature) {
    static_cast<void>(feature);
    return false;
  }

  // In [0, 1]: the part of warm-up that is done; 1 from then on.
  virtual double learning_ratio() const = 0;
  // Seconds of learned time, the age of a young model.
  virtual double learned_s() const = 0;
  bool ready() const { return learning_ratio() >= 1.0; }

  // Forgets everything.
  virtual void reset() = 0;

  // True: Score::log_density is the natural log of a density, and a low one is strange. False: it is the model's own
  // score, and a high one is strange.
  virtual bool low_is_strange() const { return true; }

  // Bytes held by the model, fixed for its lifetime (sizeof plus owned storage).
  virtual std::size_t memory_bytes() const = 0;

  // About how many floating-point operations one observation costs, scored, advanced and learned; the work of refits is
  // spread over the observations between them.
  virtual double operations_per_sample() const = 0;

  // The learned state as opaque bytes of a fixed size. save() fills exactly state_bytes() bytes; load() returns false
  // and leaves the model as it was if the bytes are not from a model of this kind, version and shape.
  virtual std::size_t state_bytes() const = 0;
  virtual void save(std::span<std::byte> out) const = 0;
  virtual bool load(std::span<const std::byte> in) = 0;
};

}  // namespace epsilond::models
