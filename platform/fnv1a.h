#pragma once
// A fingerprint of bytes, to tell one list from another; not against an adversary.

#include <cstdint>
#include <string_view>

namespace epsilond::platform {

// 64-bit FNV-1a (Fowler, Noll, Vo). The bytes of several calls are one stream: a caller that adds words adds a separator.
class Fnv1a {
 public:
  void add(std::string_view bytes) {
    constexpr std::uint64_t kPrime = 1099511628211U;
    for (const char c : bytes) value_ = (value_ ^ static_cast<unsigned char>(c)) * kPrime;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14695981039346656037U;
};

}  // namespace epsilond::platform
