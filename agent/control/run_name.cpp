#include "agent/control/run_name.h"

namespace epsilond::agent {
namespace {

constexpr std::size_t kMostBytes = 15;

bool may_stand_in_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

std::string_view last_part_of(std::string_view command) {
  const std::size_t slash = command.find_last_of('/');
  return slash == command.npos || slash + 1 == command.size() ? command : command.substr(slash + 1);
}

std::string run_name(std::string_view command) {
  std::string name(last_part_of(command).substr(0, kMostBytes));
  for (char& c : name)
    if (!may_stand_in_a_name(c)) c = '_';
  return name;
}

}  // namespace epsilond::agent
