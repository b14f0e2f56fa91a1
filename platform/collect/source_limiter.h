#pragma once
// How many datagrams each sender may send: token buckets in fixed memory, however many senders there are.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "platform/collect/keyed_hash.h"
#include "platform/collect/network.h"

namespace epsilond::platform {

// Senders that fall into one of kBuckets by a keyed hash share it. A sender is an IPv4 address or an IPv6 network of 64
// bits, all of whose addresses one machine may use.
class SourceLimiter {
 public:
  static constexpr std::size_t kBuckets = 65536;

  // `per_s` > 0: datagrams each second, and that many at once after a second of silence.
  SourceLimiter(double per_s, const KeyedHash& hash);

  // May this one pass? `monotonic` never goes back.
  bool admit(const SourceAddress& source, std::chrono::nanoseconds monotonic);

  static constexpr std::size_t bytes() { return kBuckets * sizeof(Bucket); }

 private:
  struct Bucket {
    float spent = 0.0F;    // of the tokens of a second
    std::uint32_t ms = 0;  // when that was so; it wraps after 49 days, and a bucket is then full too early once
  };

  double per_s_;
  KeyedHash hash_;
  std::vector<Bucket> buckets_;
};

}  // namespace epsilond::platform
