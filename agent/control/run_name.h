#pragma once
// What a command is called.

#include <string>
#include <string_view>

namespace epsilond::agent {

// "stress-ng" of "/usr/bin/stress-ng"; never empty unless `command` is.
std::string_view last_part_of(std::string_view command);
// The same as the name of a watch, which stands before a dot in the names of features: every byte that is no letter of
// ASCII, digit, '-' or '_' is '_', and it has at most 15, as the names of processes.
std::string run_name(std::string_view command);

}  // namespace epsilond::agent
