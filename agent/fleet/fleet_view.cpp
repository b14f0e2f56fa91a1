#include "agent/fleet/fleet_view.h"

#include <algorithm>
#include <cmath>

#include "models/fleet/fleet_sum.h"
#include "models/fleet/peers.h"
#include "platform/fnv1a.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

constexpr double kOddShare = 0.05;  // of a role; where more are odd, none is the odd one out

// The fleet of hosts that should be alike.
std::uint64_t group_of(const FleetHost& host) {
  platform::Fnv1a hash;
  hash.add(host.cluster);
  hash.add(std::string_view("\0", 1));
  hash.add(host.role);
  return hash.value();
}

// The oddest first: what is wrong, then what cannot be known, then how odd.
int rank_of(const HostRow& row) {
  if (row.host.state == HostState::kAnomalous) return 0;
  if (row.peer_z > kOddPeerZ) return 1;
  if (row.host.state == HostState::kSilent) return 2;
  if (row.host.state == HostState::kStopped) return 3;
  return row.host.state == HostState::kNormal ? 4 : 5;
}

double or_lowest(double value) { return std::isnan(value) ? -HUGE_VAL : value; }

}  // namespace

FleetView::FleetView(std::size_t hosts) {
  rows_.reserve(hosts);
  order_.reserve(hosts);
  peers_.reserve(hosts);
  keys_.reserve(hosts);
  scratch_.reserve(hosts);
}

std::size_t FleetView::bytes() const {
  return rows_.capacity() * (sizeof(HostRow) + sizeof(std::uint32_t) + sizeof(Peer) + sizeof(SortKey) + sizeof(double));
}

void FleetView::look(const HostBook& book, std::chrono::nanoseconds monotonic) {
  rows_.clear();
  for (const FleetHost& host : book.hosts()) {
    HostRow& row = rows_.emplace_back();
    row.host = host;
    row.age_s = platform::seconds_of(monotonic - host.heard);
    if (host.reporting() && !(host.learning_ratio < 1.0))
      row.z = models::host_z(host.log_super_epsilon, host.expected, host.variance);
  }
  facts_ = FleetFacts();
  add_up();
  compare_peers();
}

void FleetView::add_up() {
  models::FleetSum sum;
  scratch_.clear();
  facts_.hosts = rows_.size();
  facts_.surprise_max = platform::HostReport::kNothing;
  for (const HostRow& row : rows_) {
    const FleetHost& host = row.host;
    facts_.silent += host.state == HostState::kSilent ? 1 : 0;
    facts_.stopped += host.state == HostState::kStopped ? 1 : 0;
    if (!host.reporting()) continue;
    ++facts_.reporting;
    facts_.learning += host.learning_ratio < 1.0 ? 1 : 0;
    facts_.flagged += host.flagged ? 1 : 0;
    sum.add(host.log_super_epsilon);
    if (!(host.surprise <= or_lowest(facts_.surprise_max)) && !std::isnan(host.surprise)) {
      facts_.surprise_max = host.surprise;
      facts_.surprise_max_host = &row;
    }
    if (std::isnan(row.z)) continue;
    sum.add_expectation(host.log_super_epsilon, host.expected, host.variance);
    scratch_.push_back(row.z);
  }
  if (facts_.reporting > 0)
    facts_.flagged_share = static_cast<double>(facts_.flagged) / static_cast<double>(facts_.reporting);
  facts_.sum_hosts = sum.count();
  facts_.sum = sum.log_super_epsilon();
  facts_.mean = sum.mean();
  facts_.z_hosts = sum.z_count();
  facts_.expected_sum = sum.expected();
  facts_.variance_sum = sum.variance();
  facts_.z = sum.z();
  facts_.median_z = platform::HostReport::kNothing;
  if (!scratch_.empty()) facts_.median_z = models::median_z(models::median_of(scratch_), scratch_.size());
  facts_.fleet_is_odd = facts_.z > kOddFleetZ && facts_.median_z > kOddMedianZ;
}

void FleetView::compare_peers() {
  peers_.clear();
  for (std::uint32_t i = 0; i < rows_.size(); ++i)
    if (!std::isnan(rows_[i].z)) peers_.push_back({group_of(rows_[i].host), rows_[i].z, i});
  std::sort(peers_.begin(), peers_.end(), [](const Peer& a, const Peer& b) { return a.group < b.group; });
  for (std::size_t at = 0; at < peers_.size();) {
    std::size_t end = at;
    while (end < peers_.size() && peers_[end].group == peers_[at].group) ++end;
    compare_group(std::span<const Peer>(peers_).subspan(at, end - at));
    at = end;
  }
}

void FleetView::compare_group(std::span<const Peer> group) {
  if (group.size() < kFewestPeers) return;
  scratch_.clear();
  for (const Peer& peer : group) scratch_.push_back(peer.z);
  const models::PeerScale scale = models::peer_scale(scratch_);
  std::size_t odd = 0;
  const HostRow* oddest = nullptr;
  for (const Peer& peer : group) {
    HostRow& row = rows_[peer.row];
    row.peer_z = scale.z(peer.z);
    if (!(row.peer_z > kOddPeerZ)) continue;
    ++odd;
    if (oddest == nullptr || row.peer_z > oddest->peer_z) oddest = &row;
  }
  facts_.odd_hosts += odd;
  if (odd > 1 && static_cast<double>(odd) > kOddShare * static_cast<double>(group.size())) return;
  if (oddest != nullptr && (facts_.odd == nullptr || oddest->peer_z > facts_.odd->peer_z)) facts_.odd = oddest;
}

FleetView::SortKey FleetView::key_of(std::uint32_t row, HostOrder order) const {
  if (order == HostOrder::kName) return {.row = row};
  if (order == HostOrder::kAge) return {.value = rows_[row].age_s, .row = row};
  return {.rank = rank_of(rows_[row]), .value = or_lowest(rows_[row].host.surprise), .row = row};
}

std::span<const std::uint32_t> FleetView::sorted(HostOrder order) {
  keys_.clear();
  for (std::uint32_t i = 0; i < rows_.size(); ++i) keys_.push_back(key_of(i, order));
  std::sort(keys_.begin(), keys_.end(), [this](const SortKey& a, const SortKey& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    if (a.value != b.value) return a.value > b.value;
    return rows_[a.row].host.name.view() < rows_[b.row].host.name.view();
  });
  order_.clear();
  for (const SortKey& key : keys_) order_.push_back(key.row);
  return order_;
}

}  // namespace epsilond::agent
