#pragma once
// One line to a descriptor that belongs to somebody else (stdout, stderr), without ever waiting for its reader.

#include <cstddef>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

// A write of at most PIPE_BUF bytes to a pipe with room goes in whole and at once, even if the pipe is a blocking one.
inline constexpr std::size_t kMaxOutputLine = 4096;

class LineOutput {
 public:
  // Does not own `fd`.
  constexpr explicit LineOutput(int fd) : fd_(fd) {}

  // Writes `line` (which ends in '\n', at most kMaxOutputLine bytes) or fails: kUnavailable if the reader is behind,
  // kIo if it has gone or the disk is full. If a line was torn by a full disk, the next one starts on a line of its
  // own. The descriptor's flags are not changed: it may be shared with other programs.
  Result<void> write(std::string_view line);

 private:
  int fd_;
  bool torn_ = false;
};

}  // namespace epsilond::platform
