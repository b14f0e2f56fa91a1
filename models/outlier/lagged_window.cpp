#include "models/outlier/lagged_window.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace epsilond::models {

LaggedWindow::LaggedWindow(const LagSettings& settings)
    : settings_(settings),
      run_(settings.feature_count, 0),
      raw_(settings.smooth - 1, settings.feature_count),
      smooth_(settings.difference, settings.feature_count),
      change_(settings.lag, settings.feature_count) {
  assert(settings.feature_count >= 1 && settings.feature_count <= kMaxFeatures && settings.smooth >= 1);
}

LaggedWindow::LaggedWindow(const LaggedWindow& other) = default;
LaggedWindow::~LaggedWindow() = default;

bool LaggedWindow::usable(const Observation& row, std::size_t feature) const {
  return row.present[feature] && std::isfinite(row.values[static_cast<Eigen::Index>(feature)]);
}

double LaggedWindow::smoothed(double value, std::size_t feature) const {
  if (raw_.capacity == 0) return value;
  double sum = 0.0;
  for (std::size_t age = raw_.capacity; age-- > 0;)
    sum += raw_.values[raw_.begin(age, settings_.feature_count) + feature];
  return (sum + value) / static_cast<double>(settings_.smooth);
}

double LaggedWindow::differenced(double value, std::size_t feature) const {
  if (smooth_.capacity == 0) return value;
  return value - smooth_.values[smooth_.begin(smooth_.capacity - 1, settings_.feature_count) + feature];
}

std::size_t LaggedWindow::vector_of(const Observation& row, std::span<double> out) const {
  assert(out.size() == length());
  std::size_t present = 0;
  if (rows_needed() == 1) {
    for (std::size_t i = 0; i < settings_.feature_count; ++i) {
      const bool there = usable(row, i);
      out[i] = there ? row.values[static_cast<Eigen::Index>(i)] : std::numeric_limits<double>::quiet_NaN();
      present += there ? 1 : 0;
    }
    return present;
  }
  double* at = out.data();
  for (std::size_t i = 0; i < settings_.feature_count; ++i, at += entries_per_feature()) {
    if (!usable(row, i) || run_[i] + 1 < rows_needed()) {
      std::fill_n(at, entries_per_feature(), std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    ++present;
    at[0] = differenced(smoothed(row.values[static_cast<Eigen::Index>(i)], i), i);
    for (std::size_t age = 0; age < settings_.lag; ++age)
      at[age + 1] = change_.values[change_.begin(age, settings_.feature_count) + i];
  }
  return present;
}

void LaggedWindow::push(const Observation& row) {
  if (rows_needed() == 1) return;  // nothing to look back on
  for (std::size_t i = 0; i < settings_.feature_count; ++i) {
    if (!usable(row, i)) {
      run_[i] = 0;
      continue;
    }
    const double value = row.values[static_cast<Eigen::Index>(i)];
    // In a young run these still read what an older one left behind: no vector holds them while the run is short.
    const double mean = smoothed(value, i);
    const double change = differenced(mean, i);
    if (raw_.capacity > 0) raw_.values[raw_.next * settings_.feature_count + i] = value;
    if (smooth_.capacity > 0) smooth_.values[smooth_.next * settings_.feature_count + i] = mean;
    if (change_.capacity > 0) change_.values[change_.next * settings_.feature_count + i] = change;
    run_[i] = static_cast<std::uint32_t>(std::min<std::size_t>(run_[i] + 1U, rows_needed()));
  }
  raw_.step();
  smooth_.step();
  change_.step();
}

void LaggedWindow::clear() { std::fill(run_.begin(), run_.end(), 0U); }

std::size_t LaggedWindow::memory_bytes() const {
  return run_.capacity() * sizeof(std::uint32_t) +
         (raw_.values.capacity() + smooth_.values.capacity() + change_.values.capacity()) * sizeof(double);
}

}  // namespace epsilond::models
