#include "models/random.h"

#include <initializer_list>

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::models::Random;

namespace {

// The first numbers of the reference implementation (S. Vigna, splitmix64.c), by Python's integers.
void the_numbers_are_those_of_splitmix64(void**) {
  Random random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U, 16408922859458223821U})
    assert_true(random.next() == expected);
}

void a_uniform_number_is_made_of_the_highest_53_bits(void**) {
  Random random(0);
  for (const std::uint64_t number : {16294208416658607535U, 7960286522194355700U})
    assert_near(random.uniform(), static_cast<double>(number / 2048U) * 0x1p-53, 0, 0);
}

void a_number_below_n_is_the_same_share_of_it(void**) {
  Random random(0);
  assert_int_equal(random.below(1000), 883);
  assert_int_equal(random.below(1000), 431);
  assert_int_equal(random.below(1000), 26);
  for (int i = 0; i < 1000; ++i) assert_int_equal(random.below(1), 0);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_numbers_are_those_of_splitmix64),
    cmocka_unit_test(a_uniform_number_is_made_of_the_highest_53_bits),
    cmocka_unit_test(a_number_below_n_is_the_same_share_of_it),
};
EPSILOND_TEST_MAIN(kTests)
