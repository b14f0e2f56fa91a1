#include "agent/fleet/host_book.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::FlagEvent;
using platform::HostEvent;
using platform::HostReport;
using platform::SourceAddress;
using std::chrono::nanoseconds;

constexpr std::chrono::minutes kLeastPatience{1};
constexpr std::chrono::minutes kFirstPatience{5};  // with a host whose interval is not known yet
constexpr double kIntervalsOfPatience = 5.0;
// How far a sequence may jump where the clock of a host was set back; beyond it, that is a replay.
constexpr std::uint64_t kSetClockSteps = 16;
constexpr std::chrono::minutes kWrongClock{1};
// Nobody is away for so many lines: a sequence that jumps farther is another one.
constexpr std::uint64_t kLargestGap = 1'000'000;

enum class Order : std::uint8_t { kNew, kRestarted, kOld };

// Is the clock of a host, by its last line, ahead of ours, and is the new one right? Then it was set.
bool was_set_right(std::int64_t last_ns, std::int64_t time_ns, const Moment& now) {
  const std::int64_t wall = now.wall.count();
  constexpr std::int64_t kWrong = nanoseconds(kWrongClock).count();
  return last_ns > wall + kWrong && time_ns > wall - kWrong && time_ns < wall + kWrong;
}

// Of a line behind the last one of a host. Nothing of it is believed but that nobody can repeat what was sent before.
Order order_of(const FleetHost& host, const HostReport& report, const Moment& now) {
  const bool has_sequence = report.sequence && host.sequence;
  const bool goes_on = has_sequence && *report.sequence > *host.sequence;
  if (report.time_ns == 0 || host.line_time_ns == 0) {
    if (has_sequence) return goes_on ? Order::kNew : Order::kOld;
    return Order::kNew;
  }
  if (report.time_ns > host.line_time_ns) return !has_sequence || goes_on ? Order::kNew : Order::kRestarted;
  if (goes_on && *report.sequence - *host.sequence <= kSetClockSteps) return Order::kNew;
  return was_set_right(host.line_time_ns, report.time_ns, now) ? Order::kRestarted : Order::kOld;
}

bool has_numbers(FlagEvent event) { return event <= FlagEvent::kLearned; }

}  // namespace

const char* state_name(HostState state) {
  switch (state) {
    case HostState::kNormal:
      return "normal";
    case HostState::kLearning:
      return "learning";
    case HostState::kAnomalous:
      return "anomalous";
    case HostState::kStopped:
      return "stopped";
    case HostState::kSilent:
      break;
  }
  return "silent";
}

const char* news_name(NewsKind kind) {
  switch (kind) {
    case NewsKind::kRaised:
      return "raised";
    case NewsKind::kCleared:
      return "cleared";
    case NewsKind::kSilent:
      return "silent";
    case NewsKind::kBack:
      return "back";
    case NewsKind::kStopped:
      return "stopped";
    case NewsKind::kStarted:
      return "started";
    case NewsKind::kForgotten:
      break;
  }
  return "forgotten";
}

HostBook::HostBook(const BookSettings& settings, const platform::KeyedHash& hash)
    : settings_(settings), hash_(hash), index_(std::bit_ceil(2 * settings.hosts), kFree) {
  hosts_.reserve(settings_.hosts);
  news_.reserve(kMostNews);
}

std::size_t HostBook::bytes() const {
  return settings_.hosts * sizeof(FleetHost) + index_.size() * sizeof(index_[0]) + kMostNews * sizeof(News);
}

// Where it is in the index, or where it would be.
std::size_t HostBook::place_of(std::string_view name) const {
  const std::size_t mask = index_.size() - 1;
  std::size_t place = static_cast<std::size_t>(hash_(name)) & mask;
  while (index_[place] != kFree && hosts_[index_[place]].name.view() != name) place = (place + 1) & mask;
  return place;
}

