#pragma once
// The level of a few features of the default detector, side by side: mean and variance under exponential forgetting,
// the steps between neighbours, and the standard deviation that follows from them.
//
// Formulas: host_detector.h. Cost: per feature about 40 operations; three divisions and a root, which all lanes share.
// Bytes: 96 per lane. Hazards: squares are capped at the largest double, so that one value beyond 1e154 does not make
// the variance infinite and then no number at all; a lane that stands for no feature may hold anything.

#include <cstddef>
#include <limits>

#include "models/feature_lanes.h"
#include "models/learning_time.h"

namespace epsilond::models {

struct FeatureGroup {
  FeatureLanes count = 0.0;  // rows learned; as in ForgettingMoments, so are the next two
  FeatureLanes mean = 0.0;
  FeatureLanes variance = 0.0;
  FeatureLanes smallest_step = 0.0;  // 0: none seen yet
  FeatureLanes last = 0.0;           // the value learned last; valid if count > 0
  FeatureLanes squared_step = 0.0;   // mean squared step between neighbours, forgotten as the level is
  // The change from row to row: what the value was of late (half-life of two rows), and how far it strays from that.
  FeatureLanes of_late = 0.0;
  FeatureLanes change_variance = 0.0;
  // Follow from the above and the resolution (see refresh()); kept, so that a row that is only scored costs no root.
  FeatureLanes spread = 0.0;         // the sd, but for the floor that the smallest step gives it
  FeatureLanes change_spread = 0.0;  // the same for changes
  FeatureLanes doubt = 1.0;          // how much wider the sd might be, for all that is known; >= 1
  FeatureLanes independence = 1.0;   // what one more sample is worth, in independent ones

  // What to judge and to learn by. > 0.
  FeatureLanes sd() const { return spread.max(kStepFloor * smallest_step); }
  FeatureLanes change_sd() const { return change_spread.max(kStepFloor * smallest_step); }

  // Moves on to a row, learned or not; `present` is 1 where it has a value, not 0.
  [[gnu::always_inline]] void move_on(const FeatureLanes& value, const FeatureLanes& present) {
    of_late = choose(count <= 0.0, value, of_late);
    of_late += kOfLateGain * present * (value - of_late);
  }

  // Makes `value` the last one, and returns how far it is from the one before: 0 where it is the same or the first. The
  // sd may change with it.
  [[gnu::always_inline]] FeatureLanes step_to(const FeatureLanes& value) {
    const FeatureLanes step = count.min(1.0) * (value - last).abs();
    last = value;
    const FeatureLanes smallest = choose(smallest_step > 0.0, step.min(smallest_step), step);
    smallest_step = choose(step > 0.0, smallest, smallest_step);
    return step;
  }

  // Learns a residual, a step and a change, all clipped, where `taken` is 1, not 0. `forgotten`: see forgotten_share().
  // The caller then calls refresh().
  [[gnu::always_inline]] void learn(const FeatureLanes& residual, const FeatureLanes& step, const FeatureLanes& change,
                                    const FeatureLanes& taken, double forgotten) {
    const FeatureLanes gain = taken * (1.0 / (count + 1.0)).max(forgotten);  // forgetting_gain()
    count += taken;
    mean += gain * residual;
    variance = (1.0 - gain) * (variance + gain * capped(residual * residual));
    squared_step += gain * (capped(step * step) - squared_step);
    change_variance += gain * (capped(change * change) - change_variance);
  }

  // Of one lane nothing was learned. The caller then calls refresh().
  void forget(std::size_t lane) {
    for (FeatureLanes* learned :
         {&count, &mean, &variance, &smallest_step, &last, &squared_step, &of_late, &change_variance})
      learned->set(lane, 0.0);
  }

  // What follows from the moments.
  [[gnu::always_inline]] void refresh(const FeatureLanes& resolution) {
    // 1 for white noise, near 0 for a value that slides: u / (2 - u), u = q / (2 variance) = 1 - autocorrelation. A
    // value that never moved counts as noise: the smallest double makes 0 / 0 that, and changes nothing else.
    const FeatureLanes unlike = squared_step.min(2.0 * variance);
    independence = (unlike + kSmallest) / (4.0 * variance - unlike + kSmallest);
    // A young mean and variance are themselves uncertain.
    const FeatureLanes independent = FeatureLanes(kFewestIndependent).max(count * independence);
    doubt = (1.0 + kUncertainty / independent).sqrt();
    const FeatureLanes relative = kRelativeFloor * mean.abs();
    spread = resolution.max(relative).max(variance.sqrt());
    change_spread = resolution.max(0.5 * relative).max(change_variance.sqrt());
  }

 private:
  static constexpr double kUncertainty = 3.0;        // of a mean and a variance from n samples: variance (1 + 3 / n)
  static constexpr double kFewestIndependent = 0.2;  // so that a slide is not taken for boundless: at most fourfold
  static constexpr double kRelativeFloor = 0.02;     // of the level
  static constexpr double kStepFloor = 0.3;          // of the smallest step seen
  static constexpr double kSmallest = std::numeric_limits<double>::min();
  static constexpr double kLargest = std::numeric_limits<double>::max();

  static FeatureLanes capped(const FeatureLanes& square) { return FeatureLanes(kLargest).min(square); }
};

}  // namespace epsilond::models
