// The work of KMeansFit on one chunk of rows, four rows at a time.

#include <algorithm>
#include <limits>
#include <numeric>

#include "models/outlier/kmeans_fit.h"

namespace epsilond::models {
namespace {

constexpr std::size_t kLanes = sizeof(FloatLanes) / sizeof(float);
constexpr std::size_t kBlockRows = RowBlocks::kRows;

struct PairDistances {
  FloatLanes first_low, first_high, second_low, second_high;
};

// Squared distances of the eight rows of a block to two centres, whose entries stand four times each.
inline PairDistances pair_distances(const float* block, const float* first, const float* second, std::size_t width) {
  PairDistances out{};
  for (std::size_t entry = 0; entry < width; ++entry) {
    const auto low = load_lanes<FloatLanes>(block);
    const auto high = load_lanes<FloatLanes>(block + kLanes);
    const auto one = load_lanes<FloatLanes>(first);
    const auto two = load_lanes<FloatLanes>(second);
    out.first_low += (low - one) * (low - one);
    out.first_high += (high - one) * (high - one);
    out.second_low += (low - two) * (low - two);
    out.second_high += (high - two) * (high - two);
    block += kBlockRows;
    first += kLanes;
    second += kLanes;
  }
  return out;
}

inline double sum(const FloatLanes& lanes) {
  return static_cast<double>(lanes[0] + lanes[1]) + static_cast<double>(lanes[2] + lanes[3]);
}

// The same of one centre.
inline void add_distances(const float* block, const float* centre, std::size_t width, FloatLanes& low_sum,
                          FloatLanes& high_sum) {
  for (std::size_t entry = 0; entry < width; ++entry) {
    const FloatLanes low = load_lanes<FloatLanes>(block) - load_lanes<FloatLanes>(centre);
    const FloatLanes high = load_lanes<FloatLanes>(block + kLanes) - load_lanes<FloatLanes>(centre);
    low_sum += low * low;
    high_sum += high * high;
    block += kBlockRows;
    centre += kLanes;
  }
}

// Stores and returns the smaller one of each lane.
inline FloatLanes keep_smaller(const FloatLanes& a, const FloatLanes& b, float* out) {
  const FloatLanes kept = choose(a < b, a, b);
  store_lanes(out, kept);
  return kept;
}

// The nearest of the centres seen so far, for four rows.
struct Nearest {
  FloatLanes squared = {std::numeric_limits<float>::max(), std::numeric_limits<float>::max(),
                        std::numeric_limits<float>::max(), std::numeric_limits<float>::max()};
  IntLanes label = {0, 0, 0, 0};

