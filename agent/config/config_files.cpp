#include "agent/config/config_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "agent/config/config_lines.h"
#include "platform/unique_fd.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kSuffix = ".ini";

LoadStatus status_of(int error) {
  if (error == ENOENT || error == ENOTDIR) return LoadStatus::kNotFound;
  return error == EACCES || error == EPERM ? LoadStatus::kNoPermission : LoadStatus::kIo;
}

// 0 or an errno value.
int read_text(int fd, std::string* text) {
  std::array<char, 4096> chunk;
  while (text->size() <= kMaxConfigBytes) {
    const std::size_t room = std::min(chunk.size(), kMaxConfigBytes + 1 - text->size());
    const ssize_t got = ::read(fd, chunk.data(), room);
    if (got == 0) return 0;
    if (got < 0 && errno != EINTR) return errno;
    if (got > 0) text->append(chunk.data(), static_cast<std::size_t>(got));
  }
  return 0;
}

void fail(ConfigFiles* files, const std::string& path, int error) {
  files->status = status_of(error);
  files->message = path + ": cannot read: " + std::strerror(error);
}

bool append_file(ConfigFiles* files, const std::string& path, const platform::UniqueFd& fd) {
  ConfigText text{path, {}};
  if (const int error = read_text(fd.get(), &text.text)) {
    fail(files, path, error);
    return false;
  }
  files->texts.push_back(std::move(text));
  return true;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool append_directory(ConfigFiles* files, const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) {
    if (errno == ENOENT || errno == ENOTDIR) return true;
    fail(files, path, errno);
    return false;
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name(entry->d_name);
    if (name.size() > kSuffix.size() && !name.starts_with('.') && name.ends_with(kSuffix)) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    const std::string file = path + '/' + name;
    // Without O_NONBLOCK a stray FIFO in the directory would hold the agent up for ever.
    const platform::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat about {};
    if (!fd.valid() || ::fstat(fd.get(), &about) != 0) {
      fail(files, file, errno);
      return false;
    }
    if (S_ISREG(about.st_mode) && !append_file(files, file, fd)) return false;
  }
  return true;
}

}  // namespace

ConfigFiles read_config_files(const std::string& path, bool required) {
  ConfigFiles files;
  const platform::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.valid()) {
    if (!append_file(&files, path, fd)) return files;
  } else if (required || status_of(errno) != LoadStatus::kNotFound) {
    fail(&files, path, errno);
    return files;
  }
  const std::size_t slash = path.rfind('/');
  append_directory(&files, (slash == std::string::npos ? std::string() : path.substr(0, slash + 1)) + "conf.d");
  return files;
}

}  // namespace epsilond::agent
