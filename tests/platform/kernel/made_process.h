#pragma once
// Processes of a tree whose every number a test chooses.

#include <cstdint>
#include <string>

#include "tests/support/temp_tree.h"

namespace epsilond::tests {

struct MadeProcess {
  std::int32_t pid = 0;
  const char* comm = "process";
  char state = 'S';
  std::int32_t parent = 1;
  long user_ticks = 0;
  long system_ticks = 0;
  long children_ticks = 0;
  long threads = 1;
  long start_ticks = 100;
  long pages = 10;
  long virtual_bytes = 4096;
};

inline void put(TempTree& tree, const MadeProcess& made) {
  const auto text = [](long number) { return std::to_string(number); };
  const std::string id = text(made.pid);
  tree.write("proc/" + id + "/stat",
             id + " (" + made.comm + ") " + made.state + " " + text(made.parent) + " 1 1 0 -1 4194304 0 0 0 0 " +
                 text(made.user_ticks) + " " + text(made.system_ticks) + " " + text(made.children_ticks) +
                 " 0 20 0 " + text(made.threads) + " 0 " + text(made.start_ticks) + " " +
                 text(made.virtual_bytes) + " " + text(made.pages) + " 0 1 1 0 0\n");
}

inline void put_io(TempTree& tree, std::int32_t pid, long read, long written, long read_chars = 1,
                   long written_chars = 1) {
  tree.write("proc/" + std::to_string(pid) + "/io",
             "rchar: " + std::to_string(read_chars) + "\nwchar: " + std::to_string(written_chars) +
                 "\nsyscr: 1\nsyscw: 1\nread_bytes: " + std::to_string(read) + "\nwrite_bytes: " +
                 std::to_string(written) + "\ncancelled_write_bytes: 0\n");
}

inline void put_memory(TempTree& tree, std::int32_t pid, long pss_kib, long swap_kib) {
  tree.write("proc/" + std::to_string(pid) + "/smaps_rollup",
             "Rss: 1 kB\nPss: " + std::to_string(pss_kib) + " kB\nSwap: " + std::to_string(swap_kib) + " kB\n");
}

inline void put_descriptors(TempTree& tree, std::int32_t pid, int first, int last) {
  for (int i = first; i <= last; ++i) tree.write("proc/" + std::to_string(pid) + "/fd/" + std::to_string(i), "");
}

}  // namespace epsilond::tests
