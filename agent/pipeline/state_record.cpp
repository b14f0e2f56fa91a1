#include "agent/pipeline/state_record.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "platform/fnv1a.h"

namespace epsilond::agent {
namespace {

// A state file holds little-endian numbers, of the same size and alignment on every processor, so that one written on
// one is read on all. Bodies and headers are copied as they are: that is the same thing here.
static_assert(std::endian::native == std::endian::little, "state_bytes.h and the records would have to swap bytes");
static_assert(sizeof(double) == 8 && alignof(double) == 8 && alignof(std::uint64_t) == 8,
              "structures in a state file would have other gaps");

// Over the names of the columns and how the model sees them.
std::uint64_t hash_features(const ModelView& view) {
  platform::Fnv1a hash;
  const auto mix = [&hash](std::string_view text) {
    hash.add(text);
    hash.add("\xff");
  };
  for (const std::size_t column : view.columns) {
    mix(view.table[column].name);
    // A scale depends on the machine: what was learned on two processors does not fit four.
    const double scale = view.transformed ? view.table[column].scale : 0.0;
    char bytes[sizeof scale];
    std::memcpy(bytes, &scale, sizeof scale);
    mix({bytes, sizeof bytes});
  }
  return hash.value();
}

RecordHeader named_header(std::string_view name, std::size_t size) {
  RecordHeader header{};
  std::memcpy(header.name, name.data(), std::min(name.size(), sizeof header.name - 1));
  header.size = size;
  return header;
}

}  // namespace

RecordHeader record_header(const Watcher& watcher, std::size_t size) {
  RecordHeader header = named_header(watcher.name(), size);
  header.features_hash = hash_features(watcher.view());
  return header;
}

std::string_view record_name(const RecordHeader& header) {
  return {header.name, ::strnlen(header.name, sizeof header.name)};
}

bool take_record(std::span<const std::byte>& in, RecordHeader& header, std::span<const std::byte>& body) {
  if (in.size() < sizeof header) return false;
  std::memcpy(&header, in.data(), sizeof header);
  in = in.subspan(sizeof header);
  if (header.size > in.size()) return false;
  const auto size = static_cast<std::size_t>(header.size);
  body = in.first(size);
  in = in.subspan(size);
  return true;
}

void put_extra_record(std::string_view name, std::span<const std::byte> body, std::span<std::byte> out) {
  const RecordHeader header = named_header(name, body.size());
  std::memcpy(out.data(), &header, sizeof header);
  std::memcpy(out.data() + sizeof header, body.data(), body.size());
}

bool take_extra_record(std::string_view name, std::span<const std::byte> in, std::span<std::byte> body) {
  const RecordHeader wanted = named_header(name, body.size());
  RecordHeader header{};
  std::span<const std::byte> found;
  while (!in.empty() && take_record(in, header, found)) {
    if (std::memcmp(&header, &wanted, sizeof header) != 0) continue;
    std::memcpy(body.data(), found.data(), body.size());
    return true;
  }
  return false;
}

platform::Result<void> check_records(std::span<const std::byte> in) {
  RecordHeader header{};
  std::span<const std::byte> body;
  while (!in.empty())
    if (!take_record(in, header, body))
      return platform::make_error(platform::ErrorCode::kMalformed, 0, "state: a record is cut short");
  return {};
}

}  // namespace epsilond::agent
