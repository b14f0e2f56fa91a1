#include "agent/pipeline/model_state.h"

#include <cstring>

#include "agent/pipeline/state_record.h"

namespace epsilond::agent {
namespace {

using platform::Result;

using models::ForgettingMoments;

constexpr std::size_t kUsualBytes = sizeof(RecordHeader) + sizeof(ForgettingMoments);

RecordHeader header_of(const Watcher& watcher) { return record_header(watcher, watcher.model().state_bytes()); }

// Of what its score usually is. The last byte of the name of a model is zero, so an agent that knows no such record
// passes over it, as this one does without where there is none.
RecordHeader usual_header_of(const Watcher& watcher) {
  RecordHeader header = record_header(watcher, sizeof(ForgettingMoments));
  header.name[sizeof header.name - 1] = 'u';
  return header;
}

void load_usual_score(Watcher& watcher, std::span<const std::byte> in) {
  const RecordHeader wanted = usual_header_of(watcher);
  RecordHeader header{};
  std::span<const std::byte> body;
  watcher.usual_score().reset();
  while (take_record(in, header, body)) {
    if (std::memcmp(&header, &wanted, sizeof header) != 0) continue;
    ForgettingMoments moments;
    std::memcpy(&moments, body.data(), sizeof moments);
    watcher.usual_score().restore(moments);
  }
}

}  // namespace

std::size_t model_state_bytes(std::span<const std::unique_ptr<Watcher>> watchers) {
  std::size_t bytes = 0;
  for (const std::unique_ptr<Watcher>& watcher : watchers)
    bytes += sizeof(RecordHeader) + watcher->model().state_bytes() + kUsualBytes;
  return bytes;
}

void save_model_state(std::span<const std::unique_ptr<Watcher>> watchers, std::span<std::byte> out) {
  for (const std::unique_ptr<Watcher>& watcher : watchers) {
    const RecordHeader header = header_of(*watcher);
    std::memcpy(out.data(), &header, sizeof header);
    const std::size_t size = watcher->model().state_bytes();
    watcher->model().save(out.subspan(sizeof header, size));
    out = out.subspan(sizeof header + size);
    const RecordHeader usual = usual_header_of(*watcher);
    std::memcpy(out.data(), &usual, sizeof usual);
    std::memcpy(out.data() + sizeof usual, &watcher->usual_score().moments(), sizeof(ForgettingMoments));
    out = out.subspan(kUsualBytes);
  }
}

Result<std::size_t> load_model_state(std::span<const std::unique_ptr<Watcher>> watchers, std::span<const std::byte> in,
                                     NotRestored* why) {
  if (const Result<void> sound = check_records(in); !sound) return sound.error();
  RecordHeader header{};
  std::span<const std::byte> body;
  std::size_t restored = 0;
  for (const std::unique_ptr<Watcher>& watcher : watchers) {
    const RecordHeader wanted = header_of(*watcher);
    const char* what = "is not in it";
    bool other_version = false;
    for (std::span<const std::byte> rest = in; what != nullptr && !other_version && take_record(rest, header, body);) {
      if (std::memcmp(header.name, wanted.name, sizeof header.name) != 0) continue;
      if (header.features_hash != wanted.features_hash) {
        what = "has learned from other features, or on a machine of another size";
      } else if (header.size == wanted.size && watcher->model().load(body)) {
        what = nullptr;
      } else {
        what = "is of another kind, or was learned by another version";
        other_version = true;
      }
    }
    if (what == nullptr) {
      load_usual_score(*watcher, in);
      ++restored;
    } else if (why != nullptr) {
      why->other_version = why->other_version || other_version;
      why->text.append(why->text.empty() ? "" : "; ");
      why->text.append(watcher->name());
      why->text.append(" ");
      why->text.append(what);
    }
  }
  return restored;
}

}  // namespace epsilond::agent
