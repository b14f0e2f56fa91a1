#pragma once
// Paths as text.

#include <string_view>

namespace epsilond::platform {

// Where the name of `path` stands: "." for a mere name, "/" for one in the root.
inline std::string_view directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

}  // namespace epsilond::platform
