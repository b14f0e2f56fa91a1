#include "models/outlier/isolation_forest.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <numbers>
#include <utility>

#include "models/elementary.h"
#include "models/state_bytes.h"

namespace epsilond::models {
namespace {

constexpr double kLargestValue = 1e37;
constexpr std::uint16_t kUnreached = 0xffff;
constexpr double kSizesPerOctave = 16.0;
constexpr std::size_t kSizes = 256;

std::uint8_t size_code(std::size_t rows) {
  return static_cast<std::uint8_t>(std::lround(kSizesPerOctave * models::log2(static_cast<double>(rows))));
}

std::size_t depth_limit(std::size_t rows) { return static_cast<std::size_t>(std::bit_width(rows - 1)); }

}  // namespace

double average_path_length(std::size_t rows) {
  if (rows <= 1) return 0.0;
  if (rows == 2) return 1.0;
  const auto n = static_cast<double>(rows);
  return 2.0 * (models::log(n - 1.0) + std::numbers::egamma) - 2.0 * (n - 1.0) / n;
}

float isolation_value(double value, double origin) {
  const double away = value - origin;
  if (away > kLargestValue) return static_cast<float>(kLargestValue);
  if (away < -kLargestValue) return -static_cast<float>(kLargestValue);
  return static_cast<float>(away);
}

void shuffle_front(std::span<std::uint32_t> order, std::size_t wanted, Random& random) {
  for (std::size_t i = 0; i < wanted; ++i) std::swap(order[i], order[i + random.below(order.size() - i)]);
}

IsolationForest::IsolationForest(std::size_t feature_count, std::size_t trees, std::size_t subsample)
    : feature_count_(feature_count),
      trees_(trees),
      subsample_(subsample),
      depth_(depth_limit(subsample)),
      slot_(std::min(2 * subsample - 1, (std::size_t{2} << depth_) - 1)),
      nodes_(trees * slot_),
      sample_(subsample * feature_count),
      members_(slot_),
      features_(feature_count),
      path_length_(kSizes) {
  assert(feature_count >= 1 && feature_count <= kMaxFeatures && trees >= 1);
  assert(subsample >= 2 && subsample <= kMaxSubsample);
  open_.reserve(depth_ + 2);
  for (std::size_t i = 0; i < feature_count; ++i) features_[i] = static_cast<std::uint8_t>(i);
  for (std::size_t size = 0; size < kSizes; ++size) {
    const long rows = std::lround(models::exp2(static_cast<double>(size) / kSizesPerOctave));
    path_length_[size] = static_cast<float>(average_path_length(static_cast<std::size_t>(rows)));
  }
  reset();
}

void IsolationForest::reset() { std::fill(nodes_.begin(), nodes_.end(), leaf()); }

// False if every feature is constant among the rows.
bool IsolationForest::draw_split(const Span& at, Random& random, Node& node) {
  for (std::size_t tried = 0; tried < feature_count_; ++tried) {
    std::swap(features_[tried], features_[tried + random.below(feature_count_ - tried)]);
    const std::size_t feature = features_[tried];
    float low = value(at.begin, feature);
    float high = low;
    for (std::size_t member = at.begin + 1; member < at.end; ++member) {
      const float number = value(member, feature);
      low = std::min(low, number);
      high = std::max(high, number);
    }
    if (!(high > low)) continue;
    const double range = static_cast<double>(high) - static_cast<double>(low);
    const auto threshold = static_cast<float>(static_cast<double>(low) + range * random.uniform());
    node.feature = static_cast<std::uint8_t>(feature);
    // Rounded up to the largest value, a threshold would leave nothing on the right.
    node.threshold = threshold < high ? threshold : low;
    return true;
  }
  return false;
}

// Returns where the rows on the right begin.
std::size_t IsolationForest::partition(const Span& at, const Node& node) {
  std::size_t left = at.begin;
  std::size_t right = at.end;
  while (left < right) {
    if (value(left, node.feature) > node.threshold) {
      std::swap(members_[left], members_[--right]);
    } else {
      ++left;
    }
  }
  return left;
}

void IsolationForest::grow(std::size_t tree_number, std::size_t rows, Random& random) {
  assert(rows >= 2 && rows <= subsample_);
  Node* const nodes = &nodes_[tree_number * slot_];
  const std::size_t limit = depth_limit(rows);
  const double scale = 1.0 / average_path_length(rows);
  std::fill_n(nodes, slot_, leaf());
  for (std::size_t i = 0; i < rows; ++i) members_[i] = static_cast<std::uint16_t>(i);
  std::size_t used = 1;
  open_.clear();
  open_.push_back({0, 0, rows, 0});
  while (!open_.empty()) {
    const Span at = open_.back();
    open_.pop_back();
    Node& node = nodes[at.node];
    const std::size_t count = at.end - at.begin;
    node.size = size_code(count);
    if (count < 2 || at.depth >= limit || !draw_split(at, random, node)) {
      node.threshold = static_cast<float>((static_cast<double>(at.depth) + average_path_length(count)) * scale);
      continue;
    }
    const std::size_t middle = partition(at, node);
    node.step = static_cast<std::uint16_t>(used - at.node);
    open_.push_back({used + 1, middle, at.end, at.depth + 1});
    open_.push_back({used, at.begin, middle, at.depth + 1});
    used += 2;
  }
}

// The steps of one tree wait for memory; those of eight trees wait together. Every path ends within depth_ steps, and
// stays where it ended.
double IsolationForest::value_of_eight(std::size_t first_tree, const float* row) const {
  const Node* a = tree(first_tree);
  const Node* b = a + slot_;
  const Node* c = b + slot_;
  const Node* d = c + slot_;
  const Node* e = d + slot_;
  const Node* f = e + slot_;
  const Node* g = f + slot_;
  const Node* h = g + slot_;
  for (std::size_t level = 0; level < depth_; ++level) {
    a = next(a, row);
    b = next(b, row);
    c = next(c, row);
    d = next(d, row);
    e = next(e, row);
    f = next(f, row);
    g = next(g, row);
    h = next(h, row);
  }
  const auto sum = [](const Node* one, const Node* two) {
    return static_cast<double>(one->threshold) + static_cast<double>(two->threshold);
  };
  return (sum(a, b) + sum(c, d)) + (sum(e, f) + sum(g, h));
}

double IsolationForest::score(std::span<const float> row) const {
  assert(row.size() == feature_count_ + 1 && row.back() == kSentinel);
  double sum = 0.0;
  std::size_t number = 0;
  for (; number + 8 <= trees_; number += 8) sum += value_of_eight(number, row.data());
  for (; number < trees_; ++number) {
    const Node* at = tree(number);
    for (std::size_t level = 0; level < depth_; ++level) at = next(at, row.data());
    sum += static_cast<double>(at->threshold);
  }
  return models::exp2(-sum / static_cast<double>(trees_));
}

void IsolationForest::add_parts(std::span<const float> row, FeatureVector& part) const {
  for (std::size_t number = 0; number < trees_; ++number) {
    const Node* at = tree(number);
    while (at->step > 0) {
      const Node* child = next(at, row.data());
      part[at->feature] += static_cast<double>(path_length_[at->size] - 1.0f - path_length_[child->size]);
      at = child;
    }
  }
  part = part.cwiseMax(0.0);
}

std::size_t IsolationForest::memory_bytes() const {
  return nodes_.capacity() * sizeof(Node) + sample_.capacity() * sizeof(float) +
         members_.capacity() * sizeof(std::uint16_t) + features_.capacity() + path_length_.capacity() * sizeof(float) +
         open_.capacity() * sizeof(Span);
}

void IsolationForest::save(std::span<std::byte> out) const { put_bytes(out, nodes_.data(), nodes_.size()); }

// members_ is free between trees: it holds the depth of each node that can be reached.
bool IsolationForest::plausible_tree(std::span<const std::byte> in) {
  std::fill(members_.begin(), members_.end(), kUnreached);
  members_[0] = 0;
  for (std::size_t i = 0; i < slot_; ++i) {
    Node node;
    take_bytes(in, &node, 1);
    if (members_[i] == kUnreached) continue;
    if (!std::isfinite(node.threshold)) return false;
    if (node.step == 0) {
      if (node.feature != feature_count_ || node.threshold < 0.0f || node.threshold > 64.0f) return false;
      continue;
    }
    const std::size_t child = i + node.step;
    if (node.feature >= feature_count_ || child + 1 >= slot_ || members_[i] >= depth_) return false;
    const auto depth = static_cast<std::uint16_t>(members_[i] + 1);
    for (std::size_t which = child; which <= child + 1; ++which) {
      if (members_[which] != kUnreached) return false;  // two ways lead there
      members_[which] = depth;
    }
  }
  return true;
}

bool IsolationForest::plausible(std::span<const std::byte> in) {
  const std::size_t bytes = slot_ * sizeof(Node);
  for (std::size_t number = 0; number < trees_; ++number)
    if (!plausible_tree(in.subspan(number * bytes, bytes))) return false;
  return true;
}

void IsolationForest::load(std::span<const std::byte> in) { take_bytes(in, nodes_.data(), nodes_.size()); }

}  // namespace epsilond::models
