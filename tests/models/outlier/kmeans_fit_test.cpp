// KMeansFit: slices, starts, and rows that make it hard.

#include "models/outlier/kmeans_fit.h"

#include "tests/models/outlier/outlier_bed.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using namespace epsilond::tests;
using epsilond::models::KMeansFit;
using epsilond::models::KMeansPlan;
using epsilond::models::RowBlocks;

namespace {

RowBlocks blocks_of(const Table& table) {
  RowBlocks blocks(table.front().size(), table.size());
  for (std::size_t row = 0; row < table.size(); ++row)
    for (std::size_t entry = 0; entry < table[row].size(); ++entry)
      blocks.at(row, entry) = static_cast<float>(table[row][entry]);
  return blocks;
}

Table clouds(std::size_t rows, std::size_t width, std::uint64_t seed) {
  Rng rng(seed);
  Table table(rows, std::vector<double>(width));
  for (std::size_t row = 0; row < rows; ++row)
    for (double& value : table[row]) value = rng.normal() + 8.0 * static_cast<double>(row % 3);
  return table;
}

struct Run {
  std::vector<double> centres;
  double inertia;
  bool degenerate;
  std::size_t calls;
};

Run run(const Table& table, std::size_t clusters, const KMeansPlan& plan, std::size_t chunks_per_call) {
  const RowBlocks blocks = blocks_of(table);
  KMeansFit fit(blocks.width(), clusters, table.size(), 7);
  fit.begin(blocks, table.size(), plan);
  Run out{};
  for (out.calls = 1; !fit.advance(chunks_per_call); ++out.calls) {
  }
  for (std::size_t i = 0; i < clusters * blocks.width(); ++i)
    out.centres.push_back(fit.centre(i / blocks.width(), i % blocks.width()));
  out.inertia = fit.inertia();
  out.degenerate = fit.degenerate();
  return out;
}

bool slices_agree() {
  const Table table = clouds(333, 5, 1);
  const Run whole = run(table, 3, {.starts = 4}, 1000000);
  const Run sliced = run(table, 3, {.starts = 4}, 1);
  return whole.calls == 1 && sliced.calls > 50 && whole.centres == sliced.centres && whole.inertia == sliced.inertia;
}

void a_fit_in_slices_is_the_fit_in_one_go(void**) { assert_true(slices_agree()); }

bool within_the_limit() {
  const Table table = clouds(333, 2, 2);
  const RowBlocks blocks = blocks_of(table);
  KMeansFit fit(2, 8, table.size(), 3);
  const KMeansPlan plan{.starts = 3, .max_iterations = 5};
  fit.begin(blocks, table.size(), plan);
  std::size_t calls = 1;
  while (!fit.advance(1)) ++calls;
  return calls <= fit.chunks_at_most(table.size(), plan);
}

void the_work_of_a_fit_is_bounded(void**) { assert_true(within_the_limit()); }

double centre_error() {
  const Table table = clouds(600, 4, 3);
  double worst = 0.0;
  const Run found = run(table, 3, {.starts = 1}, 100);
  for (std::size_t cloud = 0; cloud < 3; ++cloud) {
    double nearest = 1e300;
    for (std::size_t cluster = 0; cluster < 3; ++cluster) {
      double squared = 0.0;
      for (std::size_t entry = 0; entry < 4; ++entry) {
        double mean = 0.0;
        for (std::size_t row = cloud; row < 600; row += 3)
          mean += static_cast<double>(static_cast<float>(table[row][entry]));
        squared += std::pow(mean / 200 - found.centres[cluster * 4 + entry], 2);
      }
      nearest = std::fmin(nearest, std::sqrt(squared));
    }
    worst = std::fmax(worst, nearest);
  }
  return worst;
}

// The sums are exact to 200 roundings of values below 30.
void separate_clouds_are_found_and_their_means_are_exact(void**) { assert_near(centre_error(), 0.0, 1e-12, 0); }

Run on_equal_rows() { return run(Table(100, {3.0, 4.0}), 3, {.starts = 2}, 100); }

void equal_rows_are_told_to_be_degenerate(void**) {
  const bool degenerate = on_equal_rows().degenerate;
  const double inertia = on_equal_rows().inertia;
  assert_true(degenerate);
  assert_near(inertia, 0.0, 0, 0);
}

double inertia_of_empty_start() {
  Table table = clouds(90, 2, 4);
  const RowBlocks blocks = blocks_of(table);
  KMeansFit fit(2, 3, table.size(), 1);
  // The third centre is nobody's nearest.
  const double centres[] = {0, 0, 8, 8, 1000, 1000};
  fit.begin_at(blocks, table.size(), {}, centres);
  while (!fit.advance(1)) {
  }
  return fit.inertia() / static_cast<double>(table.size());
}

// Three clouds of variance 1 in two dimensions leave 2 per row; two centres for them would leave about 23.
void a_centre_without_rows_moves_to_where_it_is_needed(void**) { assert_true(inertia_of_empty_start() < 3.0); }

bool standardised_in_passing() {
  Table table = clouds(200, 2, 5);
  Table scaled = table;
  for (std::vector<double>& row : scaled)
    for (std::size_t i = 0; i < 2; ++i) row[i] = (row[i] - 2.0) * 0.5;
  const float mean[] = {2.0f, 2.0f};
  const float scale[] = {0.5f, 0.5f};
  const RowBlocks blocks = blocks_of(table);
  KMeansFit fit(2, 3, table.size(), 7);
  fit.begin(blocks, table.size(), {.starts = 2}, mean, scale);
  while (!fit.advance(3)) {
  }
  const Run other = run(scaled, 3, {.starts = 2}, 3);
  return near(fit.inertia(), other.inertia, 0, 1e-5);  // both in single precision, 400 terms
}

void rows_can_be_standardised_in_passing(void**) { assert_true(standardised_in_passing()); }

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_fit_in_slices_is_the_fit_in_one_go),
    cmocka_unit_test(the_work_of_a_fit_is_bounded),
    cmocka_unit_test(separate_clouds_are_found_and_their_means_are_exact),
    cmocka_unit_test(equal_rows_are_told_to_be_degenerate),
    cmocka_unit_test(a_centre_without_rows_moves_to_where_it_is_needed),
    cmocka_unit_test(rows_can_be_standardised_in_passing),
};
EPSILOND_TEST_MAIN(kTests)
