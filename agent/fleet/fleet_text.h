#pragma once
// A fleet as text for people and as JSON. Pure; names that came over the network are made harmless for a terminal.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agent/fleet/fleet_view.h"
#include "agent/fleet/intake.h"
#include "agent/report/terminal_chart.h"

namespace epsilond::agent {

// What became of all that was sent, since the start.
struct FleetFates {
  IntakeFates intake;
  BookFates book;
  std::uint64_t dropped = 0;  // by the kernel, because it came too fast
};

// The cluster lines: who there is, what they are together, who is odd; and, if there is something to tell, what was
// lost or not believed. No line ends.
std::vector<std::string> cluster_lines(const FleetFacts& facts, const FleetFates& fates);

// The table: its head, and a row, each exactly `columns` characters or less, kLeastColumns or more.
std::string host_table_head(std::size_t columns);
std::string host_table_row(const HostRow& row, std::size_t columns, const TextStyle& style);

// "2026-11-22T15:20:03Z web3 raised: surprise 9.20 of 5.30, mem_used_bytes".
std::string news_line(const News& news);
// "2026-11-22T15:20:03Z".
std::string time_text(std::chrono::nanoseconds wall);

// One object in pieces: the head, up to the opening bracket of "hosts"; each host, with a comma before all but the
// first; the end. What is not known is null.
struct FleetJson {
  std::chrono::nanoseconds wall{0};
  double elapsed_s = 0.0;  // since the object before
  std::string_view cluster;
  std::span<const News> news;
  std::uint64_t news_left_out = 0;
};
std::string json_head(const FleetJson& about, const FleetFacts& facts, const FleetFates& fates);
std::string json_host(const HostRow& row, bool first);
inline constexpr std::string_view kJsonEnd = "]}\n";

// What the operator chose with keys.
struct FleetChoice {
  HostOrder order = HostOrder::kOddest;
  std::size_t scroll = 0;  // rows of the table that are above the screen
  bool paused = false;
};
// The screen as lines, each of at most columns - 1 characters beside escapes, at most `rows` of them, 10 or more.
struct FleetScreen {
  std::string_view address;
  std::chrono::nanoseconds wall{0};
  std::span<const std::string> news;  // the newest last
};
std::string draw_fleet(FleetView& view, const FleetFates& fates, const FleetScreen& about, const FleetChoice& choice,
                       std::size_t columns, std::size_t rows, const TextStyle& style);

}  // namespace epsilond::agent
