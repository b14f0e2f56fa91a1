#pragma once
// Bounded text inside the object: no allocation, cut at its capacity and never inside a UTF-8 character.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace epsilond::platform {

// The longest prefix of `text` of at most `limit` bytes that does not end inside a UTF-8 sequence.
constexpr std::string_view utf8_prefix(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

template <std::size_t Capacity>
class FixedString {
 public:
  FixedString() = default;
  FixedString(std::string_view text) { assign(text); }  // NOLINT(google-explicit-constructor)

  void assign(std::string_view text) {
    size_ = 0;
    append(text);
  }
  // Returns false if `text` had to be cut.
  bool append(std::string_view text) {
    const std::string_view part = utf8_prefix(text, Capacity - size_);
    std::copy(part.begin(), part.end(), data_ + size_);
    size_ += part.size();
    data_[size_] = '\0';
    return part.size() == text.size();
  }
  void clear() { assign({}); }

  std::string_view view() const { return {data_, size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  const char* c_str() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  static constexpr std::size_t capacity() { return Capacity; }

  friend bool operator==(const FixedString& a, std::string_view b) { return a.view() == b; }

 private:
  char data_[Capacity + 1] = {};
  std::size_t size_ = 0;
};

}  // namespace epsilond::platform
