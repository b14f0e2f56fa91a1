#pragma once
// Reads the stat file of one process after another, keeping the descriptors of some of them open between passes.
//
// Opening and closing such a file costs about twice as much as reading it. A kept descriptor stays bound to the process
// it was opened for: once that has ended it reads as an error, never as a later process of the same number.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "platform/kernel/proc_root.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

// Holds a reference to the root. No allocation after construction.
class PidStatFiles {
 public:
  // Descriptors kept at most. Each holds about 5 kB of kernel memory, hence not one for every process of a large host.
  static constexpr std::size_t kKept = 128;
  // Places that a process may have, by its number. With one, 100 scattered numbers leave about 30 without.
  static constexpr std::size_t kPlaces = 4;
  // And at most this part of all that the process may have (RLIMIT_NOFILE): the others are for what cannot do without.
  static constexpr std::size_t kPartOfAll = 4;
  // And none for so many passes after the system or this process had none left: then all are given back.
  static constexpr int kPassesOfRest = 60;

  // Descriptors are kept only where the kernel itself provides the files: elsewhere they may be replaced. `most` <=
  // kKept.
  explicit PidStatFiles(const ProcRoot& root, std::size_t most = most_kept())
      : root_(root), most_(root.is_procfs() ? most : 0) {}

  // By the two limits above. Asked of the system once in the life of the process: a sandbox may refuse to answer.
  static std::size_t most_kept();

  // Reads the file of `pid`, or its first bytes if it is larger than `buffer`. Returns their number, or a negated errno
  // value: -ENOENT or -ESRCH if the process has ended.
  std::ptrdiff_t read(std::int32_t pid, std::span<char> buffer);

  // To be called when every process has been read once: lets go of those that were not.
  void end_pass();

  std::size_t kept() const;

 private:
  struct Slot {
    UniqueFd fd;
    std::int32_t pid = 0;
    bool used = false;  // in this pass
  };

  void give_back();

  const ProcRoot& root_;
  const std::size_t most_;
  int resting_ = 0;                // passes in which none are kept
  std::array<Slot, kKept> slots_;  // of the first most_; who finds all its places taken is not kept
};

}  // namespace epsilond::platform
