#include <chrono>

#include "agent/control/doctor.h"
#include "platform/host/clock_state.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::Result;

constexpr double kWorthTelling = 1.0;  // seconds

}  // namespace

void examine_clock(const Patient& patient, DoctorReport& report) {
  const Result<platform::ClockState> state = platform::clock_state();
  Finding finding{.about = "clock", .subject = "clock"};
  if (!state) {
    finding.health = Health::kNote;
    finding.text = "whether it is synchronised may not be asked here: ";
    finding.text += state.error().context.view();
  } else if (state->synchronised) {
    finding.text = "synchronised, within " + cost_text(state->most_error_s * 1e6);
  } else {
    finding.health = Health::kNote;
    finding.text = "nothing keeps it right: the times of events, and what is usual at this hour, may be off";
    finding.advice = "run chrony or systemd-timesyncd";
  }
  report.add(std::move(finding));

  const double asleep = platform::seconds_of(patient.clock->since_boot() - patient.clock->monotonic());
  Finding sleep{.about = "clock", .subject = "suspend", .numbers = {{"asleep_s", asleep}}};
  if (asleep > kWorthTelling) {
    sleep.health = Health::kNote;
    sleep.text = "this machine has slept for " + duration_text(asleep) +
                 " since it booted: after each sleep nothing new is raised for a while (grace)";
  } else {
    sleep.text = "never since it booted; a pause by the hypervisor shows as missed samples or as a clock that was set";
  }
  report.add(std::move(sleep));

  const std::chrono::seconds offset = patient.clock->utc_offset(patient.clock->wall());
  std::string text = "hours of the day and mutes are those of UTC";
  if (offset.count() != 0) {
    const long minutes = static_cast<long>(offset.count() / 60);
    const long size = minutes < 0 ? -minutes : minutes;
    text += minutes < 0 ? '-' : '+';
    text += std::to_string(size / 60) + ':' + (size % 60 < 10 ? "0" : "") + std::to_string(size % 60);
  }
  report.add({.about = "clock", .subject = "time zone", .text = text});
}

}  // namespace epsilond::agent
