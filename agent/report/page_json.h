#pragma once
// JSON that may stand between <script> and </script>, written as it comes: nothing of it is held in memory.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/file/output_file.h"

namespace epsilond::agent {

class PageJson {
 public:
  // `out` must outlive the object.
  explicit PageJson(platform::OutputFile& out) : out_(out) {}

  // Keys are ours: they need no escape. An empty key is that of an array's element.
  void begin_object(std::string_view key = {}) { begin(key, "{"); }
  void end_object() { end("}"); }
  void begin_array(std::string_view key = {}) { begin(key, "["); }
  void end_array() { end("]"); }

  // All digits; null where the value is not finite.
  void number(std::string_view key, double value);
  void count(std::string_view key, std::uint64_t value);
  void flag(std::string_view key, bool value);
  // Any bytes. `<`, `>` and `&` are escaped too, so that no end of a script, no comment and no entity comes about.
  void string(std::string_view key, std::string_view text);

  // {"n":count,"o":offset,"s":scale,"f":"BASE64"}: 32-bit floats, little-endian; an element is offset + scale * float,
  // to 2^-24 of half the range of all, and NaN is absent. {"n":count,"c":value} where all are the same. A value that is
  // not finite is absent. `value(i)` is called twice for each i.
  template <typename Value>
  void floats(std::string_view key, std::size_t count, Value value) {
    Range range;
    for (std::size_t i = 0; i < count; ++i) range.add(value(i));
    if (!begin_floats(key, count, range)) return;
    for (std::size_t i = 0; i < count; ++i) bits(std::bit_cast<std::uint32_t>(range.scaled(value(i))), 4);
    end_base64();
  }
  // {"n":count,"d":"BASE64"}: 64-bit floats, little-endian, exact.
  template <typename Value>
  void doubles(std::string_view key, std::size_t count, Value value) {
    begin_object(key);
    this->count("n", count);
    begin_base64("d");
    for (std::size_t i = 0; i < count; ++i) bits(std::bit_cast<std::uint64_t>(static_cast<double>(value(i))), 8);
    end_base64();
  }

 private:
  // Of the finite values.
  struct Range {
    double low = 0.0;
    double high = 0.0;
    std::size_t present = 0;
    std::size_t absent = 0;

    void add(double value);
    double middle() const { return low / 2 + high / 2; }
    double half() const { return low == high ? 1.0 : high / 2 - low / 2; }
    float scaled(double value) const;
  };

  void begin(std::string_view key, std::string_view bracket);
  void end(std::string_view bracket);
  void begin_value(std::string_view key);
  // False when the constant said it all.
  bool begin_floats(std::string_view key, std::size_t count, const Range& range);
  void begin_base64(std::string_view key);
  void bits(std::uint64_t value, int bytes);
  void put_group();
  void end_base64();

  platform::OutputFile& out_;
  bool first_ = true;        // nothing stands before the next value in its object or array
  std::uint32_t group_ = 0;  // up to three bytes that wait to become four characters
  int group_bytes_ = 0;
};

}  // namespace epsilond::agent
