#include "agent/outputs/schedule.h"

#include <string>

#include "platform/file/text_file.h"
#include "platform/fnv1a.h"

namespace epsilond::agent {
namespace {

// The last letters of a name hardly reach the high bits of its fingerprint (fmix64 of MurmurHash3, A. Appleby).
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 33U)) * 0xff51afd7ed558ccdU;
  value = (value ^ (value >> 33U)) * 0xc4ceb9fe1a85ec53U;
  return value ^ (value >> 33U);
}

}  // namespace

std::chrono::nanoseconds phase_of(std::string_view machine_id, std::string_view host, std::chrono::nanoseconds period) {
  platform::Fnv1a hash;
  hash.add(machine_id);
  hash.add("\xff");  // neither has such a byte
  hash.add(host);
  hash.add("\xff");
  // As a part of the period, so that the same hosts are neighbours whatever the period is.
  const double share = static_cast<double>(mixed(hash.value()) >> 11U) * 0x1p-53;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(share * static_cast<double>(period.count())));
}

std::string machine_id() {
  constexpr std::size_t kMost = 64;
  const platform::Result<std::string> text = platform::read_text_file(kMachineIdPath, kMost);
  return text ? *text : std::string();
}

}  // namespace epsilond::agent
