#include "agent/control/voice.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

#include "platform/emit/escape.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressEvery{200};
constexpr int kBarWidth = 24;
constexpr std::size_t kLongestText = 512;

}  // namespace

void Voice::say(const std::string& where, const char* format, ...) {
  char text[2 * kLongestText];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  clear_progress();
  // What somebody called a file or a column must not rule the terminal that shows it.
  constexpr platform::Escape kHarmless = platform::Escape::kMessage;
  std::array<char, kLongestText> shown;
  platform::TextWriter writer(shown);
  platform::put_escaped_cut(writer, text, kHarmless, writer.room());
  console_.err.write("epsilonctl: ");
  if (!where.empty()) console_.err.write(platform::escape_text(where, kHarmless) + ": ");
  console_.err.write(writer.view());
  console_.err.write("\n");
  static_cast<void>(console_.err.flush());
}

void Voice::point_to_help(std::string_view subcommand) {
  console_.err.write("Try 'epsilonctl ");
  console_.err.write(subcommand);
  console_.err.write(" --help'.\n");
  static_cast<void>(console_.err.flush());
}

void Voice::begin_pass(const char* what) {
  what_ = what;
  start_ = shown_ = SteadyClock::now();
}

void Voice::show_progress(std::uint64_t rows, double done) {
  const SteadyClock::time_point now = SteadyClock::now();
  if (now - shown_ < kProgressEvery) return;
  shown_ = now;
  const double seconds = platform::seconds_of(now - start_);
  const double left_s = done > 0.0 ? seconds * (1.0 - done) / done : 0.0;
  const int filled = std::clamp(static_cast<int>(done * kBarWidth), 0, kBarWidth);
  char bar[kBarWidth + 1];
  for (int i = 0; i < kBarWidth; ++i) bar[i] = i < filled ? '#' : '.';
  bar[kBarWidth] = '\0';
  char text[160];
  std::snprintf(text, sizeof text, "\r%s [%s] %3.0f %%  %.3g k rows/s  %.0f s left\x1b[K", what_, bar, 100.0 * done,
                static_cast<double>(rows) / seconds / 1e3, left_s);
  console_.err.write(text);
  static_cast<void>(console_.err.flush());
  progress_shown_ = true;
}

void Voice::clear_progress() {
  if (!progress_shown_) return;
  console_.err.write("\r\x1b[K");
  static_cast<void>(console_.err.flush());
  progress_shown_ = false;
}

}  // namespace epsilond::agent
