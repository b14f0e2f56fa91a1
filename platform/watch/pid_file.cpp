#include "platform/watch/pid_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/read_front.h"
#include "platform/uninterrupted.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

Result<std::int32_t> parse_pid_file(std::string_view text) {
  FieldCursor fields(text.substr(0, text.find('\n')));
  const std::optional<std::string_view> first = fields.next();
  const std::optional<std::int32_t> pid = first ? parse_integer<std::int32_t>(*first) : std::nullopt;
  if (!pid || *pid <= 0 || fields.next())
    return make_error(ErrorCode::kMalformed, 0, "its first line is no process number");
  return *pid;
}

Result<std::int32_t> read_pid_file(const char* path) {
  // A pipe must not stop us.
  const UniqueFd fd(uninterrupted([path] { return ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
  if (!fd.valid()) return make_error(code_of_errno(errno), errno, "cannot be opened: %s", strerror(errno));
  struct stat status;
  if (::fstat(fd.get(), &status) != 0)
    return make_error(code_of_errno(errno), errno, "cannot be looked at: %s", strerror(errno));
  if (!S_ISREG(status.st_mode)) return make_error(ErrorCode::kMalformed, 0, "it is no plain file");
  char buffer[64];
  const std::ptrdiff_t got = read_front(fd.get(), buffer);
  if (got < 0) {
    const int system_errno = static_cast<int>(-got);
    return make_error(code_of_errno(system_errno), system_errno, "cannot be read: %s", strerror(system_errno));
  }
  return parse_pid_file({buffer, static_cast<std::size_t>(got)});
}

}  // namespace epsilond::platform
