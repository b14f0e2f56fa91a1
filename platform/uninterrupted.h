#pragma once
// Signals do not show: a system call that one has interrupted is made again.

#include <cerrno>

namespace epsilond::platform {

// What `call` returns, which is negative, with errno set, where it fails.
template <typename Call>
auto uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace epsilond::platform
