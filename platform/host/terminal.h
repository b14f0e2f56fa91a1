#pragma once
// A terminal as a full screen: its size, single keys, and everything put back at the end.

#include <termios.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// What the terminal at `fd` says; the default where it says nothing.
TerminalSize terminal_size(int fd);

// While it exists the terminal shows its other screen without a cursor and hands out keys at once, unechoed; INT, TERM
// and HUP end wait_key() in place of the program. A stop from the terminal (TSTP) gives it back until the program is
// continued. One at a time.
class FullScreen {
 public:
  // kUnsupported: `in` or `out` is no terminal.
  static Result<std::unique_ptr<FullScreen>> open(int in, int out);
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;
  ~FullScreen();

  // Replaces what is shown by `frame`: lines that end in '\n', each shorter than the screen is wide.
  void show(std::string_view frame);
  // A key, or nothing when `at_most` has passed, the size has changed, or the program was stopped and goes on: then all
  // is to be shown anew. An arrow is its letter with the highest bit set: kUp and so on. kEnd: a signal, or the terminal
  // has gone. Nothing also when `other` can be read, a descriptor; -1: none.
  std::optional<unsigned char> wait_key(std::chrono::milliseconds at_most, int other = -1);

  static constexpr unsigned char kUp = 'A' | 0x80;
  static constexpr unsigned char kDown = 'B' | 0x80;
  static constexpr unsigned char kEnd = 0xFF;

 private:
  FullScreen(int in, int out) : in_(in), out_(out) {}
  void write_all(std::string_view text) const;
  void enter() const;
  void leave() const;
  void stop() const;

  std::optional<unsigned char> next_key();

  int in_;
  int out_;
  termios before_{};
  std::array<unsigned char, 64> keys_{};  // that were read, from next_ to count_
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace epsilond::platform
