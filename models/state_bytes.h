#pragma once
// Plain values as bytes, one behind the other, in the byte order of the machine: how models save what they learned.

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

namespace epsilond::models {

// `out` has room for `count` values; it is moved behind them.
template <typename T>
void put_bytes(std::span<std::byte>& out, const T* values, std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count == 0) return;  // memcpy wants no null pointer even then
  std::memcpy(out.data(), values, count * sizeof(T));
  out = out.subspan(count * sizeof(T));
}

// `in` holds `count` values; it is moved behind them.
template <typename T>
void take_bytes(std::span<const std::byte>& in, T* values, std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count == 0) return;
  std::memcpy(values, in.data(), count * sizeof(T));
  in = in.subspan(count * sizeof(T));
}

}  // namespace epsilond::models
