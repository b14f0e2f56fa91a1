#pragma once
// A directory of its own that goes away with its object. Not for a frame that asserts: keep it in the test's state.

#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

namespace epsilond::tests {

class TempTree {
 public:
  TempTree() {
    std::string name = (std::filesystem::temp_directory_path() / "epsilond-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) abort();
    root_ = name;
  }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;
  ~TempTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  std::string path() const { return root_.string(); }

  // Writes a file, making its directories. One that is there keeps its inode, so that open descriptors see the change.
  void write(std::string_view relative, std::string_view text) {
    const std::filesystem::path file = root_ / relative;
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  }

  // Of a file, all of it; empty if it cannot be read.
  static std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  void remove(std::string_view relative) {
    std::error_code ignored;
    std::filesystem::remove_all(root_ / relative, ignored);
  }

  // A symbolic link to something outside the tree.
  void link(std::string_view relative, std::string_view target) {
    const std::filesystem::path file = root_ / relative;
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
    std::filesystem::create_symlink(target, file, ignored);
  }

  // Makes this tree like `other`: files are written in place, those that `other` has not are removed.
  void become(const std::filesystem::path& other) {
    std::error_code ignored;
    for (std::filesystem::recursive_directory_iterator it(root_, ignored), end; it != end; it.increment(ignored)) {
      const std::filesystem::path relative = std::filesystem::relative(it->path(), root_, ignored);
      if (std::filesystem::exists(other / relative, ignored)) continue;
      it.disable_recursion_pending();
      std::filesystem::remove_all(it->path(), ignored);
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(other, ignored)) {
      if (!entry.is_regular_file(ignored)) continue;
      write(std::filesystem::relative(entry.path(), other, ignored).string(), content_of(entry.path()));
    }
  }

  // proc/PID/stat of a process with one thread. Process 1 is what tells a whole list from one with hidden processes.
  void add_process(std::int32_t pid, char state = 'S', std::uint64_t start_ticks = 100, int threads = 1) {
    const std::string id = std::to_string(pid);
    write("proc/" + id + "/stat", id + " (process) " + state + " 1 1 1 0 -1 4194304 0 0 0 0 1 2 0 0 20 0 " +
                                      std::to_string(threads) + " 0 " + std::to_string(start_ticks) +
                                      " 4096 10 0 1 1 0 0\n");
  }
  // Many processes alike, from `first` to `last`, that share one file: quick to make, but not to be changed one by one.
  void add_processes(std::int32_t first, std::int32_t last, char state = 'S') {
    const std::string model = std::string("alike/") + state;
    write(model + "/stat",
          std::string("1 (alike) ") + state + " 1 1 1 0 -1 4194304 0 0 0 0 1 2 0 0 20 0 1 0 100 4096 10 0 1 1 0 0\n");
    const std::string target = "../" + model;
    for (std::int32_t pid = first; pid <= last; ++pid) {
      const std::filesystem::path link = root_ / "proc" / std::to_string(pid);
      if (::symlink(target.c_str(), link.c_str()) != 0) abort();
    }
  }
  void remove_process(std::int32_t pid) { remove("proc/" + std::to_string(pid)); }

 private:
  std::filesystem::path root_;
};

}  // namespace epsilond::tests