FleetHost* HostBook::find_or_add(std::string_view name) {
  const std::size_t place = place_of(name);
  if (index_[place] != kFree) return &hosts_[index_[place]];
  if (hosts_.size() == settings_.hosts) return nullptr;
  index_[place] = static_cast<std::uint16_t>(hosts_.size());
  hosts_.emplace_back();
  hosts_.back().name.assign(name);
  return &hosts_.back();
}

void HostBook::rebuild_index() {
  std::fill(index_.begin(), index_.end(), kFree);
  for (std::size_t i = 0; i < hosts_.size(); ++i) index_[place_of(hosts_[i].name)] = static_cast<std::uint16_t>(i);
}

// A name that is sent from two addresses is two hosts, or somebody who pretends: the one that came first is believed,
// until it has been quiet for half of what would make it silent.
bool HostBook::is_elsewhere(const FleetHost& host, const SourceAddress& source, const Moment& now) const {
  return host.lines > 0 && host.reporting() && host.source != source && now.monotonic - host.heard < patience(host) / 2;
}

FleetHost* HostBook::admit(std::string_view name, std::string_view model, const SourceAddress& source,
                           const Moment& now) {
  if (!model.empty() && settings_.model.view() != model) {
    ++fates_.other_models;
    return nullptr;
  }
  FleetHost* host = find_or_add(name);
  if (host == nullptr)
    ++fates_.no_room;
  else if (is_elsewhere(*host, source, now)) {
    ++fates_.other_sources;
    host = nullptr;
  }
  return host;
}

nanoseconds HostBook::patience(const FleetHost& host) const {
  if (settings_.silent_after) return *settings_.silent_after;
  if (host.spacing_s <= 0.0) return kFirstPatience;
  const double own_s = kIntervalsOfPatience * std::min(host.spacing_s, 86400.0);
  return std::max(nanoseconds(kLeastPatience), nanoseconds(static_cast<std::int64_t>(own_s * 1e9)));
}

void HostBook::tell(NewsKind kind, const FleetHost& host, const Moment& now, double duration_s) {
  if (news_.size() == kMostNews) {
    ++news_left_out_;
    return;
  }
  news_.push_back({.kind = kind,
                   .host = host.name,
                   .top_feature = host.top_feature,
                   .wall = now.wall,
                   .surprise = host.surprise,
                   .threshold = host.threshold,
                   .duration_s = duration_s});
}

void HostBook::clear_news() {
  news_.clear();
  news_left_out_ = 0;
}

// A host that is heard again.
void HostBook::wake(FleetHost& host, const Moment& now) {
  if (host.state == HostState::kSilent)
    tell(NewsKind::kBack, host, now, platform::seconds_of(now.monotonic - host.heard));
  if (!host.reporting()) host.state = HostState::kNormal;
}

void HostBook::set_flagged(FleetHost& host, bool flagged, const Moment& now) {
  if (host.flagged != flagged) {
    if (flagged) host.flagged_at = now.monotonic;
    tell(flagged ? NewsKind::kRaised : NewsKind::kCleared, host, now,
         platform::seconds_of(now.monotonic - host.flagged_at));
  }
  host.flagged = flagged;
}

