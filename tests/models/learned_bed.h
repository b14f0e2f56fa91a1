#pragma once
// A default detector of three features that knows them.

#include <cstddef>
#include <memory>

#include "tests/models/detector_bed.h"
#include "tests/support/rng.h"

namespace epsilond::tests {

// Three features of noise with sd 3 around 10, 20, 30, and the warm-up of a minute behind it.
inline std::unique_ptr<Bed> learned(int rows = 600, double interval_s = 1.0) {
  models::HostDetectorSettings settings = bed_settings(3, 60.0);
  settings.interval_s = interval_s;
  auto bed = std::make_unique<Bed>(settings);
  Rng rng(1);
  for (int row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < 3; ++i) bed->value(i) = 10.0 * static_cast<double>(i + 1) + 3.0 * rng.normal();
    bed->model.update(bed->observation);
  }
  for (std::size_t i = 0; i < 3; ++i) bed->value(i) = 10.0 * static_cast<double>(i + 1);
  return bed;
}

// The learned bed lives in *state, so that a failed assertion leaks nothing.
inline int make_learned(void** state) {
  *state = learned().release();
  return 0;
}

inline int free_learned(void** state) {
  delete static_cast<Bed*>(*state);
  return 0;
}

inline Bed& bed_of(void** state) { return *static_cast<Bed*>(*state); }

}  // namespace epsilond::tests
