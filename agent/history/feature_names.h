#pragma once
// What other tools call the things that the agent watches: one table, for `epsilonctl replay` and `epsilonctl learn`.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/result.h"

namespace epsilond::agent {

// How sure a name is of its meaning and unit.
enum class NameMeaning : std::uint8_t {
  kOne,    // means this and nothing else
  kUsual,  // what such a column usually holds, but "memory" may as well be a percentage: taken only where asked for
};

struct ForeignName {
  std::string_view name;     // exactly, in this case
  std::string_view feature;  // one of features()
  double factor;             // from its unit to that of the feature
  NameMeaning meaning;
  bool adds = false;           // several columns of such names add up to the feature: user and nice, eth0 and eth1
  bool per_interface = false;  // also as `INTERFACE.name`, any interface but `lo`
  std::string_view note = {};  // where it is not quite the same thing
};

// Every foreign name, in the order in which the manual shows them.
std::span<const ForeignName> foreign_names();
// The entry for a column of this name, or of this name and `.value`; null without one.
const ForeignName* find_foreign_name(std::string_view column);

// `NAME=FEATURE` or `NAME=FEATURE*FACTOR`, as asked for on the command line.
struct NameMapping {
  std::string column;
  std::size_t feature = 0;  // row of features()
  double factor = 1.0;      // finite, not 0
};

// A list of mappings separated by commas, quoted as in a csv file where a name holds one. Error kInvalid says what is
// allowed.
platform::Result<std::vector<NameMapping>> parse_name_mappings(std::string_view text);

}  // namespace epsilond::agent
