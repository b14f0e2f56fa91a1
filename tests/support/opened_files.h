#pragma once
// Which files of a directory are opened, by whomever: inotify(7).

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include "platform/unique_fd.h"

namespace epsilond::tests {

class OpenedFiles {
 public:
  // From now on, what stands in `directory` itself, directories included. May be called for several.
  void watch(const std::string& directory) {
    if (::inotify_add_watch(events_.get(), directory.c_str(), IN_OPEN) < 0) failed_ = true;
  }
  bool works() const { return events_.valid() && !failed_; }

  // Forgets what was opened until now.
  void forget() {
    read();
    names_.clear();
  }
  bool has(const std::string& name) {
    read();
    return names_.contains(name);
  }
  // So many names begin like this.
  std::size_t count(std::string_view prefix) {
    read();
    return static_cast<std::size_t>(std::count_if(
        names_.begin(), names_.end(), [prefix](const std::string& name) { return name.starts_with(prefix); }));
  }

 private:
  void read() {
    alignas(inotify_event) char buffer[4096];
    for (ssize_t got = 0; (got = ::read(events_.get(), buffer, sizeof buffer)) > 0;) {
      for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
        const auto* const event = reinterpret_cast<const inotify_event*>(buffer + at);
        if (event->len > 0) names_.insert(event->name);
        at += sizeof(inotify_event) + event->len;
      }
    }
  }

  platform::UniqueFd events_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  std::set<std::string> names_;
  bool failed_ = false;
};

}  // namespace epsilond::tests
