#include "platform/file/text_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "platform/uninterrupted.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {
namespace {

Error cannot_read(int error) { return make_error(code_of_errno(error), error, "cannot read: %s", std::strerror(error)); }

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t limit) {
  const UniqueFd fd(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!fd.valid()) return cannot_read(errno);
  std::string text;
  std::array<char, 4096> chunk;
  while (text.size() < limit) {
    const std::size_t most = std::min(chunk.size(), limit - text.size());
    const ssize_t got = uninterrupted([&] { return ::read(fd.get(), chunk.data(), most); });
    if (got == 0) break;
    if (got < 0) return cannot_read(errno);
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return text;
}

Result<std::vector<std::string>> list_regular_files(const std::string& directory, std::string_view suffix) {
  const std::unique_ptr<DIR, CloseDirectory> listing(::opendir(directory.c_str()));
  if (!listing) return cannot_read(errno);
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(listing.get());
    if (entry == nullptr) break;
    const std::string_view name(entry->d_name);
    struct stat about {};
    if (name.size() <= suffix.size() || name.starts_with('.') || !name.ends_with(suffix)) continue;
    // What cannot be looked at is kept: reading it will say why.
    if (::fstatat(::dirfd(listing.get()), entry->d_name, &about, 0) != 0 || S_ISREG(about.st_mode))
      names.emplace_back(name);
  }
  // What could not be listed must not look as if it were not there.
  if (errno != 0) return cannot_read(errno);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace epsilond::platform
