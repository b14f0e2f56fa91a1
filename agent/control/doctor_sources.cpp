#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <span>

#include "agent/config/config_values.h"
#include "agent/control/doctor.h"
#include "agent/pipeline/wiring.h"
#include "platform/kernel/process_table.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::ErrorCode;
using platform::HostSample;
using platform::HostSource;
using platform::Result;
using platform::SampleField;
using platform::SourcePart;

// Readings with a pause between them, as the agent takes them: back to back they would be found in the caches.
constexpr std::size_t kRounds = 9;
constexpr timespec kPause{0, 100'000'000};

double median(std::array<double, kRounds> values) {
  std::nth_element(values.begin(), values.begin() + kRounds / 2, values.end());
  return values[kRounds / 2];
}

// Processor time of this thread that `work` takes, in microseconds.
template <typename Work>
double cost_us(Work work) {
  const std::chrono::nanoseconds begin = platform::thread_cpu_time();
  work();
  return std::chrono::duration<double, std::micro>(platform::thread_cpu_time() - begin).count();
}

// What two readings of everything tell, and what a reading costs.
struct Measured {
  HostSample first;
  HostSample last;
  std::vector<SourcePart> parts;  // of the last reading
  std::vector<double> part_us;
  double whole_us = 0.0;
  double scan_delay_s = 0.0;
  Readings readings;
};

// Each part alone, and all together, as the agent would with its budget.
void measure_costs(HostSource& source, Measured& measured) {
  const std::size_t parts = source.parts().size();
  std::array<double, kRounds> whole{};
  std::vector<std::array<double, kRounds>> costs(parts);
  HostSample sample;
  for (std::size_t round = 0; round < kRounds; ++round) {
    whole[round] = cost_us([&] { static_cast<void>(source.read(sample)); });
    for (std::size_t part = 0; part < parts; ++part)
      costs[part][round] = cost_us([&] { static_cast<void>(source.read_part(part, sample)); });
    nanosleep(&kPause, nullptr);
  }
  measured.whole_us = median(whole);
  for (const std::array<double, kRounds>& cost : costs) measured.part_us.push_back(median(cost));
  measured.scan_delay_s = platform::seconds_of(source.scan_delay());
}

// With all the time it wants for the scan of processes, so that nothing is absent just because it is not known yet.
Result<void> measure(const Patient& patient, Measured& measured) {
  Config generous = patient.loaded.config;
  generous.cpu_budget_ratio = 10.0 / generous.interval_s;
  const auto whole_source = make_source(generous, patient.root, *patient.clock);
  if (!whole_source) return whole_source.error();
  const auto source = make_source(patient.loaded.config, patient.root, *patient.clock);
  if (!source) return source.error();
  static_cast<void>((*whole_source)->read(measured.first));
  measure_costs(**source, measured);
  static_cast<void>((*whole_source)->read(measured.last));
  const std::span<const SourcePart> parts = (*whole_source)->parts();
  measured.parts.assign(parts.begin(), parts.end());
  measured.readings = observe(measured.first, measured.last, false);
  return {};
}

bool tells(const SourcePart& part, const Feature& feature) {
  return part.tells.test(static_cast<std::size_t>(feature.field));
}

bool enabled(const Patient& patient, std::size_t feature) {
  return !patient.loaded.config.disabled_features.test(feature);
}

// The features of a part that are absent.
std::vector<std::string_view> missing(const Patient& patient, const Measured& measured, const SourcePart& part) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < features().size(); ++i)
    if (enabled(patient, i) && !measured.readings.present.test(i) && tells(part, features()[i]))
      names.push_back(features()[i].name);
  return names;
}

// What an operator can do about a part that cannot be read; only what the error itself does not say.
std::string advice_for(const Patient& patient, const SourcePart& part) {
  if (patient.surroundings.only_processes && part.error.code == ErrorCode::kNotFound)
    return "proc is mounted with subset=pid: mount it without for the agent";
  if (part.name.starts_with("pressure/") && part.error.code == ErrorCode::kNotFound)
    return "a kernel without CONFIG_PSI, or booted with psi=0: boot with psi=1";
  if (part.error.code == ErrorCode::kPermission && !patient.surroundings.hidepid.empty())
    return "proc is mounted with hidepid=" + patient.surroundings.hidepid +
           (patient.surroundings.hidepid_gid.empty()
                ? std::string(": mount it with gid=GROUP and put the agent in that group")
                : ": put the agent in group " + patient.surroundings.hidepid_gid) +
           ", or let it have CAP_SYS_PTRACE";
  if (part.error.code == ErrorCode::kPermission) return "let the user of the agent read it";
  return {};
}

// What this machine does not have is off; what it has and we may not see, or cannot make sense of, is wrong.
Health health_of(const Patient& patient, const SourcePart& part, bool features_missing) {
  switch (part.error.code) {
    case ErrorCode::kNotFound:
    case ErrorCode::kUnsupported:
      return features_missing ? Health::kOff : Health::kNote;
    case ErrorCode::kPermission:
      return patient.surroundings.hidepid.empty() ? Health::kWrong : Health::kOff;
    default:
      return Health::kWrong;
  }
}

