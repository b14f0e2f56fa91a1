#include "platform/host/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>

namespace epsilond::platform {
namespace {

constexpr std::array kEndings = {SIGINT, SIGTERM, SIGHUP};
constexpr std::string_view kOpen = "\033[?1049h\033[?25l";
constexpr std::string_view kClose = "\033[?25h\033[?1049l";

volatile std::sig_atomic_t ended = 0;
volatile std::sig_atomic_t stop_asked = 0;
volatile std::sig_atomic_t went_on = 0;

void end(int) { ended = 1; }
void ask_stop(int) { stop_asked = 1; }
void go_on(int) { went_on = 1; }
void resize(int) {}  // only ends the poll

// Without SA_RESTART: a signal ends the poll.
void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

TerminalSize terminal_size(int fd) {
  winsize size{};
  TerminalSize result;
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return result;
  result.columns = size.ws_col;
  result.rows = size.ws_row;
  return result;
}

Result<std::unique_ptr<FullScreen>> FullScreen::open(int in, int out) {
  std::unique_ptr<FullScreen> screen(new FullScreen(in, out));
  if (::isatty(out) != 1 || ::tcgetattr(in, &screen->before_) != 0) {
    screen->out_ = -1;
    return make_error(ErrorCode::kUnsupported, ENOTTY, "not a terminal");
  }
  ended = 0;
  stop_asked = 0;
  went_on = 0;
  for (const int signal : kEndings) handle(signal, end);
  handle(SIGWINCH, resize);
  handle(SIGTSTP, ask_stop);
  handle(SIGCONT, go_on);
  screen->enter();
  return screen;
}

FullScreen::~FullScreen() {
  if (out_ < 0) return;
  leave();
  for (const int signal : kEndings) handle(signal, SIG_DFL);
  for (const int signal : {SIGWINCH, SIGTSTP, SIGCONT}) handle(signal, SIG_DFL);
}

void FullScreen::enter() const {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(in_, TCSANOW, &raw);
  write_all(kOpen);
}

void FullScreen::leave() const {
  write_all(kClose);
  ::tcsetattr(in_, TCSANOW, &before_);
}

// As the shell expects of a stopped job: the terminal is its again, and ours when the job is continued.
void FullScreen::stop() const {
  stop_asked = 0;
  leave();
  handle(SIGTSTP, SIG_DFL);
  ::raise(SIGTSTP);
  handle(SIGTSTP, ask_stop);
  went_on = 1;
}

void FullScreen::write_all(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t written = ::write(out_, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void FullScreen::show(std::string_view frame) {
  // Each line clears what was behind it, so nothing flickers; the last one must not scroll.
  std::string text = "\033[H";
  for (std::size_t at = 0; at < frame.size();) {
    const std::size_t line_end = std::min(frame.find('\n', at), frame.size());
    if (at > 0) text += '\n';
    text += frame.substr(at, line_end - at);
    text += "\033[K";
    at = line_end + 1;
  }
  text += "\033[J";
  write_all(text);
}

std::optional<unsigned char> FullScreen::wait_key(std::chrono::milliseconds at_most, int other) {
  if (ended != 0) return kEnd;
  if (next_ < count_) return next_key();
  std::array<pollfd, 2> rows = {pollfd{in_, POLLIN, 0}, pollfd{other, POLLIN, 0}};
  const int ready = ::poll(rows.data(), rows.size(), static_cast<int>(at_most.count()));
  if (ended != 0) return kEnd;
  if (stop_asked != 0) stop();
  if (went_on != 0) {
    // In the background it is stopped in here, and told once more that it goes on.
    for (; went_on != 0; enter()) went_on = 0;
    return std::nullopt;
  }
  if (ready <= 0 || rows[0].revents == 0) return std::nullopt;
  const ssize_t got = ::read(in_, keys_.data(), keys_.size());
  if (got <= 0) return kEnd;
  next_ = 0;
  count_ = static_cast<std::size_t>(got);
  return next_key();
}

// Several may have come at once, over a slow line or from a key that is held down.
std::optional<unsigned char> FullScreen::next_key() {
  const unsigned char key = keys_[next_++];
  if (key != '\033' || count_ - next_ < 2 || keys_[next_] != '[') return key;
  next_ += 2;
  return static_cast<unsigned char>(keys_[next_ - 1] | 0x80U);
}

}  // namespace epsilond::platform
