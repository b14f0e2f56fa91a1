#pragma once
// A refusal that says nothing about what was asked for.

#include <cerrno>

namespace epsilond::platform {

// Something is short just now, or a disk failed: the next try may do better, and until then nothing is known.
inline bool is_shortage(int system_errno) {
  return system_errno == EMFILE || system_errno == ENFILE || system_errno == ENOMEM || system_errno == EIO;
}

}  // namespace epsilond::platform
