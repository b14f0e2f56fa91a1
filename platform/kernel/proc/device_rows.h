#pragma once
// Which rows of a per-device kernel file are added up, so that no byte is counted twice.
//
// A byte written to a file may pass a volume, a RAID and a disk, and the kernel counts it in each; a packet may pass a
// container's interface, a bridge, a bond and a network card. Only the lowest layer is added up: devices that have
// hardware behind them (sys/block/NAME/device, sys/class/net/NAME/device). Where there is none, as in a container, or
// where sys cannot be read, the name tells the layer, and the lowest layer that has a device at all is taken.
// Known limits: beside a network card, an interface without hardware of its own (PPP over a serial line) is not
// counted; a switch chip's ports are counted beside the port that feeds them.

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/fnv1a.h"
#include "platform/kernel/proc_root.h"
#include "platform/result.h"

namespace epsilond::platform {

// Rows beyond this are an error, kTooLarge, rather than a silent undercount.
inline constexpr std::size_t kMaxDeviceRows = 4096;

// Lower layers first. Only rows of the lowest layer found are counted, kNever not at all.
enum class DeviceLayer : std::uint8_t { kHardware, kUnknown, kStacked, kTop, kNever };

// By the name alone. Partitions are told apart by `disk`, the last row before this one that was no partition.
DeviceLayer disk_layer(std::string_view name, std::string_view disk);
DeviceLayer interface_layer(std::string_view name);

// Is `name` a partition of `disk` ("sda1" of "sda", "nvme0n1p2" of "nvme0n1")?
bool is_partition_of(std::string_view name, std::string_view disk);

// The kinds of device file; their names of devices are found differently.
enum class DeviceKind : std::uint8_t { kDisk, kInterface };

// With sys at hand (`root` not null and its directory of such devices there) hardware is what sys says it is.
DeviceLayer device_layer(DeviceKind kind, std::string_view name, std::string_view disk, const ProcRoot* root);

// A fingerprint of a list of names, in their order.
class NamesHash {
 public:
  void add(std::string_view name);
  std::uint64_t value() const { return hash_.value(); }

 private:
  Fnv1a hash_;
};

// The name of the device in a line of the file; empty for a line that is no device's.
std::string_view device_name(DeviceKind kind, std::string_view line);

// Remembers the choice while the rows keep their names, so that sys is asked only after a device came or went.
class DeviceRows {
 public:
  explicit DeviceRows(DeviceKind kind) : kind_(kind) {}

  // Looks at all rows of `text`. `root` may be null: then names alone decide. kTooLarge above kMaxDeviceRows.
  Result<void> update(std::string_view text, const ProcRoot* root);
  // Is this row, counting from 0 over the lines that name a device, added up?
  bool counts(std::size_t row) const { return row < kMaxDeviceRows && counted_.test(row); }
  std::size_t counted() const { return counted_.count(); }
  // Changes when the set of counted devices changes (or their order): sums before and after do not compare.
  std::uint64_t counted_names_hash() const { return counted_names_.value(); }

 private:
  void choose(std::string_view text, const ProcRoot* root);

  DeviceKind kind_;
  bool chosen_ = false;
  std::uint64_t all_names_hash_ = 0;
  NamesHash counted_names_;
  std::bitset<kMaxDeviceRows> counted_;
};

}  // namespace epsilond::platform
