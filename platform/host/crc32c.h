#pragma once
// CRC-32C (Castagnoli), as iSCSI defines it: RFC 3720 appendix B.4 has the check values.

#include <cstddef>
#include <cstdint>
#include <span>

namespace epsilond::platform {

// The checksum of `bytes`; pass the result of an earlier call as `previous` to go on where it ended.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t previous = 0);

}  // namespace epsilond::platform
