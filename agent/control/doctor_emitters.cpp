#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

void add_textfile(const std::string& path, DoctorReport& report) {
  const std::string directory = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  Finding finding{.about = "emitter", .subject = "textfile " + path, .text = directory + " can be written to"};
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    finding.health = Health::kWrong;
    finding.text = directory + ": " + std::strerror(errno);
    finding.advice = "make it, and let the user of the agent write there";
  } else if (!path.ends_with(".prom")) {
    finding.health = Health::kNote;
    finding.text += "; node_exporter reads only files whose name ends in .prom";
  }
  report.add(std::move(finding));
}

}  // namespace

void examine_emitters(const Patient& patient, DoctorReport& report) {
  const std::vector<std::unique_ptr<Emitter>> emitters = make_emitters(patient.loaded.config, *patient.clock, -1);
  for (const std::unique_ptr<Emitter>& emitter : emitters) add_emitter(*emitter, report);
  for (const EmitterConfig& emitter : patient.loaded.config.emitters)
    if (emitter.kind == EmitterKind::kTextfile) add_textfile(emitter.path, report);
  if (!emitters.empty()) return;
  report.add({.health = Health::kNote,
              .about = "emitter",
              .subject = "emitters",
              .text = "no [emit ...] section for events: they go to the standard output of the agent only",
              .advice = "[emit syslog] or [emit journal] tells somebody"});
}

}  // namespace epsilond::agent
