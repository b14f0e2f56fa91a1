#include "models/outlier/robust_window.h"

#include <algorithm>
#include <cmath>
#include <cstring>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Observation;
using epsilond::models::RobustWindow;
using epsilond::models::RobustWindowSettings;

namespace {

Observation row_of(double a, double b) {
  Observation row;
  row.values.resize(2);
  row.values << a, b;
  row.present.set(0, !std::isnan(a));
  row.present.set(1, !std::isnan(b));
  return row;
}

constexpr RobustWindowSettings kSettings{.feature_count = 2, .rows = 8, .interval_s = 1.0, .row_every_s = 4.0};

// 1e12 + n in the first feature, n in the second, for n = 0, 1, ... once a second; every feature is up to date.
struct Bed {
  explicit Bed(int rows, const RobustWindowSettings& settings = kSettings) : window(settings) {
    for (int n = 0; n < rows; ++n) add(row_of(1e12 + n, n));
  }
  void add(const Observation& row) {
    window.add(row, 1.0);
    window.refresh_one();
    window.refresh_one();
  }
  RobustWindow window;
};

double median_after(int rows, std::size_t feature = 1) { return Bed(rows).window.feature(feature).median; }
double spacing_after(int rows) { return Bed(rows).window.row_every_s(); }

void a_young_ring_takes_every_row(void**) {
  assert_near(median_after(7), 3.0, 0, 0);
  assert_near(median_after(8), 3.5, 0, 0);
  assert_near(spacing_after(8), 1.0, 0, 0);
}

void a_full_ring_thins_out_until_its_rows_are_far_enough_apart(void**) {
  assert_near(spacing_after(9), 2.0, 0, 0);
  assert_near(median_after(9), 5.0, 0, 0);  // 1, 3, 5, 7, 8
  assert_near(spacing_after(100), 4.0, 0, 0);
}

void an_old_ring_forgets_its_oldest_rows(void**) {
  const double median = median_after(1000);
  assert_true(median > 1000.0 - 8 * 4 && median < 1000.0);
}

void a_small_change_of_a_large_number_is_kept(void**) {
  const RobustWindow::Feature feature = Bed(8).window.feature(0);
  assert_near(feature.median, 1e12 + 3.5, 0, 0);
  assert_near(feature.scale, 2.0 / 0.6744897501960817, 0, 1e-12);  // distances 0.5, 0.5, 1.5, 1.5, 2.5, ...
}

void absent_and_non_finite_values_are_left_out(void**) {
  struct Counts {
    std::uint32_t first, second;
    double median;
  };
  const Counts counts = [] {
    Bed bed(0);
    for (int n = 0; n < 6; ++n)
      bed.add(row_of(n == 2 ? static_cast<double>(INFINITY) : NAN, n % 2 == 0 ? static_cast<double>(n) : NAN));
    return Counts{bed.window.feature(0).values, bed.window.feature(1).values, bed.window.feature(1).median};
  }();
  assert_int_equal(counts.first, 0);
  assert_int_equal(counts.second, 3);
  assert_near(counts.median, 2.0, 0, 0);
}

void one_feature_is_refreshed_at_a_time(void**) {
  const auto counts = [](int refreshes) {
    RobustWindow window(kSettings);
    window.add(row_of(1.0, 2.0), 1.0);
    for (int i = 0; i < refreshes; ++i) window.refresh_one();
    return window.feature(0).values + 10 * window.feature(1).values;
  };
  assert_int_equal(counts(0), 0);
  assert_int_equal(counts(1), 1);
  assert_int_equal(counts(2), 11);
  assert_int_equal(counts(9), 11);
}

void a_reset_window_is_as_new(void**) {
  Bed* const bed = new Bed(500);
  bed->window.reset();
  for (int n = 0; n < 8; ++n) bed->add(row_of(n, n));
  const double median = bed->window.feature(0).median;
  const double spacing = bed->window.row_every_s();
  delete bed;
  assert_near(median, 3.5, 0, 0);
  assert_near(spacing, 1.0, 0, 0);
}

std::vector<std::byte> saved(const RobustWindow& window) {
  std::vector<std::byte> bytes(window.state_bytes());
  window.save(bytes);
  return bytes;
}

void a_round_trip_goes_on_as_the_original_does(void**) {
  for (const int rows : {0, 5, 8, 9, 77, 500}) {
    const bool same = [rows] {
      Bed original(rows);
      Bed copy(3);
      if (!copy.window.load(saved(original.window))) return false;
      for (int n = 0; n < 50; ++n) {
        original.add(row_of(1e12 + 7 * n, n * n));
        copy.add(row_of(1e12 + 7 * n, n * n));
      }
      return original.window.feature(0).median == copy.window.feature(0).median &&
             original.window.feature(1).scale == copy.window.feature(1).scale;
    }();
    assert_true(same);
  }
}

template <typename T>
bool refused(std::size_t at, T value) {
  std::vector<std::byte> bytes = saved(Bed(77).window);
  std::memcpy(bytes.data() + at, &value, sizeof value);
  Bed bed(20);
  const std::vector<std::byte> before = saved(bed.window);
  return !bed.window.load(bytes) && saved(bed.window) == before;
}

void damaged_states_are_refused_whole(void**) {
  constexpr std::size_t kHeader = 56;
  assert_false(refused<std::uint64_t>(0, 8));
  assert_true(refused<std::uint64_t>(0, 9));
  assert_true(refused<std::uint64_t>(8, 9));
  assert_true(refused<std::uint64_t>(16, 8));
  assert_true(refused<std::uint64_t>(24, 3));
  assert_true(refused<std::uint64_t>(32, 2));
  assert_true(refused(40, 0.5));
  assert_true(refused(48, static_cast<double>(NAN)));
  assert_true(refused(kHeader, static_cast<double>(INFINITY)));
  assert_true(refused(kHeader + 16, -1.0));
  assert_true(refused<std::uint32_t>(kHeader + 24, 9));
  assert_true(refused(kHeader + 64, static_cast<float>(INFINITY)));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_young_ring_takes_every_row),
    cmocka_unit_test(a_full_ring_thins_out_until_its_rows_are_far_enough_apart),
    cmocka_unit_test(an_old_ring_forgets_its_oldest_rows),
    cmocka_unit_test(a_small_change_of_a_large_number_is_kept),
    cmocka_unit_test(absent_and_non_finite_values_are_left_out),
    cmocka_unit_test(one_feature_is_refreshed_at_a_time),
    cmocka_unit_test(a_reset_window_is_as_new),
    cmocka_unit_test(a_round_trip_goes_on_as_the_original_does),
    cmocka_unit_test(damaged_states_are_refused_whole),
};
EPSILOND_TEST_MAIN(kTests)
