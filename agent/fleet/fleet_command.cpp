#include "agent/fleet/fleet_command.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <string>

#include "agent/control/agent_view.h"
#include "agent/control/output.h"
#include "agent/fleet/fleet_options.h"
#include "agent/fleet/fleet_text.h"
#include "agent/fleet/intake.h"
#include "agent/fleet/patient_output.h"
#include "platform/host/linux_clock.h"
#include "platform/host/terminal.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::DatagramListener;
using platform::FullScreen;
using platform::Result;
using platform::Waiter;
using platform::Wake;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kPassEvery{200};
constexpr milliseconds kRefresh{1000};
constexpr std::size_t kDefaultRows = 50;
constexpr std::size_t kTableColumns = 120;  // of a table that is not on a screen
constexpr std::size_t kRecentNews = 16;

// All that a fleet is made of, in memory that is taken once.
struct Fleet {
  Fleet(const FleetOptions& chosen, std::unique_ptr<DatagramListener> open_listener)
      : options(chosen),
        listener(std::move(open_listener)),
        hash(platform::KeyedHash::with_random_key()),
        book(options.book, hash),
        intake(book, clock, options.from, options.datagrams_per_s, hash),
        view(options.book.hosts) {}

  Moment now() const { return {clock.monotonic(), clock.wall()}; }
  FleetFates fates() const { return {intake.fates(), book.fates(), listener->dropped()}; }
  std::size_t bytes() const {
    return book.bytes() + view.bytes() + platform::SourceLimiter::bytes() + sizeof(DatagramListener);
  }

  const FleetOptions& options;
  std::unique_ptr<DatagramListener> listener;
  platform::LinuxClock clock;
  platform::KeyedHash hash;
  HostBook book;
  Intake intake;
  FleetView view;
};

milliseconds time_until(nanoseconds deadline, nanoseconds now) {
  return std::max(std::chrono::ceil<milliseconds>(deadline - now), milliseconds(0));
}

// Tables, or objects, one after the other, until the time is over or a signal comes.
class Printer {
 public:
  Printer(Fleet& fleet, Waiter& waiter, Console& console, Voice& voice)
      : fleet_(fleet),
        options_(fleet.options),
        waiter_(waiter),
        out_(console.out, waiter, *fleet.listener, fleet.intake),
        voice_(voice),
        start_(fleet.now().monotonic),
        printed_(start_),
        next_(start_ + options_.interval),
        next_pass_(start_) {
    if (options_.once) next_ = start_ + options_.run_for.value_or(options_.interval);
  }

  ExitCode run() {
    while (true) {
      const nanoseconds end = options_.run_for ? start_ + *options_.run_for : nanoseconds::max();
      const nanoseconds deadline = std::min({next_, next_pass_, end});
      if (!wait(time_until(deadline, fleet_.now().monotonic))) break;
      const Moment now = fleet_.now();
      if (now.monotonic >= next_pass_) {
        fleet_.book.pass(now);
        next_pass_ = now.monotonic + kPassEvery;
      }
      if (!options_.json && !options_.once) print_news();
      const bool over = now.monotonic >= end;
      if (over || now.monotonic >= next_) print(now);
      if (!out_.flush() || over || (options_.once && printed_ != start_)) break;
    }
    if (out_.failed()) return kExitIo;
    const bool judged = options_.once && printed_ != start_;
    return static_cast<ExitCode>(judged ? fleet_exit_code(fleet_.view.facts(), options_.expect) : 0);
  }

 private:
  // False: a signal says stop, or nothing can be waited for.
  bool wait(milliseconds at_most) {
    std::array<pollfd, 1> rows = {pollfd{fleet_.listener->fd(), POLLIN, 0}};
    const auto wake = waiter_.wait(rows, at_most);
    if (!wake || *wake == Wake::kStop || *wake == Wake::kReload) return false;
    receive_all(*fleet_.listener, fleet_.intake);
    if (fleet_.book.fates().no_room > 0 && !no_room_said_) {
      voice_.say("", "fleet: there is room for %zu hosts: others are left out, and counted", options_.book.hosts);
      no_room_said_ = true;
    }
    return true;
  }

