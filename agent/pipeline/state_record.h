#pragma once
// What is saved of each model is a record of its own: a header that says what it fits, and bytes behind it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/pipeline/watcher.h"
#include "platform/result.h"

namespace epsilond::agent {

struct RecordHeader {
  char name[32];                // of the model, zero-padded
  std::uint64_t features_hash;  // which columns, in which transform: a record fits only the same
  std::uint64_t size;           // of the bytes that follow
};

// The model's name in it.
std::string_view record_name(const RecordHeader& header);

// The header of a record of `size` bytes for this watcher.
RecordHeader record_header(const Watcher& watcher, std::size_t size);

// Reads the record at the front of `in` and moves past it; false if what is there is not a whole record.
bool take_record(std::span<const std::byte>& in, RecordHeader& header, std::span<const std::byte>& body);

// Beside the models: `body` as a record of a name that no model can have ("[mute]"). A reader that does not know it passes
// over it. `out` has exactly extra_record_bytes() of the size of the body.
constexpr std::size_t extra_record_bytes(std::size_t size) { return sizeof(RecordHeader) + size; }
void put_extra_record(std::string_view name, std::span<const std::byte> body, std::span<std::byte> out);
// Fills `body` from the record of that name and size; false, and nothing, if there is none.
bool take_extra_record(std::string_view name, std::span<const std::byte> in, std::span<std::byte> body);

// kMalformed unless `in` is whole records and nothing else.
platform::Result<void> check_records(std::span<const std::byte> in);

}  // namespace epsilond::agent
