#include "platform/collect/source_limiter.h"

#include <algorithm>
#include <string_view>

namespace epsilond::platform {

SourceLimiter::SourceLimiter(double per_s, const KeyedHash& hash) : per_s_(per_s), hash_(hash), buckets_(kBuckets) {}

bool SourceLimiter::admit(const SourceAddress& source, std::chrono::nanoseconds monotonic) {
  const std::size_t counted = source.is_ipv4() ? 16 : 8;
  const std::string_view bytes(reinterpret_cast<const char*>(source.bytes.data()), counted);
  Bucket& bucket = buckets_[static_cast<std::size_t>(hash_(bytes) % kBuckets)];
  const auto now_ms =
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(monotonic).count());
  const double passed_s = 1e-3 * static_cast<double>(now_ms - bucket.ms);
  const double spent = std::max(0.0, static_cast<double>(bucket.spent) - passed_s * per_s_);
  bucket.ms = now_ms;
  const bool fits = spent + 1.0 <= std::max(per_s_, 1.0);
  bucket.spent = static_cast<float>(fits ? spent + 1.0 : spent);
  return fits;
}

}  // namespace epsilond::platform
