#pragma once
// Where the kernel's files are: open handles of one proc and one sys directory, the host's own or those of a tree.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

// How many of the first bytes of a text read so far hold all its reader wants, so that no further read is needed to see
// the end; 0: they do not yet.
using EnoughText = std::size_t (*)(std::string_view text);

// Of files that the kernel writes in one go, which come whole in one read.
inline std::size_t whole_lines_are_enough(std::string_view text) { return text.ends_with('\n') ? text.size() : 0; }

inline constexpr std::size_t kWholeBuffer = ~std::size_t{0};

// Reads `fd` from its start to its end in one pass. EINTR is retried, short reads are continued, the size the kernel
// claims for the file is never believed. The text must be shorter than `buffer`, else kTooLarge. `name` is for the
// error text. Stops early once `enough` (may be null) says so of what does not end where a read was cut. Asks for
// `at_first` bytes before it asks for the rest. The view points into `buffer`.
Result<std::string_view> read_descriptor(int fd, const char* name, std::span<char> buffer, EnoughText enough,
                                         std::size_t at_first = kWholeBuffer);

class ProcRoot {
 public:
  // `root` "" or "/" is the real host; anything else is a directory that holds proc/ and, perhaps, sys/.
  // kNotFound and friends if there is no proc directory; a missing sys directory is no error.
  static Result<ProcRoot> make(std::string_view root);

  static const std::string_view kHostPath;  // of the proc directory of the real host

  bool is_host() const { return is_host_; }
  // Of the proc directory, as mount tables name it.
  const std::string& path() const { return path_; }
  int proc_fd() const { return proc_.get(); }
  bool has_sys() const { return sys_.valid(); }
  int sys_fd() const { return sys_.get(); }

  // Both take paths relative to the proc directory. The error names the path.
  Result<UniqueFd> open(const char* path) const;
  Result<std::string_view> read_small_file(const char* path, std::span<char> buffer) const;
  // Is the proc directory the kernel's own, rather than a copy in files?
  bool is_procfs() const;
  // Does a path, relative to the sys directory, exist?
  bool sys_has(const char* path) const;
  // A directory handle of the proc directory itself, with a read position of its own.
  Result<UniqueFd> open_listing() const;
  // True if this is the host's proc directory and this process lives in the first pid namespace, so that figures about
  // the whole kernel and figures about the listed processes mean the same.
  bool sees_all_pid_namespaces() const;

 private:
  ProcRoot() = default;

  std::string path_;
  UniqueFd proc_;
  UniqueFd sys_;
  bool is_host_ = false;
};

// One file whose descriptor is kept between passes: reading it again costs a single system call.
class KeptFile {
 public:
  // A file that is not there or not for us is tried again only every so many passes, so that a kernel without it costs
  // nothing.
  static constexpr int kPassesBetweenAttempts = 60;
  // Asked for beyond what was enough the last time, for numbers grow. The kernel writes what is asked for, and no more.
  static constexpr std::size_t kSpareBytes = 256;

  // `path` is static text, relative to the proc directory, and names the file in errors. `first_choice` (may be null)
  // is a path to prefer if it can be opened.
  KeptFile(const char* path, EnoughText enough, const char* first_choice = nullptr)
      : path_(path), first_choice_(first_choice), enough_(enough) {}

  // The text of the file, in `buffer`. Errors as read_descriptor, or why it could not be opened.
  Result<std::string_view> read(const ProcRoot& root, std::span<char> buffer);

  const char* path() const { return path_; }

 private:
  Result<void> open(const ProcRoot& root);

  const char* path_;
  const char* first_choice_;
  EnoughText enough_;
  UniqueFd fd_;
  int passes_to_wait_ = 0;
  std::size_t at_first_ = kWholeBuffer;
  Error last_error_;
};

}  // namespace epsilond::platform
