#include "platform/host/clock_state.h"

#include <sys/timex.h>

#include <cerrno>
#include <cstring>

namespace epsilond::platform {

Result<ClockState> clock_state() {
  timex told{};
  const int state = ::adjtimex(&told);
  if (state < 0) return make_error(code_of_errno(errno), errno, "adjtimex: %s", strerror(errno));
  constexpr double kMicroseconds = 1e-6;
  return ClockState{.synchronised = state != TIME_ERROR && (told.status & STA_UNSYNC) == 0,
                    .most_error_s = kMicroseconds * static_cast<double>(told.maxerror)};
}

}  // namespace epsilond::platform
