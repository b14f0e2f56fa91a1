#pragma once
// Small files for tests, gone with the object. Not for frames that assert: it has a destructor.

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace epsilond::tests {

class TempFile {
 public:
  explicit TempFile(std::string_view content) {
    const int fd = ::mkstemp(path_);
    if (fd < 0 || ::write(fd, content.data(), content.size()) != static_cast<ssize_t>(content.size())) std::abort();
    ::close(fd);
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile() { ::unlink(path_); }

  const char* path() const { return path_; }

 private:
  char path_[32] = "/tmp/epsilond-test-XXXXXX";
};

}  // namespace epsilond::tests
