#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "agent/config/config_files.h"
#include "agent/control/agent_text.h"
#include "agent/control/doctor.h"
#include "platform/file/file_facts.h"
#include "platform/file/text_file.h"
#include "platform/kernel/proc/pid_stat.h"
#include "platform/kernel/process_files.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::FileFacts;
using platform::ProcRoot;
using platform::Result;

std::string user_text(std::uint32_t uid) { return uid == 0 ? std::string("root") : "uid " + std::to_string(uid); }

// Processor time that the running agent has used, as a share of one core.
std::string agent_cpu_text(const Patient& patient, Finding& finding) {
  const Result<ProcRoot> proc = ProcRoot::make("");
  if (!proc) return {};
  std::array<char, 1024> buffer;
  const std::ptrdiff_t got = platform::ProcessFiles(*proc).read(patient.agent_pid, "stat", buffer);
  if (got <= 0) return {};
  const Result<platform::PidStat> stat =
      platform::parse_pid_stat(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  if (!stat || !(patient.agent_uptime_s >= 1.0)) return {};
  const double ticks_per_s = static_cast<double>(sysconf(_SC_CLK_TCK));
  const double ratio =
      static_cast<double>(stat->user_ticks + stat->system_ticks) / ticks_per_s / patient.agent_uptime_s;
  finding.numbers.emplace_back("core_ratio", ratio);
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), ", %.2g %% of a core so far", 100.0 * ratio);
  return text.data();
}

void add_running(Patient& patient, DoctorReport& report) {
  const AgentLines lines = sort_lines(patient.status.lines);
  const double pid = lines.agent["pid"].number();
  if (std::isfinite(pid)) patient.agent_pid = static_cast<std::int32_t>(pid);
  patient.agent_uptime_s = lines.agent["uptime_s"].number();
  if (const Result<ProcRoot> proc = ProcRoot::make(""); proc)
    patient.agent_uid = platform::ProcessFiles(*proc).uid(patient.agent_pid);
  Finding finding{.about = "agent", .subject = "agent"};
  finding.text = "epsilond " + lines.agent["version"].text() + " answers: " + lines.agent["state"].text() + ", pid " +
                 std::to_string(patient.agent_pid);
  if (patient.agent_uid) finding.text += " of " + user_text(*patient.agent_uid);
  finding.text += ", up " + duration_text(patient.agent_uptime_s) + agent_cpu_text(patient, finding);
  report.add(std::move(finding));
  if (const double missed = lines.agent["ticks_missed"].number(); missed > 0.0)
    report.add({.health = Health::kNote,
                .about = "agent",
                .subject = "agent",
                .text = decimal_text(missed, 0) + " samples were missed: the machine was paused or short of processors",
                .numbers = {{"missed", missed}}});
  for (const RawJson& emitter : lines.emitters)
    if (const double dropped = emitter["dropped"].number(); dropped > 0.0)
      report.add({.health = Health::kNote,
                  .about = "emitter",
                  .subject = emitter["name"].text(),
                  .text = decimal_text(dropped, 0) + " events could not be sent since the agent started",
                  .numbers = {{"dropped", dropped}}});
}

// Why nobody answers at `path`.
void add_silence(const Patient& patient, const std::string& path, DoctorReport& report) {
  Finding finding{.health = Health::kNote, .about = "agent", .subject = "agent"};
  const Result<FileFacts> facts = platform::file_facts(path);
  if (path.empty()) {
    finding.text = "control = none: whether one runs is not known";
  } else if (patient.status.code == kExitPermission || (!facts && facts.error().code == ErrorCode::kPermission)) {
    finding.text = path + " may not be opened by " + user_text(geteuid());
    finding.advice = "ask as root or as a member of its group";
  } else if (!facts) {
    finding.text = "no socket at " + path + ": no agent runs, or it has another configuration";
    finding.advice = "systemctl start epsilond";
  } else if (!facts->is_socket) {
    finding.health = Health::kWrong;
    finding.text = path + " is no socket: the agent does without one";
    finding.advice = "remove it, or set [agent] control";
  } else {
    finding.health = Health::kWrong;
    finding.text = "there is a socket, but no agent behind it: " + patient.status.problem;
    finding.advice = "it was killed or hangs: see its log, and restart it";
  }
  report.add(std::move(finding));
}

// The value of KEY= in a unit file; the last one counts.
std::string unit_value(const std::string& unit, const std::string& key) {
  std::string value;
  for (std::size_t at = 0; at < unit.size();) {
    const std::size_t end = std::min(unit.find('\n', at), unit.size());
    if (unit.compare(at, key.size() + 1, key + '=') == 0)
      value = unit.substr(at + key.size() + 1, end - at - key.size() - 1);
    at = end + 1;
  }
  return value;
}

