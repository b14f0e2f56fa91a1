#pragma once
// A tree of files of which some are to be out of reach, and a process of its own to try them in.

#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "tests/support/temp_tree.h"

namespace epsilond::tests {

// The status of a process that did this and left with what it returned.
template <typename Do>
int in_a_process(Do what) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(what());
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

inline bool left_with(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }

struct FencedTree {
  TempTree all;

  std::string at(const char* path) const { return *path == '/' ? path : all.path() + '/' + path; }
  void plant() {
    all.write("own/state", "old");
    all.write("readable/config", "text");
    all.write("other/secret", "text");
  }
};

}  // namespace epsilond::tests
