#include "platform/host/host_name.h"

#include <unistd.h>

namespace epsilond::platform {

FixedString<64> host_name() {
  char name[65] = "";
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return FixedString<64>("localhost");
  return FixedString<64>(std::string_view(name));
}

}  // namespace epsilond::platform
