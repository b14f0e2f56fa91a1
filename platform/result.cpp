#include "platform/result.h"

#include <cerrno>
#include <cstdio>

namespace epsilond::platform {

Error make_error(ErrorCode code, int system_errno, const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  Error error;
  error.code = code;
  error.system_errno = system_errno;
  error.context = length < 0 ? std::string_view() : std::string_view(text);
  return error;
}

ErrorCode code_of_errno(int system_errno) {
  switch (system_errno) {
    case ENOENT:
    case ENOTDIR:
    case ESRCH:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
      return ErrorCode::kPermission;
    case EAGAIN:
    case ECONNREFUSED:
    case ENOBUFS:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENOTCONN:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kIo;
  }
}

}  // namespace epsilond::platform
