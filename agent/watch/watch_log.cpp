#include "agent/watch/watch_log.h"

#include "agent/log.h"

namespace epsilond::agent {

using platform::ErrorCode;
using platform::ProcessTree;
using platform::ServiceReader;
using platform::UsageField;

bool WatchLog::Said::is_news(bool now) {
  if (silent_for > 0) --silent_for;
  if (now == last || silent_for > 0) return false;
  last = now;
  silent_for = kReportsBetween;
  return true;
}

void WatchLog::report(const WatchConfig& config, const ServiceReader& reader) {
  const char* const name = config.name.c_str();
  const ProcessTree& tree = reader.tree();
  const bool bad_pid_file = !reader.pid_file() && reader.pid_file().error().code != ErrorCode::kNotFound;
  if (pid_file_.is_news(bad_pid_file) && bad_pid_file)
    log_line(LogLevel::kWarning, "watch %s: %s: %s", name, config.match.text.c_str(),
             reader.pid_file().error().context.c_str());
  if (!tree.looked() || tree.is_unsure()) return;
  if (there_.is_news(reader.is_there()) || !knows_service_) {
    knows_service_ = true;
    if (there_.last)
      log_line(LogLevel::kInfo, "watch %s: runs, %zu process%s", name, tree.processes(),
               tree.processes() == 1 ? "" : "es");
    else
      log_line(LogLevel::kInfo, "watch %s: does not run: its features are absent", name);
  }
  if (overflow_.is_news(reader.overflowed()) && overflow_.last)
    log_line(LogLevel::kWarning, "watch %s: more than %zu processes or %zu control groups: those beyond are not counted",
             name, ProcessTree::kMostProcesses, platform::CgroupFiles::kMostGroups);
  const auto tell_denied = [&](Said& said, UsageField field, const char* features) {
    if (said.is_news(tree.denied(field)) && said.last)
      log_line(LogLevel::kWarning, "watch %s: may not look into all its processes: %s absent", name, features);
  };
  tell_denied(io_denied_, UsageField::kReadBytes, "rchar, wchar, read_bytes and write_bytes per second are");
  tell_denied(pss_denied_, UsageField::kPssBytes, "pss_bytes is");
  tell_denied(descriptors_denied_, UsageField::kDescriptors, "descriptors is");
  if (too_large_.is_news(tree.memory_too_large()) && too_large_.last)
    log_line(LogLevel::kWarning, "watch %s: a process is too large to measure in time: pss_bytes and swap_bytes are absent",
             name);
}

}  // namespace epsilond::agent
