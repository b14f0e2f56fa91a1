#include "platform/kernel/surroundings.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "platform/file/text_file.h"
#include "platform/kernel/proc/mounts.h"

namespace epsilond::platform {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;

// "" where it cannot be read.
std::string text_at(const std::string& path) {
  Result<std::string> text = read_text_file(path, kLargestFile);
  return text ? std::move(*text) : std::string();
}

std::string text_in(const ProcRoot& proc, const char* path) {
  std::string buffer(kLargestFile, '\0');
  const Result<std::string_view> text = proc.read_small_file(path, buffer);
  return text ? std::string(*text) : std::string();
}

bool exists(const std::string& path) { return static_cast<bool>(read_text_file(path, 1)); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

void look_for_container(const ProcRoot& proc, const std::string& root, Surroundings& found) {
  const auto tell = [&found](std::string_view kind, const char* sign) {
    if (!found.container.empty() || kind.empty()) return;
    found.container = kind;
    found.container_sign = sign;
  };
  found.first_pid_namespace = proc.sees_all_pid_namespaces();
  tell(trimmed(text_at(root + "/run/systemd/container")), "/run/systemd/container");
  tell(exists(root + "/run/.containerenv") ? "podman" : "", "/run/.containerenv");
  const std::string first_process = text_in(proc, "1/environ");
  tell(value_in(first_process, "container"), "the environment of process 1");
  tell(exists(root + "/.dockerenv") ? "docker" : "", "/.dockerenv");
  for (const Surroundings::StandIn& file : found.stand_ins) tell(file.type == "fuse.lxcfs" ? "lxc" : "", "lxcfs");
  tell(proc.is_host() && !found.first_pid_namespace ? "container" : "", "a process list of its own (pid namespace)");
}

void look_at_mounts(const ProcRoot& proc, std::int32_t pid, Surroundings& found) {
  std::string mounts;
  if (pid > 0) mounts = text_in(proc, (std::to_string(pid) + "/mounts").c_str());
  // With subset=pid there is no other; a tree of files may have no process of ours.
  if (mounts.empty()) mounts = text_in(proc, "self/mounts");
  if (mounts.empty()) mounts = text_in(proc, "mounts");
  ProcMount mount = parse_proc_mount(mounts, proc.path());
  if (!mount.found) mount = parse_proc_mount(mounts, ProcRoot::kHostPath);
  found.hidepid = mount.hidepid;
  found.hidepid_gid = mount.gid;
  found.only_processes = mount.only_processes;
  for (const ProcMount::StandIn& file : mount.stand_ins)
    found.stand_ins.push_back({std::string(file.path), std::string(file.type)});
}

// The path of the unified hierarchy: what follows "0::".
std::string own_group(const ProcRoot& proc) {
  const std::string text = text_in(proc, "self/cgroup");
  const std::size_t at = text.starts_with("0::") ? 0 : text.find("\n0::");
  if (at == std::string::npos) return "/";
  const std::size_t begin = text.find("::", at) + 2;
  return text.substr(begin, text.find('\n', begin) - begin);
}

void take_lower(std::optional<double> value, const std::string& file, std::optional<Surroundings::Limit>& limit) {
  if (value && (!limit || *value < limit->value)) limit = Surroundings::Limit{*value, file};
}

void look_at_group(const std::string& root, const std::string& group, Surroundings& found) {
  take_lower(parse_cpu_max(text_at(root + group + "/cpu.max")), group + "/cpu.max", found.processors);
  take_lower(parse_memory_max(text_at(root + group + "/memory.max")), group + "/memory.max", found.memory_bytes);
}

void look_at_limits(const ProcRoot& proc, const std::string& root, Surroundings& found) {
  const std::string groups = "/sys/fs/cgroup";
  const bool in_container = !found.container.empty() && !found.first_pid_namespace;
  for (const std::string& top : {groups, groups + "/unified"}) {
    look_at_group(root, top, found);
    if (!in_container) continue;
    const std::string own = own_group(proc);
    for (std::size_t end = own.find('/', 1); own.size() > 1; end = own.find('/', end + 1)) {
      look_at_group(root, top + own.substr(0, end), found);
      if (end == std::string::npos) break;
    }
  }
  // The older hierarchies, as a container sees its own.
  const std::string quota = groups + "/cpu/cpu.cfs_quota_us";
  const std::string period = text_at(root + groups + "/cpu/cpu.cfs_period_us");
  take_lower(parse_cpu_max(std::string(trimmed(text_at(root + quota))) + ' ' + period), quota, found.processors);
  const std::string memory = groups + "/memory/memory.limit_in_bytes";
  take_lower(parse_memory_max(text_at(root + memory)), memory, found.memory_bytes);
}

// A positive decimal integer at the front of `text`, which is cut off.
std::optional<double> take_count(std::string_view& text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count == 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return static_cast<double>(count);
}

}  // namespace

std::string_view value_in(std::string_view environment, std::string_view name) {
  while (!environment.empty()) {
    const std::size_t end = std::min(environment.find('\0'), environment.size());
    const std::string_view entry = environment.substr(0, end);
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      return entry.substr(name.size() + 1);
    environment.remove_prefix(std::min(end + 1, environment.size()));
  }
  return {};
}

std::optional<double> parse_cpu_max(std::string_view text) {
  const std::optional<double> quota = take_count(text);
  if (!quota || !text.starts_with(' ')) return std::nullopt;
  text.remove_prefix(1);
  const std::optional<double> period = take_count(text);
  if (!period || !trimmed(text).empty()) return std::nullopt;
  return *quota / *period;
}

std::optional<double> parse_memory_max(std::string_view text) {
  const std::optional<double> bytes = take_count(text);
  if (!bytes || !trimmed(text).empty()) return std::nullopt;
  return bytes;
}

Surroundings look_around(const ProcRoot& proc, const std::string& root, std::int32_t pid) {
  const std::string prefix = proc.is_host() ? std::string() : root;
  Surroundings found;
  look_at_mounts(proc, pid, found);
  look_for_container(proc, prefix, found);
  look_at_limits(proc, prefix, found);
  return found;
}

}  // namespace epsilond::platform
