#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "agent/control/doctor.h"
#include "agent/pipeline/wiring.h"
#include "platform/kernel/process_files.h"

namespace epsilond::agent {
namespace {

using platform::HostSample;
using platform::ProcRoot;
using platform::Result;
using platform::SampleField;
using platform::Surroundings;

std::string bytes_text(double bytes) {
  constexpr double kMiB = 1024.0 * 1024.0;
  std::array<char, 40> text;
  if (bytes < 10 * 1024 * kMiB)
    std::snprintf(text.data(), text.size(), "%.0f MiB", bytes / kMiB);
  else
    std::snprintf(text.data(), text.size(), "%.1f GiB", bytes / kMiB / 1024.0);
  return text.data();
}

std::string number_text(double value) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

void add_container(const Surroundings& found, DoctorReport& report) {
  Finding finding{.about = "machine", .subject = "container"};
  if (found.container.empty()) {
    finding.text = "no sign of one";
  } else if (found.first_pid_namespace) {
    finding.health = Health::kNote;
    finding.text = found.container_sign + " says " + found.container +
                   ", but all processes of the machine are seen: it was made from an image, or shares them";
  } else {
    finding.health = Health::kNote;
    finding.text = "this is one (" + found.container + ", by " + found.container_sign +
                   "): load, CPU, disks and pressure are those of the whole machine unless lxcfs stands in; "
                   "processes are those of the container";
    finding.advice = "to watch the machine run the agent on it, or mount it here and use --root";
  }
  report.add(std::move(finding));
}

// Is it a file that the agent samples, or a directory of such?
bool is_sampled(std::string_view path, std::span<const platform::SourcePart> parts) {
  return std::any_of(parts.begin(), parts.end(), [path](const platform::SourcePart& part) {
    return part.name.starts_with(path) && (part.name.size() == path.size() || part.name[path.size()] == '/');
  });
}

void add_stand_ins(const Surroundings& found, std::span<const platform::SourcePart> parts, DoctorReport& report) {
  for (const Surroundings::StandIn& file : found.stand_ins) {
    // A part of proc itself is mounted there to make it read-only.
    if (file.type == "proc" || !is_sampled(file.path, parts)) continue;
    report.add({.health = Health::kNote,
                .about = "machine",
                .subject = file.path,
                .text = file.type == "fuse.lxcfs" ? "lxcfs stands in for the kernel: numbers of the container"
                                                  : file.type + " is mounted over it: not what the kernel says"});
  }
}

// A limit of the control group that the kernel's own files do not show: what they tell is not what may be used.
void add_limits(const Surroundings& found, const HostSample& sample, DoctorReport& report) {
  const auto is_below = [&sample](const std::optional<Surroundings::Limit>& limit, SampleField field) {
    return limit && sample.has(field) && limit->value < sample.value(field);
  };
  if (is_below(found.processors, SampleField::kCpuCount))
    report.add({.health = Health::kNote,
                .about = "machine",
                .subject = "processors",
                .text = "the control group may use " + number_text(found.processors->value) + " of the " +
                        number_text(sample.value(SampleField::kCpuCount)) + " that the kernel shows (" +
                        found.processors->file + "): cpu_* and load are shares of all of them",
                .advice = "cpu.stat beside that file counts how often it is throttled",
                .numbers = {{"limit", found.processors->value}}});
  if (is_below(found.memory_bytes, SampleField::kMemTotalBytes))
    report.add({.health = Health::kNote,
                .about = "machine",
                .subject = "memory",
                .text = "the control group may use " + bytes_text(found.memory_bytes->value) + " of the " +
                        bytes_text(sample.value(SampleField::kMemTotalBytes)) + " that meminfo shows (" +
                        found.memory_bytes->file + "): mem_* do not show how near the limit is",
                .advice = "lxcfs makes meminfo show the limit",
                .numbers = {{"limit_bytes", found.memory_bytes->value}}});
}

void add_hidden(const Surroundings& found, DoctorReport& report) {
  if (found.only_processes)
    report.add({.health = Health::kWrong,
                .about = "machine",
                .subject = "proc",
                .text = "mounted with subset=pid: nothing about the whole machine can be read",
                .advice = "remove ProcSubset=pid from the unit of the agent, or mount proc without it"});
  if (!found.hidepid.empty())
    report.add({.health = Health::kNote,
                .about = "machine",
                .subject = "proc",
                .text = "mounted with hidepid=" + found.hidepid +
                        ": without CAP_SYS_PTRACE the agent sees its own processes only",
                .advice = found.hidepid_gid.empty() ? "mount it with gid=GROUP and put the agent in that group"
                                                    : "group " + found.hidepid_gid + " sees them all"});
}

// How much of what names a culprit may be seen: storage bytes of other users' processes.
void add_processes(const ProcRoot& proc, DoctorReport& report) {
  constexpr std::size_t kMostProcesses = 512;
  const platform::ProcessFiles files(proc);
  platform::PidList list(proc);
  std::size_t seen = 0;
  std::size_t with_io = 0;
  while (seen < kMostProcesses) {
    const std::optional<std::int32_t> pid = list.next();
    if (!pid) break;
    ++seen;
    with_io += files.io(*pid) ? 1U : 0U;
  }
  Finding finding{
      .about = "machine",
      .subject = "processes",
      .text = "bytes read and written may be seen of " + std::to_string(with_io) + " of " + std::to_string(seen),
      .numbers = {{"seen", static_cast<double>(seen)}, {"with_io", static_cast<double>(with_io)}}};
  if (with_io * 2 < seen) {
    finding.health = Health::kOff;
    finding.text += ": behind disk features processes are named by their processor time";
    finding.advice = "let the agent have CAP_SYS_PTRACE, epsilond(8)";
  }
  report.add(std::move(finding));
}

}  // namespace

void examine_machine(Patient& patient, DoctorReport& report) {
  const Result<ProcRoot> proc = ProcRoot::make(patient.root);
  if (!proc) return;  // which examine_sources() says
  patient.surroundings = platform::look_around(*proc, patient.root, patient.root.empty() ? patient.agent_pid : 0);
  add_container(patient.surroundings, report);
  const auto source = make_source(patient.loaded.config, patient.root, *patient.clock);
  if (source) add_stand_ins(patient.surroundings, (*source)->parts(), report);
  add_hidden(patient.surroundings, report);
  add_processes(*proc, report);
  HostSample sample;
  if (source && (*source)->read(sample)) add_limits(patient.surroundings, sample, report);
}

}  // namespace epsilond::agent