// The unit that counts: the administrator's, then the package's. Drop-ins are not looked at.
std::string installed_unit(std::string& path) {
  for (const char* directory : {"/etc/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/"}) {
    path = std::string(directory) + "epsilond.service";
    constexpr std::size_t kLargestUnit = 65536;
    if (Result<std::string> unit = platform::read_text_file(path, kLargestUnit)) return std::move(*unit);
  }
  path.clear();
  return {};
}

void add_user(const Patient& patient, DoctorReport& report) {
  const std::uint32_t own = geteuid();
  Finding finding{.about = "agent", .subject = "user", .text = "all this is seen as " + user_text(own)};
  finding.numbers = {{"uid", static_cast<double>(own)}};
  std::string path;
  const std::string user = unit_value(installed_unit(path), "User");
  if (patient.agent_uid) {
    finding.numbers.emplace_back("agent_uid", static_cast<double>(*patient.agent_uid));
    if (*patient.agent_uid == own) {
      finding.text += ", as the agent sees it";
    } else {
      finding.health = Health::kNote;
      finding.text += "; the agent is " + user_text(*patient.agent_uid) + " and may see something else";
      finding.advice = "ask as that user: setpriv --reuid=" + std::to_string(*patient.agent_uid) +
                       " --clear-groups epsilonctl doctor";
    }
  } else if (!user.empty() && own == 0) {
    finding.health = Health::kNote;
    finding.text += "; the agent would be " + user + " (" + path + ") and may see something else";
    finding.advice = "ask as that user: runuser -u " + user + " -- epsilonctl doctor";
  }
  report.add(std::move(finding));
}

}  // namespace

void examine_configuration(Patient& patient, DoctorReport& report) {
  LoadResult result = load_config(patient.config_path);
  for (const std::string& message : result.messages)
    report.add({.health = Health::kWrong,
                .about = "configuration",
                .subject = "configuration",
                .text = message,
                .advice = "until then the agent does not start, and all below is about the defaults"});
  if (!result) {
    patient.loaded = parse_config({}).loaded;
    return;
  }
  patient.loaded = std::move(result.loaded);
  std::string files;
  for (const std::string& file : patient.loaded.files) files += (files.empty() ? "" : ", ") + file;
  report.add({.about = "configuration",
              .subject = "configuration",
              .text = files.empty() ? "no " + std::string(kDefaultConfigPath) + ": the defaults" : files});
}

void examine_agent(Patient& patient, DoctorReport& report) {
  const std::string& path = patient.loaded.config.control_path;
  if (!path.empty()) ask_agent(path, "status", patient.status);
  if (patient.status.reached && patient.status.code == kExitFine)
    add_running(patient, report);
  else
    add_silence(patient, path, report);
  add_user(patient, report);
}

void examine_service(const Patient& patient, DoctorReport& report) {
  Finding finding{.about = "agent", .subject = "service"};
  std::string environment;
  if (patient.agent_pid > 0) {
    const Result<ProcRoot> proc = ProcRoot::make("");
    std::string buffer(std::size_t{1} << 17, '\0');
    const std::ptrdiff_t got = proc ? platform::ProcessFiles(*proc).read(patient.agent_pid, "environ", buffer) : -1;
    if (got < 0) return;  // not ours to see
    environment.assign(buffer, 0, static_cast<std::size_t>(got));
    for (char& c : environment)
      if (c == '\0') c = '\n';
    const std::string watchdog = unit_value(environment, "WATCHDOG_USEC");
    if (unit_value(environment, "NOTIFY_SOCKET").empty()) {
      finding.health = Health::kNote;
      finding.text = "the agent was started without a manager that listens (NOTIFY_SOCKET): no readiness, no watchdog";
      finding.advice = "Type=notify and WatchdogSec= in its unit";
    } else {
      finding.text = "its manager is told when it is ready and what it thinks (Type=notify)";
      finding.text += watchdog.empty() ? ", and has no watchdog"
                                       : "; the watchdog of " +
                                             duration_text(std::strtod(watchdog.c_str(), nullptr) * 1e-6) + " is fed";
    }
    report.add(std::move(finding));
    return;
  }
  std::string path;
  const std::string unit = installed_unit(path);
  if (path.empty()) return;
  const bool notify = unit_value(unit, "Type") == "notify";
  finding.health = notify ? Health::kOk : Health::kNote;
  finding.text = path + (notify ? ": Type=notify, WatchdogSec=" + unit_value(unit, "WatchdogSec")
                                : ": without Type=notify nobody is told when the agent is ready");
  report.add(std::move(finding));
}

}  // namespace epsilond::agent
