#include "platform/kernel/proc/mounts.h"

#include <algorithm>

namespace epsilond::platform {
namespace {

// Cuts off what is before `separator`, and the separator.
std::string_view next_word(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

bool take_option(std::string_view option, std::string_view name, std::string_view& value) {
  if (!option.starts_with(name)) return false;
  value = option.substr(name.size());
  return true;
}

void read_options(std::string_view options, ProcMount& mount) {
  while (!options.empty()) {
    const std::string_view option = next_word(options, ',');
    std::string_view subset;
    if (take_option(option, "hidepid=", mount.hidepid)) {
      if (mount.hidepid == "0" || mount.hidepid == "off") mount.hidepid = {};
    } else if (take_option(option, "subset=", subset)) {
      mount.only_processes = subset == "pid";
    } else {
      take_option(option, "gid=", mount.gid);
    }
  }
}

}  // namespace

ProcMount parse_proc_mount(std::string_view mounts, std::string_view mount_point) {
  ProcMount mount;
  while (!mounts.empty()) {
    std::string_view line = next_word(mounts, '\n');
    next_word(line, ' ');
    const std::string_view point = next_word(line, ' ');
    const std::string_view type = next_word(line, ' ');
    const std::string_view options = next_word(line, ' ');
    if (options.empty()) continue;
    if (point == mount_point) {
      mount = ProcMount();
      mount.found = true;
      read_options(options, mount);
    } else if (point.size() > mount_point.size() && point.starts_with(mount_point) &&
               point[mount_point.size()] == '/') {
      mount.stand_ins.push_back({point.substr(mount_point.size() + 1), type});
    }
  }
  return mount;
}

}  // namespace epsilond::platform
