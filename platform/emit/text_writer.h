#pragma once
// Text written into a caller's buffer: it never passes the end, and says so when something did not fit.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace epsilond::platform {

// Once a put() does not fit, nothing more is written and overflowed() stays true, until rewind().
class TextWriter {
 public:
  explicit TextWriter(std::span<char> out) : out_(out) {}

  void put(std::string_view text) {
    if (overflowed_ || text.size() > room()) {
      overflowed_ = true;
      return;
    }
    std::copy(text.begin(), text.end(), out_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += text.size();
  }
  void put(char character) { put(std::string_view(&character, 1)); }

  // Forgets everything after the first `size` bytes; `size` is what size() returned earlier.
  void rewind(std::size_t size) {
    size_ = size;
    overflowed_ = false;
  }

  bool overflowed() const { return overflowed_; }
  std::size_t size() const { return size_; }
  std::size_t room() const { return out_.size() - size_; }
  std::string_view view() const { return {out_.data(), size_}; }

 private:
  std::span<char> out_;
  std::size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace epsilond::platform
