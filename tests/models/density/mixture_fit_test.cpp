#include "models/density/mixture_fit.h"

#include <cmath>
#include <limits>

#include "models/density/mixture_block.h"
#include "tests/models/density/mixture_golden.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::FitStatus;
using epsilond::models::kBlockRows;
using epsilond::models::MixtureFit;
using epsilond::models::MixtureFitSettings;
using epsilond::models::MixtureParameters;
using epsilond::models::packed_size;
using epsilond::tests::golden_mixture;
using epsilond::tests::golden_mixture_rows;
using epsilond::tests::Rng;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Parity {
  double likelihood_above;  // scikit-learn's
  double iterations_more;
  double worst_mean;  // relative to the range of the means
  double worst_weight;
  bool converged;
};

Parity parity() {
  const std::vector<double> rows = golden_mixture_rows();
  const std::vector<double> golden = epsilond::tests::read_golden("density_mixture_fit.csv")[0];
  const MixtureParameters wanted = golden_mixture(true);
  MixtureFit fit(3, {.components = 3, .max_iterations = 500, .tolerance = 1e-7});
  fit.begin_from(golden_mixture(false), rows);
  while (!fit.advance(1000)) {
  }
  Parity out{fit.mean_log_likelihood() - golden[0], static_cast<double>(fit.iterations()) - golden[2], 0.0, 0.0,
             fit.converged()};
  for (std::size_t c = 0; c < 3; ++c) {
    out.worst_weight = std::fmax(out.worst_weight, std::fabs(fit.best().weight[c] - wanted.weight[c]));
    for (std::size_t i = 0; i < 3; ++i)
      out.worst_mean = std::fmax(out.worst_mean, std::fabs(fit.best().mean_of(c)[i] / wanted.mean_of(c)[i] - 1.0));
  }
  return out;
}

void the_same_start_reaches_the_parameters_of_scikit_learn(void**) {
  const Parity made = parity();
  assert_near(made.likelihood_above, 0.0, 1e-9, 0);
  assert_near(made.iterations_more, 0.0, 0, 0);
  assert_near(made.worst_mean, 0.0, 1e-9, 0);
  assert_near(made.worst_weight, 0.0, 1e-9, 0);
  assert_true(made.converged);
}

struct Own {
  double likelihood_above;
  std::size_t components;
};

Own own_start(std::size_t components, std::uint64_t seed) {
  const std::vector<double> rows = golden_mixture_rows();
  MixtureFit fit(3, {.components = components, .starts = 3, .max_iterations = 500, .tolerance = 1e-7, .seed = seed});
  fit.begin(rows);
  while (!fit.advance(77)) {
  }
  return {fit.mean_log_likelihood() - epsilond::tests::read_golden("density_mixture_fit.csv")[0][0],
          fit.best().components};
}

void its_own_starts_reach_as_much(void**) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Own made = own_start(3, seed);
    assert_int_equal(made.components, 3);
    assert_true(made.likelihood_above > -1e-6);
  }
}

struct Chosen {
  std::size_t own;
  std::size_t of_scikit_learn;
};

Chosen chosen(double true_components, std::uint64_t seed) {
  std::vector<double> rows;
  std::size_t expected = 0;
  for (const std::vector<double>& row : epsilond::tests::read_golden("density_mixture_bic.csv")) {
    if (row[0] != true_components) continue;
    expected = static_cast<std::size_t>(row[1]);
    rows.insert(rows.end(), row.begin() + 2, row.end());
  }
  MixtureFit fit(2, {.seed = seed});
  fit.begin(rows);
  while (!fit.advance(1U << 20U)) {
  }
  return {fit.status() == FitStatus::kFitted ? fit.best().components : 0, expected};
}

void bic_finds_two_and_three(void**) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    assert_int_equal(chosen(2, seed).own, chosen(2, seed).of_scikit_learn);
    assert_int_equal(chosen(3, seed).own, chosen(3, seed).of_scikit_learn);
  }
}

std::vector<double> two_clusters(std::size_t rows, std::size_t width, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<double> out(rows * width);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < width; ++j)
      out[r * width + j] = (r % 2 == 0 ? 0.0 : 4.0) + rng.normal() * (1.0 + static_cast<double>(j));
  return out;
}

struct Slices {
  bool same = true;
  std::uint64_t most_in_one = 0;
  std::size_t calls = 0;
};

