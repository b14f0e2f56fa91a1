#pragma once
// What stands in a frame that a full-screen command draws.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace epsilond::tests {

struct ScreenFrame {
  std::string frame;

  std::vector<std::string> rows() const {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < frame.size(); at = frame.find('\n', at) + 1)
      all.push_back(frame.substr(at, frame.find('\n', at) - at));
    return all;
  }
  std::size_t row_count() const { return rows().size(); }
  // Characters of the widest row, escapes not counted.
  std::size_t widest() const {
    std::size_t most = 0;
    for (const std::string& row : rows()) {
      std::size_t width = 0;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (row[i] == '\033') {
          i = row.find('m', i);
          continue;
        }
        width += (static_cast<unsigned char>(row[i]) & 0xC0U) != 0x80U ? 1 : 0;
      }
      most = std::max(most, width);
    }
    return most;
  }
  bool row_begins(std::size_t row, std::string_view with) const { return rows()[row].starts_with(with); }
  bool has(std::string_view what) const { return frame.find(what) != std::string::npos; }
};

}  // namespace epsilond::tests
