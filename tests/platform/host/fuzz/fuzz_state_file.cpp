// Any bytes as a state file: refused, or a payload that lies inside them. The checksums are set right for half of the
// inputs, so that the fuzzer sees what is behind them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "platform/host/crc32c.h"
#include "platform/host/state_file.h"

using namespace epsilond::platform;

namespace {

void check(std::span<const std::byte> file) {
  const Result<std::span<const std::byte>> payload = parse_state(file);
  if (!payload) {
    const ErrorCode code = payload.error().code;
    if (code != ErrorCode::kMalformed && code != ErrorCode::kUnsupported) std::abort();
    return;
  }
  if (payload->size() + kStateHeaderBytes != file.size()) std::abort();
  if (!payload->empty() && payload->data() != file.data() + kStateHeaderBytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> file = std::as_bytes(std::span(data, size));
  check(file);

  std::array<std::byte, 8192> fixed;
  if (size < kStateHeaderBytes || size > fixed.size()) return 0;
  std::memcpy(fixed.data(), data, size);
  const auto put_crc = [&fixed](std::size_t at, std::uint32_t crc) {
    for (unsigned i = 0; i < 4; ++i) fixed[at + i] = static_cast<std::byte>((crc >> (8 * i)) & 0xFFU);
  };
  const std::span<const std::byte> bytes = std::span<const std::byte>(fixed).first(size);
  put_crc(20, crc32c(bytes.subspan(kStateHeaderBytes)));
  put_crc(24, crc32c(bytes.first(24)));
  check(bytes);
  return 0;
}