  void offer(const FloatLanes& candidate, std::int32_t number) {
    const IntLanes closer = candidate < squared;
    squared = choose(closer, candidate, squared);
    label = choose(closer, IntLanes{number, number, number, number}, label);
  }
};

}  // namespace

void KMeansFit::seed_chunk(std::size_t first_block, std::size_t last_block) {
  if (clusters_ == 2 && start_ == 0 && chosen_ == 0) add_to_total(first_block, last_block);
  const std::size_t stride = width_ * kLanes;
  for (std::size_t trial = 0; trial < trials_; trial += 2) {
    const bool both = trial + 1 < trials_;
    const float* const centres = &splat_[trial * stride];
    float* const first_near = trial_near_[trial].data();
    float* const second_near = trial_near_[trial + (both ? 1 : 0)].data();
    FloatLanes first_sum{};
    FloatLanes second_sum{};
    for (std::size_t number = first_block; number < last_block; ++number) {
      const std::size_t low = number * kBlockRows;
      const std::size_t high = low + kLanes;
      const auto near_low = load_lanes<FloatLanes>(&near_[low]);
      const auto near_high = load_lanes<FloatLanes>(&near_[high]);
      PairDistances far{};
      if (both) {
        far = pair_distances(block(number), centres, centres + stride, width_);
        second_sum += keep_smaller(far.second_low, near_low, second_near + low);
        second_sum += keep_smaller(far.second_high, near_high, second_near + high);
      } else {
        add_distances(block(number), centres, width_, far.first_low, far.first_high);
      }
      first_sum += keep_smaller(far.first_low, near_low, first_near + low);
      first_sum += keep_smaller(far.first_high, near_high, first_near + high);
    }
    trial_sum_[trial][chunk_] = sum(first_sum);
    if (both) trial_sum_[trial + 1][chunk_] = sum(second_sum);
  }
}

void KMeansFit::add_to_total(std::size_t first_block, std::size_t last_block) {
  FloatLanes squares{};
  for (std::size_t number = first_block; number < last_block; ++number) {
    const float* values = block(number);
    const std::size_t rows = std::min(kBlockRows, count_ - number * kBlockRows);
    for (std::size_t entry = 0; entry < width_; ++entry, values += kBlockRows) {
      if (rows < kBlockRows) {
        total_[entry] += std::accumulate(values, values + rows, 0.0);
        total_squares_ += std::inner_product(values, values + rows, values, 0.0);
        continue;
      }
      float* entry_sum = &lanes_[entry * kLanes];
      const auto low = load_lanes<FloatLanes>(values);
      const auto high = load_lanes<FloatLanes>(values + kLanes);
      store_lanes(entry_sum, load_lanes<FloatLanes>(entry_sum) + low + high);
      squares += low * low + high * high;
    }
  }
  total_squares_ += sum(squares);
  flush_lanes(total_.data());
}

void KMeansFit::assign_chunk(std::size_t first_block, std::size_t last_block) {
  const std::size_t stride = width_ * kLanes;
  FloatLanes inertia{};
  for (std::size_t number = first_block; number < last_block; ++number) {
    const float* values = block(number);
    const std::size_t row = number * kBlockRows;
    Nearest low, high;
    for (std::size_t cluster = 0; cluster < clusters_; cluster += 2) {
      const PairDistances far =
          pair_distances(values, &splat_[cluster * stride], &splat_[(cluster + 1) * stride], width_);
      const auto name = static_cast<std::int32_t>(cluster);
      low.offer(far.first_low, name);
      high.offer(far.first_high, name);
      low.offer(far.second_low, name + 1);
      high.offer(far.second_high, name + 1);
    }
    store_lanes(&near_[row], low.squared);
    store_lanes(&near_[row + kLanes], high.squared);
    if (row + kBlockRows <= count_) {
      inertia += low.squared + high.squared;
    } else {
      for (std::size_t i = row; i < count_; ++i) scan_inertia_ += static_cast<double>(near_[i]);
    }
    const IntLanes low_moved = low.label ^ load_lanes<IntLanes>(&label_[row]);
    const IntLanes high_moved = high.label ^ load_lanes<IntLanes>(&label_[row + kLanes]);
    if (!any(low_moved | high_moved)) continue;
    std::int32_t labels[kBlockRows];
    store_lanes(labels, low.label);
    store_lanes(labels + kLanes, high.label);
    move_rows(number, values, labels);
  }
  scan_inertia_ += sum(inertia);
}

// Of two centres a row is nearer to the second if it lies beyond the plane between them: (x - middle) (second - first)
// > 0. The first scan concerns every row: those beyond are added up, and the first cluster has the rest of the total.
void KMeansFit::choose_sides(std::size_t first_block, std::size_t last_block) {
  for (std::size_t entry = 0; entry < width_; ++entry) {
    const auto from = load_lanes<FloatLanes>(&splat_[entry * kLanes]);
    const auto to = load_lanes<FloatLanes>(&splat_[(width_ + entry) * kLanes]);
    store_lanes(&plane_[entry * kBlockRows], 0.5f * (from + to));
    store_lanes(&plane_[entry * kBlockRows + kLanes], to - from);
  }
  for (std::size_t number = first_block; number < last_block; ++number) {
    const float* const values = block(number);
    const float* const plane = plane_.data();
    const std::size_t row = number * kBlockRows;
    FloatLanes low_side{};
    FloatLanes high_side{};
    for (std::size_t at = 0; at < width_ * kBlockRows; at += kBlockRows) {
      const auto middle = load_lanes<FloatLanes>(plane + at);
      const auto way = load_lanes<FloatLanes>(plane + at + kLanes);
      low_side += (load_lanes<FloatLanes>(values + at) - middle) * way;
      high_side += (load_lanes<FloatLanes>(values + at + kLanes) - middle) * way;
    }
    const IntLanes low = low_side > 0.0f;
    const IntLanes high = high_side > 0.0f;
    const IntLanes moved =
        (-low ^ load_lanes<IntLanes>(&label_[row])) | (-high ^ load_lanes<IntLanes>(&label_[row + kLanes]));
    if (!any(moved)) continue;
    if (iteration_ == 0 && row + kBlockRows <= count_) {
      split_rows(number, values, -low, -high);
      continue;
    }
    std::int32_t labels[kBlockRows];
    store_lanes(labels, -low);
    store_lanes(labels + kLanes, -high);
    move_rows(number, values, labels);
  }
  if (iteration_ == 0) flush_lanes(&sums_[width_]);
}

void KMeansFit::split_rows(std::size_t block_number, const float* values, const IntLanes& low, const IntLanes& high) {
  const std::size_t row = block_number * kBlockRows;
  store_lanes(&label_[row], low);
  store_lanes(&label_[row + kLanes], high);
  const IntLanes count = low + high;
  members_[1] += static_cast<std::size_t>(count[0] + count[1] + count[2] + count[3]);
  moved_rows_ += kBlockRows;
  const IntLanes low_mask = -low;
  const IntLanes high_mask = -high;
  for (std::size_t entry = 0; entry < width_; ++entry) {
    const IntLanes kept_low = load_lanes<IntLanes>(values + entry * kBlockRows) & low_mask;
    const IntLanes kept_high = load_lanes<IntLanes>(values + entry * kBlockRows + kLanes) & high_mask;
    float* sum = &lanes_[entry * kLanes];
    store_lanes(sum, load_lanes<FloatLanes>(sum) + reinterpret_cast<FloatLanes>(kept_low) +
                         reinterpret_cast<FloatLanes>(kept_high));
  }
}

void KMeansFit::flush_lanes(double* sums) {
  for (std::size_t entry = 0; entry < width_; ++entry)
    sums[entry] += sum(load_lanes<FloatLanes>(&lanes_[entry * kLanes]));
  std::fill(lanes_.begin(), lanes_.end(), 0.0f);
}

// The sums follow the rows that change their cluster: after the first iterations these are few.
void KMeansFit::move_rows(std::size_t block_number, const float* values, const std::int32_t* labels) {
  const std::size_t first_row = block_number * kBlockRows;
  for (std::size_t i = 0; i < kBlockRows && first_row + i < count_; ++i) {
    const std::int32_t from = label_[first_row + i];
    const std::int32_t to = labels[i];
    if (from == to) continue;
    ++moved_rows_;
    label_[first_row + i] = to;
    double* gains = &sums_[static_cast<std::size_t>(to) * width_];
    ++members_[static_cast<std::size_t>(to)];
    for (std::size_t entry = 0; entry < width_; ++entry)
      gains[entry] += static_cast<double>(values[entry * kBlockRows + i]);
    if (from < 0) continue;
    double* loses = &sums_[static_cast<std::size_t>(from) * width_];
    --members_[static_cast<std::size_t>(from)];
    for (std::size_t entry = 0; entry < width_; ++entry)
      loses[entry] -= static_cast<double>(values[entry * kBlockRows + i]);
  }
}

}  // namespace epsilond::models
