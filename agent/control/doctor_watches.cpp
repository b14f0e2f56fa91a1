#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/config_keys.h"
#include "agent/config/config_store.h"
#include "agent/control/doctor.h"
#include "agent/watch/watch_table.h"
#include "platform/kernel/proc/pid_stat.h"
#include "platform/kernel/process_files.h"
#include "platform/kernel/process_table.h"
#include "platform/watch/cgroup_files.h"
#include "platform/watch/service_reader.h"

namespace epsilond::agent {
namespace {

using platform::MatchKind;
using platform::ProcessFiles;
using platform::ProcRoot;
using platform::Result;
using platform::ServiceReader;
using platform::TreeMember;

constexpr std::size_t kNamedProcesses = 4;

std::string match_text(WatchConfig watch) {
  return format_value(*find_key(SectionKind::kWatch, "match"), {.watch = &watch});
}

std::string comm_of(const ProcessFiles& files, std::int32_t pid) {
  std::array<char, 1024> buffer;
  const std::ptrdiff_t got = files.read(pid, "stat", buffer);
  if (got <= 0) return "?";
  const Result<platform::PidStat> stat =
      platform::parse_pid_stat(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  return stat ? std::string(stat->comm) : "?";
}

// "nginx[812], nginx[813] and 3 more, in nginx.service".
std::string processes_text(const ProcessFiles& files, std::span<const TreeMember> members) {
  std::string text;
  std::string unit;
  bool one_unit = true;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::int32_t pid = members[i].who.pid;
    const std::string own(files.unit(pid).view());
    if (i == 0) unit = own;
    one_unit = one_unit && own == unit;
    if (i < kNamedProcesses) text += (i > 0 ? ", " : "") + comm_of(files, pid) + '[' + std::to_string(pid) + ']';
  }
  if (members.size() > kNamedProcesses) text += " and " + std::to_string(members.size() - kNamedProcesses) + " more";
  if (one_unit && !unit.empty()) text += ", in " + unit;
  return text;
}

// Why there is no process, and what to do about it.
void explain_absence(const ProcRoot& proc, const WatchConfig& watch, const ServiceReader& reader, Finding& finding) {
  finding.health = Health::kOff;
  finding.advice = "its features are absent until it runs";
  const std::string& name = watch.match.text;
  switch (watch.match.kind) {
    case MatchKind::kComm:
      finding.text += "no process is called \"" + name + "\" now";
      finding.advice += "; 'ps -e -o comm' shows names as the kernel has them, cut at 15 bytes";
      break;
    case MatchKind::kCgroup:
      finding.text +=
          platform::CgroupFiles(proc, name).open() ? "no process is in it now" : "there is no such control group now";
      finding.advice += "; 'systemd-cgls' or 'systemctl show -p ControlGroup UNIT' show their paths";
      break;
    case MatchKind::kPidFile:
      finding.text +=
          reader.pid_file() ? "the process of this number does not run" : reader.pid_file().error().context.c_str();
      break;
  }
}

// What the service does not tell us, beside what its kind never has; and what it was not asked for.
void add_missing(const WatchConfig& watch, const ServiceReader& reader, Finding& finding) {
  std::vector<std::string_view> unasked;
  for (std::size_t i = 0; i < kWatchFeatureCount; ++i) {
    const std::string_view name = watch_features()[i].name;
    const bool possible = !needs_cgroup(i) || watch.match.kind == MatchKind::kCgroup;
    if (!watch.features[i] && possible) unasked.push_back(name);
    if (watch.features[i] && !reader.usage().has(usage_field(i))) finding.features.push_back(name);
  }
  finding.text += "; " + std::to_string(watch.features.count()) + " features";
  if (!unasked.empty()) finding.text += ", those left out are " + names_text(unasked);
  if (finding.features.empty()) return;
  finding.health = Health::kOff;
  finding.text += "; absent: " + names_text(finding.features);
  finding.advice =
      "of other users' processes they may be seen by root or with CAP_SYS_PTRACE, epsilond(8); else this "
      "kernel does not tell them";
}

void add_watch(const Patient& patient, const ProcRoot& proc, const WatchConfig& watch, DoctorReport& report) {
  ServiceReader reader(proc, watch.match, patient.root, platform::thread_cpu_time);
  if (reader.needs_passes()) static_cast<void>(reader.find());
  reader.read(patient.clock->since_boot());
  reader.tree().read_all_memory();
  const std::chrono::nanoseconds before = platform::thread_cpu_time();
  reader.read(patient.clock->since_boot());
  const double cost_us = std::chrono::duration<double, std::micro>(platform::thread_cpu_time() - before).count();
  Finding finding{.about = "watch", .subject = "[watch " + watch.name + ']', .text = match_text(watch) + ": "};
  if (!reader.is_there()) {
    explain_absence(proc, watch, reader, finding);
    finding.numbers = {{"processes", 0.0}};
    report.add(std::move(finding));
    return;
  }
  const std::span<const TreeMember> members = reader.tree().members();
  finding.text += processes_text(ProcessFiles(proc), members) + "; " + cost_text(cost_us) + " a reading";
  finding.numbers = {{"processes", static_cast<double>(members.size())}, {"cpu_us", cost_us}};
  add_missing(watch, reader, finding);
  if (reader.overflowed()) {
    finding.health = Health::kNote;
    finding.text += "; there are more, which are not counted";
  }
  report.add(std::move(finding));
}

}  // namespace

void examine_watches(const Patient& patient, DoctorReport& report) {
  const Result<ProcRoot> proc = ProcRoot::make(patient.root);
  if (!proc) return;  // which examine_sources() says
  for (const WatchConfig& watch : patient.loaded.config.watches) add_watch(patient, *proc, watch, report);
}

}  // namespace epsilond::agent
