#pragma once
// Random trees that split the space until each row stands alone: what takes few splits is isolated, hence strange.
//
// Formula: a tree is grown from a sample of psi rows: a node draws a feature that is not constant in it and a threshold
// uniform over its range, x <= threshold goes left, until one row is left or the depth is ceil(log2 psi). h(x) = depth
// of the leaf x falls into + c(rows in it); score = 2^(-mean of h over the trees / c(psi)), in (0, 1]; c(n) = the mean
// depth of a search tree of n rows = 2 (ln(n - 1) + 0.5772) - 2 (n - 1) / n, c(2) = 1, c(1) = 0. Source: F. T. Liu, K.
// M. Ting, Z.-H. Zhou, Isolation Forest, ICDM 2008; golden data: scikit-learn's IsolationForest,
// tests/golden/make_outlier_golden.py.
// Cost: one comparison per tree and level, eight trees side by side; to grow a tree, psi (features + depth) operations
// at most. Bytes: 8 per node, at most 2 psi - 1 nodes per tree, and one sample of rows. Hazards: values are floats:
// hand in the distance from a central value of the feature, so that 1e12 and a step of 1 are told apart. Further out
// the steps of a float grow with the distance, but by then eight uniform splits of the range cannot tell them apart
// either.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "models/observation.h"
#include "models/random.h"

namespace epsilond::models {

// c(n) above.
double average_path_length(std::size_t rows);
// `value` seen from `origin`, as a float; what would overflow is cut off at 1e37.
float isolation_value(double value, double origin);
// The first `wanted` of `order` become a uniform sample of its entries without repetition; the rest keeps the others.
void shuffle_front(std::span<std::uint32_t> order, std::size_t wanted, Random& random);

// All storage is sized at construction. Until a tree is grown it says that no row is stranger than the average.
class IsolationForest {
 public:
  // The last value of every row that is scored: no threshold is below it, which holds a row in its leaf.
  static constexpr float kSentinel = -std::numeric_limits<float>::infinity();
  static constexpr std::size_t kMaxSubsample = 32768;

  // `feature_count` 1 .. kMaxFeatures, `trees` >= 1, `subsample` 2 .. kMaxSubsample.
  IsolationForest(std::size_t feature_count, std::size_t trees, std::size_t subsample);

  std::size_t feature_count() const { return feature_count_; }
  std::size_t trees() const { return trees_; }
  std::size_t subsample() const { return subsample_; }

  // Where row i < subsample() of the next tree's sample is put; feature_count() finite values.
  std::span<float> sample_row(std::size_t i) { return std::span(sample_).subspan(i * feature_count_, feature_count_); }
  // Grows a tree anew from the first `rows` sample rows, 2 .. subsample().
  void grow(std::size_t tree, std::size_t rows, Random& random);

  // `row`: feature_count() finite values and kSentinel. In (0, 1], larger = stranger; about 0.5 is the average.
  double score(std::span<const float> row) const;
  // Adds to each feature what its splits take off the path of `row`, in splits: a split of n rows that leaves n' beside
  // the row takes off c(n) - 1 - c(n'), which adds up to c(psi) - h over the path. A feature whose splits leave the row
  // among many has a negative sum in all, and gets 0. `part` has feature_count(). Sizes are known to 5 %.
  void add_parts(std::span<const float> row, FeatureVector& part) const;

  void reset();
  std::size_t memory_bytes() const;
  std::size_t state_bytes() const { return nodes_.size() * sizeof(Node); }
  void save(std::span<std::byte> out) const;
  // True if `in`, of state_bytes(), holds trees that any row can be led through.
  bool plausible(std::span<const std::byte> in);
  void load(std::span<const std::byte> in);  // plausible() must have said true

 private:
  // A leaf has step 0 and the feature number feature_count_; its threshold is h / c(psi).
  struct Node {
    float threshold;
    std::uint8_t feature;
    std::uint8_t size;   // rows of the sample in it: 2^(size / 16)
    std::uint16_t step;  // from this node to its left child; the right one follows it
  };
  struct Span {
    std::size_t node;
    std::size_t begin;  // of members_
    std::size_t end;
    std::size_t depth;
  };

  static const Node* next(const Node* at, const float* row) {
    return at + at->step + (row[at->feature] > at->threshold ? 1 : 0);
  }
  const Node* tree(std::size_t number) const { return &nodes_[number * slot_]; }
  float value(std::size_t member, std::size_t feature) const {
    return sample_[members_[member] * feature_count_ + feature];
  }
  double value_of_eight(std::size_t first_tree, const float* row) const;
  bool draw_split(const Span& at, Random& random, Node& node);
  std::size_t partition(const Span& at, const Node& node);
  Node leaf() const { return {1.0f, static_cast<std::uint8_t>(feature_count_), 0, 0}; }
  bool plausible_tree(std::span<const std::byte> in);

  std::size_t feature_count_;
  std::size_t trees_;
  std::size_t subsample_;
  std::size_t depth_;  // no leaf lies deeper
  std::size_t slot_;   // nodes per tree
  std::vector<Node> nodes_;
  std::vector<float> sample_;           // row by row
  std::vector<std::uint16_t> members_;  // sample rows, those of a node side by side
  std::vector<std::uint8_t> features_;  // all, in any order
  std::vector<float> path_length_;      // c(n) by Node::size
  std::vector<Span> open_;              // nodes that wait for their split
};

}  // namespace epsilond::models
