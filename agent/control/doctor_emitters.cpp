#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "agent/control/doctor.h"
#include "agent/pipeline/wiring.h"
#include "platform/emit/emitter.h"

namespace epsilond::agent {
namespace {

using platform::Emitter;
using platform::ErrorCode;
using platform::Result;

void add_emitter(Emitter& emitter, DoctorReport& report) {
  Finding finding{.about = "emitter", .subject = std::string(emitter.name())};
  const Result<void> reached = emitter.reach();
  if (reached) {
    finding.text = "can be sent to; whether what is sent arrives was not tried";
  } else if (reached.error().code == ErrorCode::kUnsupported) {
    finding.health = Health::kNote;
    finding.text = reached.error().context.view();
  } else {
    finding.health = Health::kWrong;
    finding.text = reached.error().context.view();
    if (const int error = reached.error().system_errno; error != 0)
      finding.text += std::string(": ") + std::strerror(error);
    finding.advice = reached.error().code == ErrorCode::kPermission
                         ? "let the user of the agent write there"
                         : "start what listens there, or correct its [emit] section";
  }
  report.add(std::move(finding));
}

}  // namespace

void examine_emitters(const Patient& patient, DoctorReport& report) {
  const std::vector<std::unique_ptr<Emitter>> emitters = make_emitters(patient.loaded.config, *patient.clock, -1);
  for (const std::unique_ptr<Emitter>& emitter : emitters) add_emitter(*emitter, report);
  if (!emitters.empty()) return;
  report.add({.health = Health::kNote,
              .about = "emitter",
              .subject = "emitters",
              .text = "no [emit ...] section: events go to the standard output of the agent only",
              .advice = "[emit syslog] or [emit journal] tells somebody"});
}

}  // namespace epsilond::agent
