#pragma once
// A hash that nobody without its key can make collide: for tables that are filled by whoever sends datagrams.

#include <array>
#include <cstdint>
#include <string_view>

namespace epsilond::platform {

// SipHash-2-4 (J.-P. Aumasson and D. J. Bernstein, SipHash: a fast short-input PRF, INDOCRYPT 2012).
class KeyedHash {
 public:
  explicit KeyedHash(const std::array<std::uint64_t, 2>& key) : key_(key) {}
  // With a key from the kernel; where that has none to give, from the clock.
  static KeyedHash with_random_key();

  std::uint64_t operator()(std::string_view bytes) const;

 private:
  std::array<std::uint64_t, 2> key_;
};

}  // namespace epsilond::platform
