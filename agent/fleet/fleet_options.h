#pragma once
// The command line of `epsilonctl fleet`.

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/fleet/host_book.h"
#include "platform/collect/network.h"
#include "platform/result.h"

namespace epsilond::agent {

inline constexpr std::uint16_t kFleetPort = 8089;
inline constexpr std::size_t kFleetHosts = 10000;

struct FleetOptions {
  bool help = false;
  bool json = false;
  bool once = false;
  platform::Endpoint listen{.ipv6 = false, .address = {127, 0, 0, 1}, .port = kFleetPort};
  std::chrono::nanoseconds interval = std::chrono::seconds(10);
  std::optional<std::chrono::nanoseconds> run_for;
  BookSettings book;
  std::vector<platform::Network> from;
  double datagrams_per_s = 20000.0;    // of one sender
  int buffer_bytes = 4 * 1024 * 1024;  // of the socket; 0: what the kernel gives unasked
  std::size_t expect = 0;              // hosts; 0: no expectation
  std::optional<std::size_t> rows;     // of the table; nothing: 50 in text, all in JSON
};

// kInvalid, with a sentence for the user, for what is not right.
platform::Result<FleetOptions> parse_fleet_options(std::span<const char* const> words);

}  // namespace epsilond::agent
