#pragma once
// Every host that was heard of, in memory of a fixed size: what it said last, and what became of what it sent.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "platform/collect/keyed_hash.h"
#include "platform/collect/network.h"
#include "platform/collect/told.h"

namespace epsilond::agent {

enum class HostState : std::uint8_t {
  kNormal,
  kLearning,
  kAnomalous,
  kStopped,  // it said that it would stop
  kSilent,
};

// Of a host, as a word: "normal".
const char* state_name(HostState state);

struct FleetHost {
  platform::FixedString<64> name;
  platform::FixedString<64> cluster;
  platform::FixedString<64> role;
  platform::FixedString<56> top_feature;
  platform::SourceAddress source;  // of what it sent last
  HostState state = HostState::kNormal;
  bool flagged = false;   // an episode is open
  bool by_lines = false;  // it sends a line each interval; else events alone, and is never silent
  double log_super_epsilon = platform::HostReport::kNothing;  // NaN: not told, as are the next
  double expected = platform::HostReport::kNothing;
  double variance = platform::HostReport::kNothing;
  double surprise = platform::HostReport::kNothing;
  double threshold = platform::HostReport::kNothing;
  double learning_ratio = platform::HostReport::kNothing;
  double spacing_s = 0.0;             // usual time from line to line; 0: not known
  std::chrono::nanoseconds heard{0};  // monotonic, as is the next
  std::chrono::nanoseconds flagged_at{0};
  std::int64_t line_time_ns = 0;  // by its own clock, of the last line and the last event
  std::int64_t event_time_ns = 0;
  platform::FlagEvent event = platform::FlagEvent::kStart;  // the last one, if event_time_ns > 0
  std::optional<std::uint64_t> sequence;
  std::uint64_t lines = 0;
  std::uint64_t lost = 0;  // gaps in its sequence

  // Does what it said last count in sums over the fleet?
  bool reporting() const { return state != HostState::kSilent && state != HostState::kStopped; }
};

enum class NewsKind : std::uint8_t { kRaised, kCleared, kSilent, kBack, kStopped, kStarted, kForgotten };
const char* news_name(NewsKind kind);

// Something that happened to a host.
struct News {
  NewsKind kind = NewsKind::kRaised;
  platform::FixedString<64> host;
  platform::FixedString<56> top_feature;
  std::chrono::nanoseconds wall{0};
  double surprise = platform::HostReport::kNothing;
  double threshold = platform::HostReport::kNothing;
  double duration_s = 0.0;  // of an episode that was cleared, or of a silence
};

// What became of the lines and events that could be read.
struct BookFates {
  std::uint64_t accepted = 0;
  std::uint64_t old = 0;            // not newer than what the host said before: repeated, replayed or overtaken
  std::uint64_t other_sources = 0;  // from another address than the host itself
  std::uint64_t other_models = 0;
  std::uint64_t other_clusters = 0;
  std::uint64_t no_room = 0;  // of a host beyond the last one that there is room for
  std::uint64_t lost = 0;     // never came: gaps in the sequences of hosts
};

struct BookSettings {
  std::size_t hosts = 10000;  // below 65535
  platform::FixedString<32> model{std::string_view("host")};
  std::optional<platform::FixedString<64>> cluster;      // nothing: every one
  std::optional<std::chrono::nanoseconds> silent_after;  // nothing: see patience()
};

// When something came: by the clocks of this machine.
struct Moment {
  std::chrono::nanoseconds monotonic{0};
  std::chrono::nanoseconds wall{0};
};

class HostBook {
 public:
  static constexpr std::size_t kMostNews = 1024;
  // A silent host is forgotten after so long; one that was heard of less often than that, much sooner.
  static constexpr std::chrono::hours kForgetAfter{24};
  static constexpr std::chrono::minutes kForgetPasserAfter{10};
  static constexpr std::uint64_t kPasserLines = 3;

  // Takes all memory.
  HostBook(const BookSettings& settings, const platform::KeyedHash& hash);

  void take(const platform::HostReport& report, const platform::SourceAddress& source, const Moment& now);
  void take(const platform::HostEvent& event, const platform::SourceAddress& source, const Moment& now);
  // Who has fallen silent, and who is to be forgotten: to be called a few times a second.
  void pass(const Moment& now);

  // Those that are known, in the order they came; what is forgotten leaves its place to the last one.
  std::span<const FleetHost> hosts() const { return hosts_; }
  const BookFates& fates() const { return fates_; }
  // What happened since clear_news(), in its order; what was beyond kMostNews is only counted.
  std::span<const News> news() const { return news_; }
  std::uint64_t news_left_out() const { return news_left_out_; }
  void clear_news();
  std::size_t bytes() const;

 private:
  static constexpr std::uint16_t kFree = 0xFFFF;

  FleetHost* find_or_add(std::string_view name);
  std::size_t place_of(std::string_view name) const;
  FleetHost* admit(std::string_view name, std::string_view model, const platform::SourceAddress& source,
                   const Moment& now);
  bool is_elsewhere(const FleetHost& host, const platform::SourceAddress& source, const Moment& now) const;
  // As the settings say; else a minute, or five of its own intervals; five minutes where those are not known yet.
  std::chrono::nanoseconds patience(const FleetHost& host) const;
  void wake(FleetHost& host, const Moment& now);
  void set_flagged(FleetHost& host, bool flagged, const Moment& now);
  void rebuild_index();
  void tell(NewsKind kind, const FleetHost& host, const Moment& now, double duration_s);

  BookSettings settings_;
  platform::KeyedHash hash_;
  std::vector<FleetHost> hosts_;
  std::vector<std::uint16_t> index_;  // of hosts_, by hash; a power of two, at most half full
  std::vector<News> news_;
  std::uint64_t news_left_out_ = 0;
  BookFates fates_;
};

}  // namespace epsilond::agent
