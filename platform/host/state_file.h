#pragma once
// Opaque bytes that survive a restart: saved atomically, with a checksum and a version, and refused when damaged.
//
// Layout, all numbers little-endian:
//   0  8 bytes  magic "EPSSTATE"
//   8  u32      format version, 1
//  12  u64      payload length in bytes
//  20  u32      CRC-32C of the payload
//  24  u32      CRC-32C of bytes 0 .. 23
//  28           the payload, to the end of the file
// The first 28 bytes keep this meaning in every later version, so a newer file is told from a damaged one.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

inline constexpr std::uint32_t kStateFormatVersion = 1;
inline constexpr std::size_t kStateHeaderBytes = 28;

// Replaces the file at `path` by one that holds `payload`: written beside it, synced, renamed over it, with mode 0600
// whatever the umask. A reader, or a crash at any moment, finds the old file or the new one whole. Allocates nothing.
// Errors carry the path and errno; the old file is then untouched (unless only the last step, syncing the directory,
// failed) and nothing is left beside it. A symbolic link at `path` is replaced, not followed.
//
// With kAgainstKill nothing waits for the disk: whatever becomes of this process, the file is the old or the new one
// whole; after a crash of the machine it may be neither, which load_state() tells.
enum class Durability : std::uint8_t { kAgainstCrash, kAgainstKill };
Result<void> save_state(std::string_view path, std::span<const std::byte> payload,
                        Durability durability = Durability::kAgainstCrash);

// The same with kAgainstKill for a text that others read: `text` and nothing else, with mode 0644.
Result<void> replace_text(std::string_view path, std::string_view text);

// Reads the file at `path` into `buffer`, which must hold the payload and kStateHeaderBytes, and returns the payload
// inside it. Errors: kNotFound (no such file), kPermission, kMalformed (damaged), kUnsupported (a later format
// version), kTooLarge (sound so far, but longer than the buffer), kInvalid (not a regular file), kIo.
Result<std::span<const std::byte>> load_state(std::string_view path, std::span<std::byte> buffer);

// The pure half of load_state(): checks the bytes of a whole file and returns the payload inside them.
Result<std::span<const std::byte>> parse_state(std::span<const std::byte> file);

// Removes the file; no file is no error.
Result<void> remove_state(std::string_view path);

// Removes what writers of `path` that were killed have left beside it. Temporary files of processes that are alive
// stay.
void remove_leftovers(std::string_view path);

// Renames the file to `path`.damaged, replacing an older one, so that the next save does not destroy the evidence.
Result<void> set_aside(std::string_view path);

}  // namespace epsilond::platform