  void print_news() {
    for (const News& news : fleet_.book.news()) out_.put(news_line(news) + '\n');
    if (const auto more = fleet_.book.news_left_out(); more > 0) out_.put("and " + std::to_string(more) + " more\n");
    fleet_.book.clear_news();
  }

  void print(const Moment& now) {
    fleet_.book.pass(now);
    fleet_.view.look(fleet_.book, now.monotonic);
    const FleetFates fates = fleet_.fates();
    // The view stands still: what comes meanwhile is taken between the steps, so that no buffer has to hold it all.
    receive_all(*fleet_.listener, fleet_.intake);
    const auto order = fleet_.view.sorted(HostOrder::kOddest);
    receive_all(*fleet_.listener, fleet_.intake);
    if (options_.json)
      print_json(now, order, fates);
    else
      print_table(now, order, fates);
    printed_ = now.monotonic;
    while (next_ <= now.monotonic) next_ += options_.interval;
  }

  void print_table(const Moment& now, std::span<const std::uint32_t> order, const FleetFates& fates) {
    const std::size_t shown = std::min(order.size(), options_.rows.value_or(kDefaultRows));
    std::string before = time_text(now.wall) + ' ';
    for (const std::string& line : cluster_lines(fleet_.view.facts(), fates)) {
      out_.put(before + line + '\n');
      before.clear();
    }
    if (shown > 0) out_.put(host_table_head(kTableColumns) + '\n');
    for (const std::uint32_t row : order.first(shown))
      out_.put(host_table_row(fleet_.view.rows()[row], kTableColumns, {}) + '\n');
    if (shown < order.size()) out_.put("and " + std::to_string(order.size() - shown) + " more hosts\n");
    out_.put("\n");
  }

  void print_json(const Moment& now, std::span<const std::uint32_t> order, const FleetFates& fates) {
    const std::size_t shown = std::min(order.size(), options_.rows.value_or(order.size()));
    const auto& cluster = options_.book.cluster;
    out_.put(json_head({.wall = now.wall,
                        .elapsed_s = platform::seconds_of(now.monotonic - printed_),
                        .cluster = cluster ? cluster->view() : std::string_view(),
                        .news = fleet_.book.news(),
                        .news_left_out = fleet_.book.news_left_out()},
                       fleet_.view.facts(), fates));
    fleet_.book.clear_news();
    for (std::size_t i = 0; i < shown; ++i) out_.put(json_host(fleet_.view.rows()[order[i]], i == 0));
    out_.put(kJsonEnd);
  }

  Fleet& fleet_;
  const FleetOptions& options_;
  Waiter& waiter_;
  PatientOutput out_;
  Voice& voice_;
  nanoseconds start_;
  nanoseconds printed_;
  nanoseconds next_;
  nanoseconds next_pass_;
  bool no_room_said_ = false;
};

// False: quit.
bool obey(unsigned char key, FleetChoice& choice, std::size_t hosts) {
  switch (key) {
    case 'q':
    case FullScreen::kEnd:
      return false;
    case 's':
      choice.order = choice.order == HostOrder::kOddest ? HostOrder::kName
                     : choice.order == HostOrder::kName ? HostOrder::kAge
                                                        : HostOrder::kOddest;
      return true;
    case ' ':
      choice.paused = !choice.paused;
      return true;
    case FullScreen::kDown:
      choice.scroll = std::min(choice.scroll + 1, hosts);
      return true;
    case FullScreen::kUp:
      if (choice.scroll > 0) --choice.scroll;
      return true;
    default:
      return true;
  }
}

void remember(HostBook& book, std::deque<std::string>& recent) {
  for (const News& news : book.news()) recent.push_back(news_line(news));
  while (recent.size() > kRecentNews) recent.pop_front();
  book.clear_news();
}