// Counters of a part that are all zero since boot: somebody invents the file.
bool only_zeros(const HostSample& sample, const SourcePart& part) {
  std::size_t counters = 0;
  for (std::size_t i = static_cast<std::size_t>(SampleField::kForks); i < platform::kSampleFieldCount; ++i) {
    const auto field = static_cast<SampleField>(i);
    if (!part.tells.test(i) || !sample.has(field)) continue;
    if (sample.value(field) != 0.0) return false;
    ++counters;
  }
  return counters >= 3;  // two may well be zero, such as swap in and out
}

void add_part(const Patient& patient, const Measured& measured, std::size_t index, DoctorReport& report) {
  const SourcePart& part = measured.parts[index];
  Finding finding{.health = Health::kOk, .about = "source", .subject = std::string(part.name), .text = {}};
  finding.features = missing(patient, measured, part);
  finding.numbers = {{"cpu_us", measured.part_us[index]}};
  const std::string off = finding.features.empty() ? std::string() : ": without " + names_text(finding.features);
  if (!part.ok) {
    finding.health = health_of(patient, part, !finding.features.empty());
    finding.text = std::string(part.error.context.view()) + off;
    finding.advice = advice_for(patient, part);
  } else if (!finding.features.empty()) {
    finding.health = Health::kOff;
    finding.text = "read" + off;
    finding.advice = "this kernel does not tell them, or their counters stand still";
  } else if (only_zeros(measured.last, part)) {
    finding.health = Health::kNote;
    finding.text = "all its counters are zero since boot";
    finding.advice = "whoever provides this file (a container runtime, a sandbox) does not count";
  } else {
    finding.text = cost_text(measured.part_us[index]) + " a reading";
  }
  report.add(std::move(finding));
}

// Features that no part of this source has, and those that the configuration leaves out.
void add_features(const Patient& patient, const Measured& measured, DoctorReport& report) {
  std::vector<std::string_view> unknown;
  std::vector<std::string_view> disabled;
  std::size_t present = 0;
  for (std::size_t i = 0; i < features().size(); ++i) {
    const Feature& feature = features()[i];
    const bool told = std::any_of(measured.parts.begin(), measured.parts.end(),
                                  [&feature](const SourcePart& part) { return tells(part, feature); });
    if (!enabled(patient, i))
      disabled.push_back(feature.name);
    else if (measured.readings.present.test(i))
      ++present;
    else if (!told)
      unknown.push_back(feature.name);
  }
  report.add({.health = present > 0 ? Health::kOk : Health::kWrong,
              .about = "feature",
              .subject = "features",
              .text = std::to_string(present) + " of " + std::to_string(features().size()) + " are measured",
              .numbers = {{"present", static_cast<double>(present)}}});
  if (!disabled.empty())
    report.add({.health = Health::kNote,
                .about = "feature",
                .subject = "features",
                .text = "disabled in the configuration: " + names_text(disabled),
                .features = disabled});
  if (!unknown.empty())
    report.add({.health = Health::kOff,
                .about = "feature",
                .subject = "features",
                .text = "no file of this source tells " + names_text(unknown),
                .advice = "another [agent] source may",
                .features = unknown});
}

void add_cost(const Patient& patient, const Measured& measured, DoctorReport& report) {
  const Config& config = patient.loaded.config;
  const double ratio = measured.whole_us * 1e-6 / config.interval_s;
  const bool above = ratio > config.cpu_budget_ratio;
  std::array<char, 200> text;
  std::snprintf(text.data(), text.size(),
                "a sample takes %s of processor time (median of %zu): %.3g %% of a core each %s; cpu_budget is %.3g %%",
                cost_text(measured.whole_us).c_str(), kRounds, 100.0 * ratio,
                format_duration(config.interval_s).c_str(), 100.0 * config.cpu_budget_ratio);
  report.add(
      {.health = above ? Health::kNote : Health::kOk,
       .about = "source",
       .subject = "cost",
       .text = text.data(),
       .advice = above ? "the files are read whatever they cost: a longer interval costs less" : "",
       .numbers = {
           {"cpu_us", measured.whole_us}, {"core_ratio", ratio}, {"cpu_budget_ratio", config.cpu_budget_ratio}}});
  if (measured.scan_delay_s > config.interval_s)
    report.add({.health = Health::kNote,
                .about = "source",
                .subject = "process scan",
                .text = "to stay within cpu_budget all processes are looked at once in " +
                        duration_text(measured.scan_delay_s),
                .advice = "a larger cpu_budget looks more often",
                .numbers = {{"scan_delay_s", measured.scan_delay_s}}});
}

}  // namespace

void examine_sources(Patient& patient, DoctorReport& report) {
  Measured measured;
  if (const Result<void> done = measure(patient, measured); !done) {
    report.add({.health = Health::kWrong,
                .about = "source",
                .subject = "sources",
                .text = done.error().context.c_str(),
                .advice = "the agent would not start"});
    return;
  }
  patient.size = machine_size(measured.last);
  for (std::size_t part = 0; part < measured.parts.size(); ++part) add_part(patient, measured, part, report);
  add_features(patient, measured, report);
  add_cost(patient, measured, report);
  // What changes the meaning of what was read.
  if (measured.last.has(SampleField::kCpuStealTicks) && measured.last.value(SampleField::kCpuStealTicks) == 0.0)
    report.add({.health = Health::kNote,
                .about = "feature",
                .subject = "cpu_steal_ratio",
                .text = "no stolen time since boot: there was none, this is no virtual machine, or its hypervisor does "
                        "not tell",
                .features = {"cpu_steal_ratio"}});
}

}  // namespace epsilond::agent
