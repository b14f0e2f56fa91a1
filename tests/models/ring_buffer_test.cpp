#include "models/ring_buffer.h"

#include <array>
#include <deque>

#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::models::RingBuffer;
using epsilond::tests::Rng;

namespace {

// The number of the first random step at which the ring and a plain list differ, or -1.
int first_difference_from_a_list(std::size_t capacity, std::uint64_t seed) {
  std::array<int, 16> storage{};
  RingBuffer<int> ring(std::span<int>(storage).first(capacity));
  std::deque<int> list;
  Rng rng(seed);
  for (int step = 0; step < 2000; ++step) {
    if (rng.below(100) == 0) {
      ring.clear();
      list.clear();
    } else {
      ring.push(step);
      list.push_front(step);
      if (list.size() > capacity) list.pop_back();
    }
    if (ring.size() != list.size() || ring.full() != (list.size() == capacity)) return step;
    for (std::size_t age = 0; age < list.size(); ++age)
      if (ring.at_age(age) != list[age]) return step;
  }
  return -1;
}

void a_new_ring_is_empty(void**) {
  std::array<int, 3> storage{};
  const RingBuffer<int> ring(storage);
  assert_int_equal(ring.size(), 0);
  assert_int_equal(ring.capacity(), 3);
}

void the_oldest_value_is_overwritten(void**) {
  std::array<int, 2> storage{};
  RingBuffer<int> ring(storage);
  for (const int value : {1, 2, 3}) ring.push(value);
  assert_int_equal(ring.size(), 2);
  assert_int_equal(ring.at_age(0), 3);
  assert_int_equal(ring.at_age(1), 2);
}

void a_ring_of_one_holds_the_newest(void**) {
  std::array<int, 1> storage{};
  RingBuffer<int> ring(storage);
  for (const int value : {1, 2, 3}) ring.push(value);
  assert_int_equal(ring.at_age(0), 3);
}

void it_equals_a_plain_list(void**) {
  const std::uint64_t seed = epsilond::tests::test_seed();
  for (const std::size_t capacity : {1u, 2u, 3u, 7u, 16u})
    assert_int_equal(first_difference_from_a_list(capacity, seed + capacity), -1);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(a_new_ring_is_empty),
    cmocka_unit_test(the_oldest_value_is_overwritten),
    cmocka_unit_test(a_ring_of_one_holds_the_newest),
    cmocka_unit_test(it_equals_a_plain_list),
};
EPSILOND_TEST_MAIN(kTests)
