#include "agent/pipeline/model_state.h"

#include <cstdint>
#include <cstring>

#include "platform/fnv1a.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::make_error;
using platform::Result;

// One record per model: this header, then `size` bytes of the model's own state.
struct RecordHeader {
  char name[32];                // zero-padded
  std::uint64_t features_hash;  // which columns, in which transform: a state fits only the same
  std::uint64_t size;           // of the model's own bytes that follow
};

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

RecordHeader header_of(const Watcher& watcher) {
  RecordHeader header{};
  std::memcpy(header.name, watcher.name().data(), std::min(watcher.name().size(), sizeof header.name - 1));
  header.features_hash = hash_features(watcher.view());
  header.size = watcher.model().state_bytes();
  return header;
}

// Reads the record at the front of `in`; false if what is there is not a whole record.
bool take_record(std::span<const std::byte>& in, RecordHeader& header, std::span<const std::byte>& body) {
  if (in.size() < sizeof header) return false;
  std::memcpy(&header, in.data(), sizeof header);
  in = in.subspan(sizeof header);
  if (header.size > in.size()) return false;
  body = in.first(header.size);
  in = in.subspan(header.size);
  return true;
}

}  // namespace

std::size_t model_state_bytes(std::span<const std::unique_ptr<Watcher>> watchers) {
  std::size_t bytes = 0;
  for (const std::unique_ptr<Watcher>& watcher : watchers) bytes += sizeof(RecordHeader) + watcher->model().state_bytes();
  return bytes;
}

void save_model_state(std::span<const std::unique_ptr<Watcher>> watchers, std::span<std::byte> out) {
  for (const std::unique_ptr<Watcher>& watcher : watchers) {
    const RecordHeader header = header_of(*watcher);
    std::memcpy(out.data(), &header, sizeof header);
    watcher->model().save(out.subspan(sizeof header, header.size));
    out = out.subspan(sizeof header + header.size);
  }
}

Result<std::size_t> load_model_state(std::span<const std::unique_ptr<Watcher>> watchers, std::span<const std::byte> in) {
  RecordHeader header{};
  std::span<const std::byte> body;
  for (std::span<const std::byte> rest = in; !rest.empty();)
    if (!take_record(rest, header, body)) return make_error(ErrorCode::kMalformed, 0, "state: a record is cut short");

  std::size_t restored = 0;
  for (const std::unique_ptr<Watcher>& watcher : watchers) {
    const RecordHeader wanted = header_of(*watcher);
    for (std::span<const std::byte> rest = in; !rest.empty() && take_record(rest, header, body);) {
      if (std::memcmp(&header, &wanted, sizeof header) != 0) continue;
      if (watcher->model().load(body)) ++restored;
      break;
    }
  }
  return restored;
}

}  // namespace epsilond::agent
