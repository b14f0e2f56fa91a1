#pragma once
// A file read from front to back, more than once if need be: plain or gzip, by name or from standard input.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "platform/file/gzip_stream.h"
#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

// A regular file is read in place, and only as far as it reached when it was opened, so that every pass over a file
// that still grows sees the same bytes. A pipe (standard input, a FIFO) is first copied to an unnamed file in $TMPDIR,
// else /var/tmp, else /tmp, because it cannot be read twice. Gzip is told by its first two bytes, not by the name.
class InputFile {
 public:
  // `path` "-" is standard input. kNotFound: no such file, or a directory; kPermission; kIo.
  static Result<InputFile> open(const char* path);

  // Another reader of the same bytes, from the first one on. kIo when no descriptor is left.
  Result<InputFile> reopen() const;

  // Fills `out` (not empty) as far as the file goes and returns the number of bytes; 0 = end. kMalformed: damaged or
  // cut gzip data; kIo: a read failed, or the file became shorter since it was opened.
  Result<std::size_t> read(std::span<char> out);
  // Starts again at the first byte; what inflating needs is given back until the next read().
  void rewind();

  // In [0, 1]: the part of the stored (compressed) bytes that has been read.
  double progress() const;
  // Is `path` this very file? False when `path` does not exist.
  bool is_same_file(const char* path) const;
  // As they are stored: compressed, if so.
  std::uint64_t stored_bytes() const { return size_; }

 private:
  static constexpr std::size_t kCompressedBytes = std::size_t{64} * 1024;

  InputFile() = default;
  Result<std::size_t> read_stored(std::span<char> out);
  Result<void> detect_gzip();

  UniqueFd fd_;
  std::uint64_t start_ = 0;   // offset of the first byte
  std::uint64_t size_ = 0;    // bytes from start_ to the end
  std::uint64_t offset_ = 0;  // bytes from start_ read so far
  dev_t device_ = 0;
  ino_t inode_ = 0;
  bool is_gzip_ = false;
  std::optional<GzipStream> gzip_;
  std::unique_ptr<char[]> compressed_;
  std::span<const char> compressed_rest_;
};

}  // namespace epsilond::platform
