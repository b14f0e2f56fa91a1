#pragma once
// A reader of one process or of all, made on a tree that a test writes, or on this very machine. Lives in *state.

#include <memory>
#include <string_view>
#include <utility>

#include "platform/kernel/proc_root.h"
#include "tests/support/temp_tree.h"

namespace epsilond::tests {

// `Reader` is made of a ProcRoot and `more`.
template <typename Reader, auto... more>
struct OpenedProc {
  TempTree tree;
  std::unique_ptr<platform::ProcRoot> root;
  std::unique_ptr<Reader> reader;

  // "": this machine.
  void open(std::string_view path) {
    platform::Result<platform::ProcRoot> made = platform::ProcRoot::make(path);
    if (!made) return;
    root = std::make_unique<platform::ProcRoot>(std::move(*made));
    reader = std::make_unique<Reader>(*root, more...);
  }
};

// A tree with the one process `pid`.
template <typename State, int pid>
int open_tree(void** state) {
  auto* const made = new State;
  made->tree.add_process(pid);
  made->open(made->tree.path());
  *state = made;
  return 0;
}

template <typename State>
int open_host(void** state) {
  auto* const made = new State;
  made->open("");
  *state = made;
  return 0;
}

template <typename State>
int drop(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

}  // namespace epsilond::tests
