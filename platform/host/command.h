#pragma once
// One command of an operator: started in the terminal of the caller, watched by a clock, told what the caller is told,
// and reaped with everything that descends from it.

#include <signal.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "platform/result.h"
#include "platform/unique_fd.h"

namespace epsilond::platform {

enum class CommandNews : std::uint8_t {
  kTick,      // the interval has passed
  kEnded,     // the command itself has ended; the kernel keeps what it used until reap()
  kAllEnded,  // after reap(): so has the last process that descends from it
  kStop,      // after reap(): TERM, INT, HUP or QUIT, which nobody is left to be told
};

struct CommandEnd {
  int status = 0;  // as a shell says it: what it returned, or 128 + the number of the signal
  int signal = 0;  // that killed it; 0: none
};

// What the command and its descendants used, as far as somebody has waited for them.
struct CommandUsage {
  double user_s = 0.0;
  double system_s = 0.0;
  std::uint64_t peak_process_bytes = 0;  // resident memory of the largest of them at its largest; 0: not known
};

// While it exists, this process inherits the orphans among the descendants (PR_SET_CHILD_SUBREAPER, Linux 3.4), TERM,
// INT, HUP, QUIT, USR1, USR2, WINCH and CHLD are blocked for the calling thread, and CHLD has its default action; its
// end puts that back. Only for a process without other children and without threads.
class Command {
 public:
  // Starts `words` (the program, searched for along PATH, and its arguments; at least one) with the signal mask of
  // the caller and the default action of PIPE. `interval` > 0: from now on. Errors: kNotFound, there is no such program;
  // kPermission, it cannot be executed, for whatever reason; kInvalid and kUnavailable: nothing can be started.
  static Result<std::unique_ptr<Command>> start(std::span<const char* const> words, std::chrono::nanoseconds interval);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  // What still runs goes on, as a child of init.
  ~Command();

  // Sleeps until there is news. A signal that somebody sent to this process is passed on to the command; one that the
  // terminal sent is not, for the terminal sends it to every process in the foreground. Orphans that end are reaped.
  // Ticks that passed meanwhile come as one. An error would repeat at once.
  Result<CommandNews> wait();

  // To be called once, after kEnded; before that it waits for the end.
  CommandEnd reap();
  // Is any descendant left? After reap().
  bool has_descendants() const;

  pid_t pid() const { return pid_; }
  // Since start().
  std::chrono::nanoseconds elapsed() const;
  CommandUsage usage() const;

 private:
  Command() = default;
  Result<void> prepare(std::chrono::nanoseconds interval);
  Result<void> spawn(std::span<const char* const> words);
  [[noreturn]] void become(char* const* words, int report_fd);
  bool look_at_children(CommandNews& news);
  bool take_signal(CommandNews& news);

  UniqueFd timer_;
  UniqueFd signals_;
  sigset_t previous_mask_{};
  struct sigaction previous_sigchld_ {};
  bool taken_ = false;   // of the signals above
  pid_t pid_ = 0;
  bool reaped_ = false;
  std::chrono::nanoseconds started_{0};
  CommandUsage before_;  // of what was waited for before start()
  std::uint64_t own_peak_bytes_ = 0;  // of this process when it was doubled; until it executes, so large is the child
};

}  // namespace epsilond::platform
