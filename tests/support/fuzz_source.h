#pragma once
// What the fuzz harnesses share: values made of the bytes of an input, and the promise that must hold.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "platform/fixed_string.h"

namespace epsilond::tests {

// A promise of the code under test that does not hold ends the run as a crash does.
inline void require_promise(bool holds) {
  if (!holds) std::abort();
}

// Makes values of the bytes; zeros and empty strings once they run out.
class FuzzSource {
 public:
  FuzzSource(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  template <typename T>
  void number(T& value) {
    std::array<unsigned char, sizeof(T)> bytes{};
    const std::size_t size = std::min(bytes.size(), size_);
    if (size > 0) std::memcpy(bytes.data(), data_, size);  // memcpy wants no null pointer even then
    skip(size);
    std::memcpy(&value, bytes.data(), sizeof value);
  }
  // Below `limit`, from two bytes.
  std::size_t below(std::size_t limit) {
    std::uint16_t value = 0;
    number(value);
    return value % limit;
  }
  // As long as two bytes before it say.
  template <std::size_t Capacity>
  void text(platform::FixedString<Capacity>& out) {
    out = text(Capacity);
  }
  std::string_view text(std::size_t most) {
    const std::size_t size = std::min(below(most + 1), size_);
    const std::string_view part = rest().substr(0, size);
    skip(size);
    return part;
  }
  bool empty() const { return size_ == 0; }
  std::string_view rest() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  void skip(std::size_t size) {
    data_ += size;
    size_ -= size;
  }
  const std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace epsilond::tests