Slices in_slices(std::size_t slice, std::size_t width) {
  const std::vector<double> rows = two_clusters(333, width, 4);
  MixtureFit whole(width, {});
  whole.begin(rows);
  while (!whole.advance(1U << 20U)) {
  }
  MixtureFit sliced(width, {});
  sliced.begin(rows);
  Slices out;
  for (bool done = false; !done; ++out.calls) {
    const std::uint64_t before = sliced.rows_read();
    done = sliced.advance(slice);
    out.most_in_one = std::max(out.most_in_one, sliced.rows_read() - before);
  }
  out.same = sliced.best().components == whole.best().components;
  // Blocks are cut elsewhere, so sums are rounded elsewhere.
  out.same = out.same && std::fabs(sliced.mean_log_likelihood() - whole.mean_log_likelihood()) < 1e-9;
  return out;
}

void slices_give_the_same_fit_and_never_read_more_than_they_may(void**) {
  for (const std::size_t slice : {std::size_t{1}, std::size_t{7}, kBlockRows, std::size_t{500}}) {
    const Slices made = in_slices(slice, 3);
    assert_true(made.same);
    assert_true(made.most_in_one <= slice);
    assert_true(made.calls > 1);
  }
}

void odd_and_even_widths_fit_alike(void**) {
  for (std::size_t width = 1; width <= 9; ++width) assert_true(in_slices(50, width).same);
}

struct Moments {
  double weight_error = 0.0;
  double mean_error = 0.0;
  double covariance_error = 0.0;
};

// One component is mean and covariance, which the long way gives too.
Moments one_component(std::size_t width) {
  const std::vector<double> rows = two_clusters(200, width, 9);
  MixtureFit fit(width, {.components = 1, .regularisation = 1e-15});
  fit.begin(rows);
  while (!fit.advance(1000)) {
  }
  Moments out;
  out.weight_error = std::fabs(fit.best().weight[0] - 1.0);
  std::vector<double> mean(width);
  for (std::size_t r = 0; r < 200; ++r)
    for (std::size_t j = 0; j < width; ++j) mean[j] += rows[r * width + j] / 200.0;
  for (std::size_t i = 0; i < width; ++i) {
    out.mean_error = std::fmax(out.mean_error, std::fabs(fit.best().mean_of(0)[i] - mean[i]));
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = 0.0;
      for (std::size_t r = 0; r < 200; ++r)
        sum += (rows[r * width + i] - mean[i]) * (rows[r * width + j] - mean[j]) / 200.0;
      const double got = fit.best().covariance_of(0)[i * (i + 1) / 2 + j];
      out.covariance_error = std::fmax(out.covariance_error, std::fabs(got - sum));
    }
  }
  return out;
}

void one_component_is_mean_and_covariance_at_every_width(void**) {
  for (const std::size_t width : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U, 9U, 13U, 64U}) {
    const Moments made = one_component(width);
    assert_near(made.weight_error, 0.0, 1e-12, 0);
    assert_near(made.mean_error, 0.0, 1e-11, 0);
    assert_near(made.covariance_error, 0.0, 1e-9, 0);  // variances up to 64^2
  }
}

FitStatus status_of(const std::vector<double>& rows, const MixtureFitSettings& settings) {
  MixtureFit fit(2, settings);
  fit.begin(rows);
  while (!fit.advance(10)) {
  }
  return fit.status();
}

void too_few_rows_and_too_few_distinct_rows_are_said(void**) {
  const std::vector<double> four{1, 2, 1, 2, 3, 4, 3, 4};
  assert_int_equal(status_of({1, 2}, {.components = 1}), FitStatus::kTooFewRows);
  assert_int_equal(status_of({1, 2, 3, 4}, {.components = 3}), FitStatus::kTooFewRows);
  assert_int_equal(status_of(four, {.components = 3}), FitStatus::kDegenerate);
  assert_int_equal(status_of(four, {.components = 2}), FitStatus::kFitted);
  assert_int_equal(status_of({1, 2, 1, 2}, {}), FitStatus::kFitted);
  assert_int_equal(status_of({1e200, 2, -1e200, 2, 3, 4}, {}), FitStatus::kDegenerate);
}

struct Constant {
  double variance;
  double floored;
  double mean;
};

Constant constant() {
  const std::vector<double> rows{1, 7, 2, 7, 4, kNaN, 9, 7, kNaN, 7};
  MixtureFit fit(2, {.components = 1});
  fit.begin(rows);
  while (!fit.advance(10)) {
  }
  const double variance = fit.best().covariance[2];
  const double mean = fit.best().mean[0];
  const std::vector<double> floor{0.0, 0.25};
  fit.begin(rows, floor);
  while (!fit.advance(10)) {
  }
  return {variance, fit.best().covariance[2], mean};
}

