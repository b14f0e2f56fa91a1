#pragma once
// What `epsilonctl doctor` examines. Each examination adds its findings and never fails: what it cannot find out is a
// finding too. Nothing is sent, nothing is written, and no other process's command line or environment is shown.

#include <cstdint>
#include <optional>
#include <string>

#include "agent/config/config_reader.h"
#include "agent/control/agent_link.h"
#include "agent/control/doctor_report.h"
#include "agent/pipeline/feature_table.h"
#include "platform/host/clock.h"
#include "platform/kernel/surroundings.h"

namespace epsilond::agent {

// What is examined, and what one examination finds out that a later one builds on.
struct Patient {
  std::string config_path;  // -c; empty: the usual one
  std::string root;         // --root; empty: this machine
  const platform::Clock* clock = nullptr;

  LoadedConfig loaded;  // the defaults where the configuration is wrong

  // Of the running agent, as far as it answers.
  AgentReply status;
  std::int32_t agent_pid = 0;  // 0: none is known
  double agent_uptime_s = 0.0;
  std::optional<std::uint32_t> agent_uid;

  platform::Surroundings surroundings;
  MachineSize size;
};

// In this order.
void examine_configuration(Patient& patient, DoctorReport& report);
// The running agent, by its control socket; and as whom all this is seen.
void examine_agent(Patient& patient, DoctorReport& report);
// What the running agent has given up, as the kernel tells it.
void examine_sandbox(const Patient& patient, DoctorReport& report);
// Its service manager, as its environment and the unit file tell.
void examine_service(const Patient& patient, DoctorReport& report);
// A container and its limits, a proc directory that hides something, what may be seen of processes.
void examine_machine(Patient& patient, DoctorReport& report);
// The very source that the agent samples with: what can be read, what it costs, and which features come of it.
void examine_sources(Patient& patient, DoctorReport& report);
// The processes of each watched service, found and read as the agent does.
void examine_watches(const Patient& patient, DoctorReport& report);
void examine_clock(const Patient& patient, DoctorReport& report);
// By the agent's own reader.
void examine_state(const Patient& patient, DoctorReport& report);
void examine_emitters(const Patient& patient, DoctorReport& report);

}  // namespace epsilond::agent
