#pragma once
// What `epsilonctl doctor` found, one finding after the other, and how it is shown.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace epsilond::agent {

enum class Health : std::uint8_t {
  kOk,
  kNote,   // worth knowing, nothing to mend
  kOff,    // something is not measured, because this machine does not tell it
  kWrong,  // to be mended
};

struct Finding {
  Health health = Health::kOk;
  std::string_view about{};  // configuration, agent, source, feature, watch, machine, clock, state, or emitter
  std::string subject{};     // "meminfo"
  std::string text{};        // what was found, in plain words
  std::string advice{};      // what to do about it; may be empty
  std::vector<std::string_view> features{};                    // that it is about; static text
  std::vector<std::pair<std::string_view, double>> numbers{};  // for machines; names end in a unit
};

class DoctorReport {
 public:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }
  const std::vector<Finding>& findings() const { return findings_; }
  bool healthy() const;

  // A line for each finding: its health, what it is about, what was found and what to do. Control characters in what
  // others wrote are shown as blanks.
  std::string for_people() const;
  // One JSON object on one line.
  std::string for_machines() const;

 private:
  std::vector<Finding> findings_;
};

// "2.1 us", "1.3 ms".
std::string cost_text(double microseconds);
// "2 min 5 s".
std::string duration_text(double seconds);
// "a, b and 3 more".
std::string names_text(const std::vector<std::string_view>& names);

}  // namespace epsilond::agent
