#pragma once
// What this machine calls itself.

#include "platform/fixed_string.h"

namespace epsilond::platform {

// gethostname(2), cut at 64 bytes; "localhost" if the kernel does not say.
FixedString<64> host_name();

}  // namespace epsilond::platform