void a_constant_feature_has_a_floor_and_nan_is_the_mean(void**) {
  const Constant made = constant();
  assert_near(made.variance, 1e-6, 0, 1e-12);
  assert_near(made.floored, 0.25, 0, 1e-12);
  assert_near(made.mean, 4.0, 1e-12, 0);
}

// ln of a sum of exponentials by the block kernel against the library, over the whole range.
double worst_share_error() {
  Rng rng(epsilond::tests::test_seed());
  double worst = 0.0;
  for (int repeat = 0; repeat < 300; ++repeat) {
    std::vector<double> part(3 * kBlockRows);
    for (double& value : part) value = -std::exp(rng.uniform(-3.0, 7.0)) + 100.0;
    const std::vector<double> before = part;
    double expected = 0.0;
    for (std::size_t b = 0; b < kBlockRows; ++b) {
      const double most = std::fmax(before[b], std::fmax(before[b + kBlockRows], before[b + 2 * kBlockRows]));
      double sum = 0.0;
      for (std::size_t c = 0; c < 3; ++c) sum += std::exp(before[b + c * kBlockRows] - most);
      expected += most + std::log(sum);
      for (std::size_t c = 0; c < 3; ++c) part[b + c * kBlockRows] = std::exp(before[b + c * kBlockRows] - most) / sum;
    }
    std::vector<double> share = before;
    const double got = epsilond::models::share_out(share.data(), 3, kBlockRows);
    worst = std::fmax(worst, std::fabs(got / expected - 1.0));
    for (std::size_t at = 0; at < share.size(); ++at)
      if (part[at] > 1e-290) worst = std::fmax(worst, std::fabs(share[at] / part[at] - 1.0));
  }
  return worst;
}

void shares_equal_those_of_the_library_exponential(void**) {
  // 3 units in the last place of each exponential, twice, and the subtraction's.
  assert_near(worst_share_error(), 0.0, 2e-15, 0);
}

struct Resumed {
  bool stopped;
  bool same;
};

Resumed abandoned_and_begun_again() {
  const std::vector<double> rows = two_clusters(200, 2, 1);
  MixtureFit fresh(2, {});
  fresh.begin(rows);
  while (!fresh.advance(64)) {
  }
  MixtureFit fit(2, {});
  fit.begin(rows);
  fit.advance(500);
  fit.abandon();
  const bool stopped = !fit.running();
  fit.begin(rows);
  while (!fit.advance(64)) {
  }
  return {stopped, fit.best().mean == fresh.best().mean && fit.bic() == fresh.bic()};
}

void an_abandoned_fit_leaves_nothing_behind(void**) {
  const Resumed made = abandoned_and_begun_again();
  assert_true(made.stopped);
  assert_true(made.same);
}

double found_late(std::uint64_t seed) {
  constexpr std::size_t kRows = 40960;  // of every ten the start sees one
  Rng rng(seed);
  std::vector<double> rows(kRows);
  for (std::size_t r = 0; r < kRows; ++r) rows[r] = (r < kRows / 10 * 9 ? 0.0 : 50.0) + rng.normal();
  // In one iteration no start is made good that has not seen both.
  MixtureFit fit(1, {.components = 2, .max_iterations = 1, .seed = seed});
  fit.begin(rows);
  while (!fit.advance(1U << 20U)) {
  }
  return std::fmax(fit.best().mean_of(0)[0], fit.best().mean_of(1)[0]);
}

void the_start_sees_what_comes_late_in_the_rows(void**) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) assert_near(found_late(seed), 50.0, 0.1, 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_same_start_reaches_the_parameters_of_scikit_learn),
    cmocka_unit_test(its_own_starts_reach_as_much),
    cmocka_unit_test(bic_finds_two_and_three),
    cmocka_unit_test(slices_give_the_same_fit_and_never_read_more_than_they_may),
    cmocka_unit_test(odd_and_even_widths_fit_alike),
    cmocka_unit_test(one_component_is_mean_and_covariance_at_every_width),
    cmocka_unit_test(too_few_rows_and_too_few_distinct_rows_are_said),
    cmocka_unit_test(a_constant_feature_has_a_floor_and_nan_is_the_mean),
    cmocka_unit_test(shares_equal_those_of_the_library_exponential),
    cmocka_unit_test(an_abandoned_fit_leaves_nothing_behind),
    cmocka_unit_test(the_start_sees_what_comes_late_in_the_rows),
};
EPSILOND_TEST_MAIN(kTests)
