#pragma once
// The system calls of the code under test: counted, and one of them made to go wrong. Link epsilond_system_calls, whose
// -Wl,--wrap sends every reference of the linked objects here. What the C library calls inside itself is not seen.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace epsilond::tests {

enum class SystemCall : std::uint8_t {
  kOpen,
  kOpenAt,
  kMkostemp,
  kOpenDir,
  kReadDir,
  kGetdents,
  kRead,
  kPread,
  kWrite,
  kFsync,
  kStat,
  kLstat,
  kFstat,
  kFstatat,
  kRename,
  kUnlink,
  kUnlinkAt,
  kFchmod,
  kFcntl,
  kMkdir,
  kFlock,
  kSocket,
  kConnect,
  kBind,
  kListen,
  kAccept,
  kSend,
  kSendTo,
  kSendMsg,
  kRecv,
  kRecvMmsg,
  kSetSockOpt,
  kGetSockOpt,
  kGetSockName,
  kShutdown,
  kPoll,
  kPpoll,
  kSignalFd,
  kClockGetTime,
  kCount,
};

std::string_view name_of(SystemCall call);
// What it may fail with on a machine that is short of something or whose other end is, the likeliest first; not EINTR.
std::span<const int> errors_of(SystemCall call);
bool is_interruptible(SystemCall call);
// It fills a buffer with bytes that somebody wrote.
bool takes_bytes(SystemCall call);
// It opens a file or reads one.
bool is_of_files(SystemCall call);

enum class FaultKind : std::uint8_t {
  kError,    // the call fails, with Fault::error
  kErrors,   // it fails and so do all that follow, each with the likeliest of its errors
  kOneByte,  // it moves a single byte
  kHalf,     // it moves half of what there is
  kEnd,      // it says that nothing is left
  kGarbage,  // it reads what nobody wrote
  kSlow,     // it takes its time: Fault::slow is called before it
  kAhead,    // the clock is a day ahead, this once
  kBehind,   // the clock is at its beginning, this once
};

struct Fault {
  FaultKind kind = FaultKind::kError;
  std::size_t at = 0;  // number of the call, from 0
  int error = 0;
  const std::function<void()>* slow = nullptr;
};

struct SeenCall {
  SystemCall call = SystemCall::kCount;
  bool divisible = false;  // it moves bytes, of which it may move a part
};

// From now on calls are counted, and `fault` (null: none) happens.
void begin_watching(const Fault* fault);
// The calls since then; good until the next begin_watching().
std::span<const SeenCall> end_watching();
// Some call fails now, and all that follow do.
bool all_calls_fail();

// While it lives, calls are neither counted nor disturbed: they are the test's own.
class Undisturbed {
 public:
  Undisturbed();
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;
  ~Undisturbed();
};

}  // namespace epsilond::tests
