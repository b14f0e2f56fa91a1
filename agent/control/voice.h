#pragma once
// What a long-running subcommand says on stderr: problems, and how far a pass has come when somebody is watching.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/control/console.h"

namespace epsilond::agent {

class Voice {
 public:
  // `console` must outlive the voice.
  explicit Voice(Console& console) : console_(console) {}

  // "epsilonctl: WHERE: what"; without `where`, "epsilonctl: what". Control characters in either are blanks, and a long
  // text is cut, between two characters.
  [[gnu::format(printf, 3, 4)]] void say(const std::string& where, const char* format, ...);

  // Where the operator finds what a subcommand takes, on a line of its own.
  void point_to_help(std::string_view subcommand);

  // A pass over rows begins; `what` is a verb such as "scoring" and must outlive the pass.
  void begin_pass(const char* what);
  // Shows part done (0 .. 1), rows per second and time left, if stderr is a terminal; cheap to call for each row.
  void progress(std::uint64_t rows, double done) {
    if (console_.err_is_terminal && rows % kRowsPerLook == 0) show_progress(rows, done);
  }
  void clear_progress();

 private:
  static constexpr std::uint64_t kRowsPerLook = 1U << 12U;  // how often the clock is looked at
  void show_progress(std::uint64_t rows, double done);

  Console& console_;
  const char* what_ = "";
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point shown_;
  bool progress_shown_ = false;
};

}  // namespace epsilond::agent