void show(Fleet& fleet, FullScreen& screen, const std::deque<std::string>& recent, const FleetChoice& choice,
          const TextStyle& style) {
  const platform::TerminalSize size = platform::terminal_size(STDOUT_FILENO);
  const std::string address(platform::format_endpoint(fleet.listener->bound()).view());
  const std::vector<std::string> news(recent.begin(), recent.end());
  screen.show(draw_fleet(fleet.view, fleet.fates(), {.address = address, .wall = fleet.now().wall, .news = news},
                         choice, size.columns, size.rows, style));
}

// Until a key or a signal ends it, or its time is over.
void watch(Fleet& fleet, FullScreen& screen, const TextStyle& style) {
  FleetChoice choice;
  std::deque<std::string> recent;
  nanoseconds next = fleet.now().monotonic;
  const nanoseconds end = fleet.options.run_for ? next + *fleet.options.run_for : nanoseconds::max();
  bool changed = true;
  while (true) {
    receive_all(*fleet.listener, fleet.intake);
    const Moment now = fleet.now();
    if (now.monotonic >= end) return;
    if (now.monotonic >= next) {
      fleet.book.pass(now);
      remember(fleet.book, recent);
      if (!choice.paused) fleet.view.look(fleet.book, now.monotonic);
      next = now.monotonic + kRefresh;
      changed = true;
    }
    if (changed) show(fleet, screen, recent, choice, style);
    changed = false;
    const milliseconds at_most = time_until(std::min(next, end), fleet.now().monotonic);
    if (const auto key = screen.wait_key(at_most, fleet.listener->fd())) {
      if (!obey(*key, choice, fleet.view.rows().size())) return;
      changed = true;
    }
  }
}

ExitCode usage_error(Voice& voice, Console& console, const platform::Error& error) {
  voice.say("", "%s", error.context.c_str());
  console.err.write("Try 'epsilonctl fleet --help'.\n");
  static_cast<void>(console.err.flush());
  return kExitUsage;
}

}  // namespace

int fleet_exit_code(const FleetFacts& facts, std::size_t expect) {
  if (facts.hosts == 0) return 3;
  if (facts.silent > 0 || facts.reporting < expect) return 2;
  return facts.flagged > 0 || facts.odd != nullptr || facts.fleet_is_odd ? 1 : 0;
}

ExitCode run_fleet(std::span<const char* const> words, Console& console) {
  Voice voice(console);
  const Result<FleetOptions> options = parse_fleet_options(words);
  if (!options) return usage_error(voice, console, options.error());
  if (options->help) {
    console.out.write(fleet_help());
    return flush_standard_output(console, voice);
  }
  auto listener = DatagramListener::open(options->listen, options->buffer_bytes);
  if (!listener) {
    voice.say("", "fleet: %s", listener.error().context.c_str());
    return exit_code_of(listener.error().code);
  }
  const auto fleet = std::make_unique<Fleet>(*options, std::move(*listener));
  if (console.out_is_terminal && !options->json && !options->once) {
    if (auto screen = FullScreen::open(STDIN_FILENO, STDOUT_FILENO)) {
      watch(*fleet, **screen, style_of(true));
      return kExitFine;
    }
  }
  auto waiter = Waiter::make(std::chrono::hours(1));
  if (!waiter) {
    voice.say("", "fleet: %s", waiter.error().context.c_str());
    return kExitInternal;
  }
  voice.say("", "fleet: listening on %s, for %zu hosts in %.1f MB",
            platform::format_endpoint(fleet->listener->bound()).c_str(), options->book.hosts,
            1e-6 * static_cast<double>(fleet->bytes()));
  const ExitCode code = Printer(*fleet, **waiter, console, voice).run();
  if (code == kExitIo) static_cast<void>(flush_standard_output(console, voice));
  return code;
}

}  // namespace epsilond::agent
