#pragma once
// Buffered text output: to an open descriptor, or to a file that appears under its name whole or not at all.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

// The first failure is kept: later writes do nothing, and flush() and commit() return it.
class OutputFile {
 public:
  // Writes beside `path` (`path`.part-XXXXXX) until commit() renames; a symbolic link is followed. Something that is
  // not a regular file (/dev/stdout, a FIFO) is written directly. Any error means "cannot create".
  static Result<OutputFile> create(const std::string& path);
  // Empties `path` and writes to it as it stands, for readers that follow along; there is nothing to commit. Any error
  // means "cannot create".
  static Result<OutputFile> open_in_place(const std::string& path);
  // Writes to `fd`, which stays open and owned by the caller.
  static OutputFile to_descriptor(int fd);

  OutputFile(OutputFile&&) noexcept = default;
  OutputFile& operator=(OutputFile&&) noexcept = delete;
  // Drops a created file that was not committed. Text for a descriptor that was not flushed is lost.
  ~OutputFile();

  void write(std::string_view text);
  Result<void> flush();
  // Flushes and, for a created file, gives it its name; on failure the part is removed.
  Result<void> commit();
  bool failed() const { return failed_; }
  int descriptor() const { return fd_; }  // what is written to

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;

  OutputFile() = default;
  void write_through(std::string_view text);

  UniqueFd owned_;
  int fd_ = -1;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(kBufferBytes);
  std::size_t used_ = 0;
  std::string part_path_;  // empty once committed, and when written directly
  std::string path_;
  bool failed_ = false;
  Error error_;
};

}  // namespace epsilond::platform
