#pragma once
// Reads tests/golden/*.csv: a comment line, a header line, then rows of numbers.

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace epsilond::tests {

// Aborts if the file cannot be read or holds anything but numbers: a missing golden file must not pass as no rows.
inline std::vector<std::vector<double>> read_golden(const char* name) {
  const std::string path = std::string(EPSILOND_SOURCE_DIR "/tests/golden/") + name;
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) std::abort();
  std::vector<std::vector<double>> rows;
  char line[1024];
  for (int number = 1; std::fgets(line, sizeof(line), file) != nullptr; ++number) {
    if (number <= 2) continue;
    std::vector<double> row;
    const char* at = line;
    const char* const end = line + std::char_traits<char>::length(line);
    while (at < end && *at != '\n') {
      double value = 0.0;
      const std::from_chars_result result = std::from_chars(at, end, value);
      if (result.ec != std::errc()) std::abort();
      row.push_back(value);
      at = result.ptr < end && *result.ptr == ',' ? result.ptr + 1 : result.ptr;
    }
    rows.push_back(row);
  }
  std::fclose(file);
  if (rows.empty()) std::abort();
  return rows;
}

}  // namespace epsilond::tests
