#pragma once
// Leaves this process only some parts of the file system: Landlock, where the kernel has it (Linux 5.13 and later).
//
// It is about what is opened from then on; descriptors that are open stay as they are, and so do sockets of other
// programs. Who is restricted may not look into other processes as a debugger does, not even with CAP_SYS_PTRACE:
// /proc/PID/io, smaps_rollup and exe are closed to it. It may not send them signals either (Linux 6.12).

#include <span>
#include <string>

#include "platform/result.h"

namespace epsilond::platform {

struct FilePath {
  std::string path;
  // false: a file, or a directory with all below it, that is read; true: a directory in which files and sockets are
  // made, written, renamed and removed, too.
  bool written = false;
};

// For this thread and all to come, for good; what is not there now is passed over. no_new_privs must be set. Returns
// the version of Landlock that is in force. kUnsupported: this kernel has none, or it is switched off; then nothing has
// changed.
Result<int> restrict_files(std::span<const FilePath> paths);

}  // namespace epsilond::platform
