#include "platform/host/crc32c.h"

#include <array>

namespace epsilond::platform {
namespace {

constexpr std::uint32_t kReversedPolynomial = 0x82F63B78U;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t remainder = i;
    for (int bit = 0; bit < 8; ++bit)
      remainder = (remainder & 1U) != 0 ? (remainder >> 1U) ^ kReversedPolynomial : remainder >> 1U;
    table[i] = remainder;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous) {
  std::uint32_t remainder = ~previous;
  for (const std::byte byte : bytes)
    remainder = (remainder >> 8U) ^ kTable[(remainder ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
  return ~remainder;
}

}  // namespace epsilond::platform
