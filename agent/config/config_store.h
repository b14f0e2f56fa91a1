#pragma once
// Puts the text of a value into its place in the configuration, and reads it back from there: by the row of its key.

#include <string>
#include <string_view>

#include "agent/config/config_keys.h"
#include "agent/config/config_values.h"

namespace epsilond::agent {

// `target` has the members that the section of `key` needs. Nothing is stored when there is a problem.
Problem store_value(const KeySpec& key, std::string_view text, const SectionTarget& target);

// The value as text that store_value takes. For lists of features, which keep no text: empty.
std::string format_value(const KeySpec& key, const SectionTarget& target);

// Stores the default of every key of `section` that has one.
void store_defaults(SectionKind section, const SectionTarget& target);

}  // namespace epsilond::agent
