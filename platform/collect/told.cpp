#include "platform/collect/told.h"

#include <array>

#include "platform/emit/escape.h"

namespace epsilond::platform {

bool is_harmless(std::string_view name) {
  std::array<char, 256> buffer{};
  TextWriter writer(buffer);
  put_escaped(writer, name, Escape::kMessage);
  return !writer.overflowed() && writer.view() == name;
}

}  // namespace epsilond::platform
