#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/control/doctor.h"
#include "platform/kernel/process_files.h"

namespace epsilond::agent {
namespace {

// The number behind "NAME:\t" in proc_pid_status(5).
std::optional<unsigned long long> status_number(std::string_view status, std::string_view name, int base) {
  const std::string start = "\n" + std::string(name) + ":\t";
  const std::size_t at = status.find(start);
  if (at == std::string_view::npos) return std::nullopt;
  return std::strtoull(std::string(status.substr(at + start.size(), 20)).c_str(), nullptr, base);
}

}  // namespace

void examine_sandbox(const Patient& patient, DoctorReport& report) {
  if (patient.agent_pid <= 0) return;
  const platform::Result<platform::ProcRoot> proc = platform::ProcRoot::make("");
  if (!proc) return;
  std::array<char, 8192> buffer;
  const std::ptrdiff_t got = platform::ProcessFiles(*proc).read(patient.agent_pid, "status", buffer);
  if (got <= 0) return;
  const std::string_view status(buffer.data(), static_cast<std::size_t>(got));
  const unsigned long long capabilities = status_number(status, "CapEff", 16).value_or(0);
  const bool privileges = status_number(status, "NoNewPrivs", 10).value_or(1) == 0;
  constexpr unsigned long long kFiltered = 2;
  const bool all_calls = status_number(status, "Seccomp", 10).value_or(0) != kFiltered;
  constexpr unsigned long long kTracing = 1ULL << 19U;  // CAP_SYS_PTRACE, deliberately

  Finding finding{.about = "agent", .subject = "sandbox"};
  const auto add = [&finding](std::string_view words) {
    finding.text += (finding.text.empty() ? "the agent has " : ", ") + std::string(words);
  };
  add(capabilities == 0          ? "no capabilities"
      : capabilities == kTracing ? "no capability but CAP_SYS_PTRACE, which lets it see who reads and writes"
                                 : "capabilities");
  add(privileges ? "a way to new privileges" : "no way to new privileges");
  add(all_calls ? "all system calls" : "few system calls");
  if ((capabilities & ~kTracing) != 0 || privileges || all_calls) {
    finding.health = Health::kNote;
    finding.advice = patient.loaded.config.sandbox ? "the line \"sandbox:\" in its log says why, and what files it has"
                                                   : "[agent] sandbox = auto";
  }
  if (patient.agent_uid == 0U && finding.health == Health::kOk) {
    finding.health = Health::kNote;
    finding.text += ", but is root";
    finding.advice = "the line \"sandbox:\" in its log says why";
  }
  report.add(std::move(finding));
}

}  // namespace epsilond::agent
