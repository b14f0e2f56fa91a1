#pragma once
// JSON that came over the control socket, read where it stands. Text that is not JSON gives absent values, never a
// fault.

#include <string>
#include <string_view>
#include <vector>

namespace epsilond::agent {

class RawJson {
 public:
  // A value, as far as it goes; it must outlive the object. Empty: absent.
  explicit RawJson(std::string_view text = {}) : text_(text) {}

  bool present() const { return !text_.empty(); }
  // The member of an object; absent if it has none of this name. Names with escapes are not found.
  RawJson operator[](std::string_view name) const;
  // The elements of an array; none of anything else.
  std::vector<RawJson> elements() const;
  // NaN for what is not a number.
  double number() const;
  // A string without its escapes, harmless on a terminal: a control character, whoever named his process by it, is a
  // blank (Escape::kMessage). Empty for anything else.
  std::string text() const;
  bool is_true() const { return text_ == "true"; }
  std::string_view raw() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace epsilond::agent
