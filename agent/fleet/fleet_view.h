#pragma once
// A fleet at one moment: its hosts, the oddest first, and what they are together. A copy, so that it stands still while
// it is written out.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/fleet/host_book.h"

namespace epsilond::agent {

// Beyond it a host is odd among its peers; at least so many of a role must be comparable.
inline constexpr double kOddPeerZ = 5.0;
inline constexpr std::size_t kFewestPeers = 3;
// All hosts together are odd: the z of the fleet and that of its median host.
inline constexpr double kOddFleetZ = 6.0;
inline constexpr double kOddMedianZ = 4.0;

enum class HostOrder : std::uint8_t { kOddest, kName, kAge };

struct HostRow {
  FleetHost host;
  double z = platform::HostReport::kNothing;       // against its own usual; NaN: not known, or still learning
  double peer_z = platform::HostReport::kNothing;  // against its role; NaN also among too few
  double age_s = 0.0;                              // since it was heard
};

struct FleetFacts {
  std::size_t hosts = 0;  // known; the sum of reporting, silent and stopped
  std::size_t reporting = 0;
  std::size_t silent = 0;
  std::size_t stopped = 0;
  std::size_t learning = 0;  // of those that report, as is flagged
  std::size_t flagged = 0;
  double flagged_share = 0.0;  // of those that report
  std::size_t sum_hosts = 0;   // whose log super-epsilon is known: those of sum and mean
  double sum = 0.0;            // of log super-epsilon; NaN without a host, as are all the next
  double mean = 0.0;
  std::size_t z_hosts = 0;  // that have learned, and told of all three
  double expected_sum = 0.0;
  double variance_sum = 0.0;
  double z = 0.0;
  double median_z = 0.0;
  double surprise_max = 0.0;
  const HostRow* surprise_max_host = nullptr;
  std::size_t odd_hosts = 0;     // whose peer_z is above kOddPeerZ
  const HostRow* odd = nullptr;  // the odd one out; null: none, or too many of its role are
  bool fleet_is_odd = false;     // all are a little odd at once
};

class FleetView {
 public:
  // Takes all memory.
  explicit FleetView(std::size_t hosts);

  // What the book says now. Nothing may come into it meanwhile.
  void look(const HostBook& book, std::chrono::nanoseconds monotonic);

  const FleetFacts& facts() const { return facts_; }
  // In any order; index what sorted() says.
  std::span<const HostRow> rows() const { return rows_; }
  std::span<const std::uint32_t> sorted(HostOrder order);
  std::size_t bytes() const;

 private:
  struct Peer {
    std::uint64_t group = 0;
    double z = 0.0;
    std::uint32_t row = 0;
  };
  // By what a row is sorted; small, so that ten thousand are sorted within their cache.
  struct SortKey {
    int rank = 0;
    double value = 0.0;  // the largest first
    std::uint32_t row = 0;
  };
  SortKey key_of(std::uint32_t row, HostOrder order) const;
  void add_up();
  void compare_peers();
  void compare_group(std::span<const Peer> group);

  std::vector<HostRow> rows_;
  std::vector<std::uint32_t> order_;
  std::vector<Peer> peers_;
  std::vector<SortKey> keys_;
  std::vector<double> scratch_;
  FleetFacts facts_;
};

}  // namespace epsilond::agent
