#include "platform/host/crc32c.h"

#include <array>
#include <cstring>
#include <string_view>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::crc32c;

namespace {

using Block = std::array<std::byte, 32>;

template <typename Function>
Block block(Function value_at) {
  Block bytes{};
  for (unsigned i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(value_at(i));
  return bytes;
}

// RFC 3720 appendix B.4 prints the checksums as bytes in transmission order; these are the same as numbers.
void thirty_two_zeros(void**) {
  assert_int_equal(crc32c(block([](unsigned) { return 0U; })), 0x8A9136AAU);
}
void thirty_two_ones(void**) {
  assert_int_equal(crc32c(block([](unsigned) { return 0xFFU; })), 0x62A8AB43U);
}
void thirty_two_incrementing(void**) {
  assert_int_equal(crc32c(block([](unsigned i) { return i; })), 0x46DD794EU);
}
void thirty_two_decrementing(void**) {
  assert_int_equal(crc32c(block([](unsigned i) { return 31U - i; })), 0x113FDB5CU);
}

void an_iscsi_read_command(void**) {
  constexpr std::array<unsigned char, 48> kCommand = {
      0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
      0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18,
      0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
  assert_int_equal(crc32c(std::as_bytes(std::span(kCommand))), 0xD9963A56U);
}

void the_check_value_of_the_nine_digits(void**) {
  constexpr std::string_view kDigits = "123456789";
  assert_int_equal(crc32c(std::as_bytes(std::span(kDigits))), 0xE3069283U);
}

void nothing_is_zero(void**) { assert_int_equal(crc32c({}), 0); }

void a_checksum_may_be_taken_in_parts(void**) {
  const Block bytes = block([](unsigned i) { return i * 7U; });
  const std::span<const std::byte> all(bytes);
  for (std::size_t cut = 0; cut <= all.size(); ++cut)
    assert_int_equal(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(thirty_two_zeros),        cmocka_unit_test(thirty_two_ones),
    cmocka_unit_test(thirty_two_incrementing), cmocka_unit_test(thirty_two_decrementing),
    cmocka_unit_test(an_iscsi_read_command),   cmocka_unit_test(the_check_value_of_the_nine_digits),
    cmocka_unit_test(nothing_is_zero),         cmocka_unit_test(a_checksum_may_be_taken_in_parts),
};
EPSILOND_TEST_MAIN(kTests)
