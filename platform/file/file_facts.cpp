#include "platform/file/file_facts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace epsilond::platform {

Result<FileFacts> file_facts(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return make_error(code_of_errno(errno), errno, "%s", std::strerror(errno));
  return FileFacts{
      .uid = found.st_uid,
      .gid = found.st_gid,
      .bytes = static_cast<std::uint64_t>(found.st_size),
      .is_socket = S_ISSOCK(found.st_mode),
      .is_directory = S_ISDIR(found.st_mode),
      .modified = std::chrono::seconds(found.st_mtim.tv_sec) + std::chrono::nanoseconds(found.st_mtim.tv_nsec)};
}

bool may_write_in(const std::string& directory) {
  return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

}  // namespace epsilond::platform
