#include "platform/kernel/proc/device_rows.h"

#include <algorithm>
#include <array>
#include <optional>

#include "platform/kernel/field_cursor.h"

namespace epsilond::platform {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

// "md127" has the prefix "md", "mdadm" has not: a number, or a further separator and anything, must follow.
bool is_numbered(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.size() == prefix.size()) return false;
  return is_digit(name[prefix.size()]);
}

template <std::size_t N>
bool is_numbered_any(std::string_view name, const std::array<std::string_view, N>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [name](std::string_view p) { return is_numbered(name, p); });
}

// "nvme0c1n1" is one path of the multipath disk "nvme0n1", which counts the same bytes.
bool is_nvme_path(std::string_view name) {
  if (!is_numbered(name, "nvme")) return false;
  name.remove_prefix(std::string_view("nvme").size());
  while (!name.empty() && is_digit(name.front())) name.remove_prefix(1);
  return is_numbered(name, "c");
}

// sys/DIRECTORY/NAME/device, or an empty string for a name that cannot be such a path. The kernel writes '/' in the
// name of a disk as '!' in sys (cciss/c0d0).
FixedString<96> device_link(DeviceKind kind, std::string_view name) {
  FixedString<96> path(kind == DeviceKind::kDisk ? "block/" : "class/net/");
  if (name.empty() || name.front() == '.' || name.size() > 64) return {};
  for (const char c : name) {
    const char written = c == '/' ? '!' : c;
    path.append(std::string_view(&written, 1));
  }
  path.append("/device");
  return path;
}

}  // namespace

bool is_partition_of(std::string_view name, std::string_view disk) {
  if (disk.empty() || !name.starts_with(disk)) return false;
  std::string_view suffix = name.substr(disk.size());
  if (is_digit(disk.back())) {
    if (!suffix.starts_with('p')) return false;
    suffix.remove_prefix(1);
  }
  return all_digits(suffix);
}

DeviceLayer disk_layer(std::string_view name, std::string_view disk) {
  constexpr std::array<std::string_view, 5> kNeverCounted = {"loop", "ram", "zram", "sr", "fd"};
  constexpr std::array<std::string_view, 3> kOverOthers = {"nbd", "bcache", "drbd"};
  if (is_numbered_any(name, kNeverCounted) || is_nvme_path(name) || is_partition_of(name, disk))
    return DeviceLayer::kNever;
  if (is_numbered(name, "dm-")) return DeviceLayer::kTop;
  if (is_numbered(name, "md") || name.starts_with("md_")) return DeviceLayer::kStacked;
  return is_numbered_any(name, kOverOthers) ? DeviceLayer::kUnknown : DeviceLayer::kHardware;
}

DeviceLayer interface_layer(std::string_view name) {
  constexpr std::array<std::string_view, 13> kStacked = {"br",  "bond", "team", "docker", "virbr", "tun",  "tap",
                                                         "ifb", "vnet", "wg",   "vlan",   "dummy", "lxcbr"};
  if (name == "lo") return DeviceLayer::kNever;
  if (is_numbered_any(name, kStacked)) return DeviceLayer::kStacked;
  // Docker's bridges, the host's end of containers' cables, and VLANs such as eth0.100.
  if (name.starts_with("br-") || name.starts_with("veth") || name.find('.') != std::string_view::npos)
    return DeviceLayer::kStacked;
  return DeviceLayer::kHardware;
}

std::string_view device_name(DeviceKind kind, std::string_view line) {
  if (kind == DeviceKind::kInterface) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    return FieldCursor(line.substr(0, colon)).next().value_or(std::string_view());
  }
  FieldCursor fields(line);
  return fields.skip_fields(2) ? fields.next().value_or(std::string_view()) : std::string_view();
}

void NamesHash::add(std::string_view name) {
  hash_.add(name);
  hash_.add("\n");  // so that "a", "bc" differs from "ab", "c": no name holds a line feed
}

Result<void> DeviceRows::update(std::string_view text, const ProcRoot* root) {
  NamesHash names;
  std::size_t rows = 0;
  LineCursor lines(text);
  while (const std::optional<std::string_view> line = lines.next()) {
    const std::string_view name = device_name(kind_, *line);
    if (name.empty()) continue;
    names.add(name);
    ++rows;
  }
  if (rows > kMaxDeviceRows)
    return make_error(ErrorCode::kTooLarge, 0, "%s: more than %zu devices",
                      kind_ == DeviceKind::kDisk ? "diskstats" : "net/dev", kMaxDeviceRows);
  if (chosen_ && names.value() == all_names_hash_) return {};
  choose(text, root);
  all_names_hash_ = names.value();
  chosen_ = true;
  return {};
}

DeviceLayer device_layer(DeviceKind kind, std::string_view name, std::string_view disk, const ProcRoot* root) {
  const DeviceLayer by_name = kind == DeviceKind::kDisk ? disk_layer(name, disk) : interface_layer(name);
  if (by_name == DeviceLayer::kNever || root == nullptr) return by_name;
  if (!root->sys_has(kind == DeviceKind::kDisk ? "block" : "class/net")) return by_name;
  const FixedString<96> link = device_link(kind, name);
  if (!link.empty() && root->sys_has(link.c_str())) return DeviceLayer::kHardware;
  return by_name == DeviceLayer::kHardware ? DeviceLayer::kUnknown : by_name;
}

void DeviceRows::choose(std::string_view text, const ProcRoot* root) {
  // Two rounds over the same rows: the first finds the lowest layer, the second marks its rows.
  DeviceLayer lowest = DeviceLayer::kNever;
  counted_.reset();
  counted_names_ = NamesHash();
  for (const bool mark : {false, true}) {
    std::string_view disk;
    std::size_t row = 0;
    LineCursor lines(text);
    while (const std::optional<std::string_view> line = lines.next()) {
      const std::string_view name = device_name(kind_, *line);
      if (name.empty()) continue;
      const DeviceLayer layer = device_layer(kind_, name, disk, root);
      if (!is_partition_of(name, disk)) disk = name;
      if (!mark) {
        lowest = std::min(lowest, layer);
      } else if (layer == lowest && layer != DeviceLayer::kNever) {
        counted_.set(row);
        counted_names_.add(name);
      }
      ++row;
    }
  }
}

}  // namespace epsilond::platform
