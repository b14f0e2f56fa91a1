#pragma once
// What every model has learned, as one block of bytes: the payload of the state file, and how a reload carries the
// learning over to a new configuration.

#include <cstddef>
#include <memory>
#include <span>

#include "agent/pipeline/watcher.h"
#include "platform/fixed_string.h"
#include "platform/result.h"

namespace epsilond::agent {

std::size_t model_state_bytes(std::span<const std::unique_ptr<Watcher>> watchers);
// `out` has exactly model_state_bytes().
void save_model_state(std::span<const std::unique_ptr<Watcher>> watchers, std::span<std::byte> out);

// Which models were not restored, and why, for a person.
struct NotRestored {
  platform::FixedString<400> text;  // "diary is not in it"; empty: all were
  bool other_version = false;       // what is there could be of use to another version or kind
};

// Restores each watcher whose name and features are in `in`; the others keep what they have. Returns how many were
// restored, or kMalformed if `in` is not a block of this layout (nothing is restored then). `why` may be null.
platform::Result<std::size_t> load_model_state(std::span<const std::unique_ptr<Watcher>> watchers,
                                               std::span<const std::byte> in, NotRestored* why = nullptr);

}  // namespace epsilond::agent
