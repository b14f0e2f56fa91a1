#pragma once
// Processes that grew as the test says, and a record of what was asked.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "platform/kernel/process_growth.h"

namespace epsilond::tests {

class FakeGrowth final : public platform::ProcessGrowth {
 public:
  bool look() override {
    ++looks;
    return has_past;
  }
  std::size_t find(platform::GrowthKind kind, double at_least, std::span<platform::GrownProcess> out) override {
    if (asked < kinds.size()) {
      kinds[asked] = kind;
      least[asked] = at_least;
    }
    ++asked;
    std::size_t found = 0;
    for (std::size_t i = 0; i < count && found < out.size(); ++i)
      if (grown[i].first == kind) out[found++] = grown[i].second;
    return found;
  }
  void add(platform::GrowthKind kind, std::string_view comm, std::int32_t pid, std::string_view what, double delta) {
    platform::GrownProcess process;
    process.comm = comm;
    process.pid = pid;
    process.uid = 113;
    process.unit = std::string_view("a.service");
    process.what = what;
    process.delta = delta;
    grown[count++] = {kind, process};
  }

  bool has_past = true;
  int looks = 0;
  std::size_t asked = 0;
  std::array<platform::GrowthKind, 16> kinds{};  // in the order in which they were asked for
  std::array<double, 16> least{};
  std::array<std::pair<platform::GrowthKind, platform::GrownProcess>, 8> grown;
  std::size_t count = 0;
};

}  // namespace epsilond::tests
