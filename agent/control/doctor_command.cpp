#include "agent/control/doctor_command.h"

#include <array>
#include <string>

#include "agent/control/agent_link.h"
#include "agent/control/doctor.h"
#include "agent/control/output.h"
#include "platform/host/linux_clock.h"

namespace epsilond::agent {
namespace {

constexpr std::array kSpecs = {kHelpOption, kJsonOption, OptionSpec{"config", true, 'c'}, OptionSpec{"root"}};

}  // namespace

std::string_view doctor_help() {
  return R"(usage: epsilonctl doctor [--json] [-c CONFIG] [--root DIR]

What the agent can see and do on this machine, what not and why, and what it
costs: the very files that it samples, read now; the configuration, and which
processes each [watch] section means now; the running agent and its socket,
containers and their limits, the clock, the state file, and whether each emitter
finds somebody. Nothing is sent and nothing is written.
It takes about a second.

  --json               one JSON object
  -c, --config CONFIG  the configuration of the agent (default
                       /etc/epsilond/epsilond.ini, if there)
  --root DIR           read DIR/proc and DIR/sys, as epsilond --root does
  --help               this text

Each line begins with 'ok'; 'note', worth knowing; 'off', not measured because
this machine does not tell it; or 'wrong', to be mended.
Files are read as the user who asks: ask as the agent's user to see what it
sees.

Exit: 0 nothing is wrong, 1 something is, 64 usage, 74 write error.

Examples:
  epsilonctl doctor
  runuser -u epsilond -- epsilonctl doctor
  epsilonctl doctor --json | jq -r '.findings[] | select(.health == "wrong").text'
)";
}

ExitCode run_doctor(std::span<const char* const> words, Console& console) {
  Arguments arguments;
  ExitCode code = kExitFine;
  if (!begin_link({"doctor", doctor_help(), kSpecs}, words, console, arguments, code)) return code;
  const platform::LinuxClock clock;
  Patient patient;
  patient.config_path = arguments.value("config").value_or("");
  patient.root = arguments.value("root").value_or("");
  patient.clock = &clock;
  DoctorReport report;
  examine_configuration(patient, report);
  examine_agent(patient, report);
  examine_sandbox(patient, report);
  examine_service(patient, report);
  examine_machine(patient, report);
  examine_sources(patient, report);
  examine_watches(patient, report);
  examine_clock(patient, report);
  examine_state(patient, report);
  examine_emitters(patient, report);
  console.out.write(arguments.has("json") ? report.for_machines() : report.for_people());
  Voice voice(console);
  const ExitCode flushed = flush_standard_output(console, voice);
  if (flushed != kExitFine) return flushed;
  return report.healthy() ? kExitFine : kExitSick;
}

}  // namespace epsilond::agent