void HostBook::take(const HostReport& report, const SourceAddress& source, const Moment& now) {
  if (settings_.cluster && settings_.cluster->view() != report.cluster.view()) {
    ++fates_.other_clusters;
    return;
  }
  FleetHost* const found = admit(report.host, report.model, source, now);
  if (found == nullptr) return;
  FleetHost& host = *found;
  if (host.by_lines) {
    const Order order = order_of(host, report, now);
    if (order == Order::kOld) {
      ++fates_.old;
      return;
    }
    const bool goes_on = order == Order::kNew && report.sequence && host.sequence;
    std::uint64_t steps = goes_on ? *report.sequence - *host.sequence : 1;
    if (steps > kLargestGap) steps = 1;
    host.lost += steps - 1;
    fates_.lost += steps - 1;
    const double spacing_s = platform::seconds_of(now.monotonic - host.heard) / static_cast<double>(steps);
    if (goes_on || host.reporting())
      host.spacing_s += (spacing_s - host.spacing_s) * (host.spacing_s > 0.0 ? 0.2 : 1.0);
  }
  ++fates_.accepted;
  ++host.lines;
  wake(host, now);
  host.by_lines = true;
  host.source = source;
  host.heard = now.monotonic;
  host.line_time_ns = report.time_ns;
  host.sequence = report.sequence;
  host.cluster = report.cluster;
  host.role = report.role;
  host.log_super_epsilon = report.log_super_epsilon;
  host.expected = report.expected;
  host.variance = report.variance;
  host.surprise = report.surprise;
  host.threshold = report.threshold;
  host.learning_ratio = report.learning_ratio;
  host.top_feature = report.top_feature;
  set_flagged(host, report.anomalous.value_or(false), now);
  const bool learning = host.learning_ratio < 1.0;
  host.state = host.flagged ? HostState::kAnomalous : learning ? HostState::kLearning : HostState::kNormal;
}

void HostBook::take(const HostEvent& event, const SourceAddress& source, const Moment& now) {
  // An event tells of no cluster: it is of this one if its host is known to be.
  if (settings_.cluster && index_[place_of(event.host)] == kFree) {
    ++fates_.other_clusters;
    return;
  }
  FleetHost* const found = admit(event.host, event.model, source, now);
  if (found == nullptr) return;
  FleetHost& host = *found;
  const bool repeated = event.time_ns == host.event_time_ns && event.event == host.event;
  if (repeated || (event.time_ns < host.event_time_ns && !was_set_right(host.event_time_ns, event.time_ns, now))) {
    ++fates_.old;
    return;
  }
  host.event_time_ns = event.time_ns;
  host.event = event.event;
  ++fates_.accepted;
  ++host.lines;
  if (event.event == FlagEvent::kSilent) return;  // said by another receiver about it
  wake(host, now);
  host.source = source;
  host.heard = now.monotonic;
  if (event.event == FlagEvent::kStart) tell(NewsKind::kStarted, host, now, 0.0);
  if (event.event == FlagEvent::kStop) {
    tell(NewsKind::kStopped, host, now, 0.0);
    host.state = HostState::kStopped;
  }
  // A line each interval says all of this better, and keeps saying it.
  if (host.by_lines || !has_numbers(event.event)) return;
  host.log_super_epsilon = event.log_super_epsilon;
  host.surprise = event.surprise;
  host.threshold = event.threshold;
  host.top_feature = event.top_feature;
  set_flagged(host, event.event <= FlagEvent::kOngoing, now);
  host.state = host.flagged ? HostState::kAnomalous : HostState::kNormal;
}

void HostBook::pass(const Moment& now) {
  bool forgotten = false;
  for (std::size_t i = 0; i < hosts_.size();) {
    FleetHost& host = hosts_[i];
    const nanoseconds quiet = now.monotonic - host.heard;
    if (host.by_lines && host.reporting() && quiet >= patience(host)) {
      host.state = HostState::kSilent;
      tell(NewsKind::kSilent, host, now, platform::seconds_of(quiet));
    }
    const bool passer = host.by_lines && host.lines < kPasserLines;
    const nanoseconds limit = passer ? nanoseconds(kForgetPasserAfter) : nanoseconds(kForgetAfter);
    if (host.state == HostState::kNormal || host.state == HostState::kAnomalous || host.state == HostState::kLearning ||
        quiet < std::max(limit, patience(host))) {
      ++i;
      continue;
    }
    tell(NewsKind::kForgotten, host, now, platform::seconds_of(quiet));
    hosts_[i] = hosts_.back();
    hosts_.pop_back();
    forgotten = true;
  }
  if (forgotten) rebuild_index();
}

}  // namespace epsilond::agent
