#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "agent/control/doctor.h"
#include "agent/pipeline/pipeline.h"
#include "agent/watch/watch_table.h"
#include "platform/file/file_facts.h"
#include "platform/host/state_file.h"
#include "platform/path.h"
#include "platform/seconds.h"

namespace epsilond::agent {
namespace {

using platform::Error;
using platform::ErrorCode;
using platform::FileFacts;
using platform::Result;

// As the agent: a file of another configuration may be larger than ours.
constexpr std::size_t kLargestState = std::size_t{16} << 20;
constexpr double kLateSaves = 2.0;  // save intervals without a save

// Nothing was learned yet, or nothing can be kept.
void add_absent(const std::string& path, DoctorReport& report) {
  const std::string directory(platform::directory_of(path));
  Finding finding{.health = Health::kNote, .about = "state", .subject = "state"};
  const Result<FileFacts> facts = platform::file_facts(directory);
  if (!facts || !facts->is_directory) {
    finding.health = Health::kWrong;
    finding.text = path + " cannot be written: there is no directory " + directory;
    finding.advice = "make it for the user of the agent (the unit has StateDirectory=), or set state = none";
  } else if (!platform::may_write_in(directory)) {
    finding.text = path + " is not there, and we may not write in " + directory;
    finding.advice = "ask as the user of the agent";
  } else {
    finding.text = path + " is not there: the agent has not saved yet, and learns from nothing";
    finding.advice = "'epsilonctl learn' builds one from a history";
  }
  report.add(std::move(finding));
}

void add_unusable(const std::string& path, const Error& error, DoctorReport& report) {
  Finding finding{.health = Health::kWrong, .about = "state", .subject = "state"};
  finding.text = error.context.view();
  if (finding.text.find(path) == std::string::npos) finding.text = path + ": " + finding.text;
  if (error.code == ErrorCode::kPermission) {
    finding.health = Health::kNote;
    finding.advice = "ask as the user of the agent, or as root";
  } else if (error.code == ErrorCode::kUnsupported) {
    finding.advice = "a later version wrote it: this one sets it aside and learns anew";
  } else {
    finding.advice = "at its next start the agent sets it aside as " + path + ".damaged and learns anew";
  }
  report.add(std::move(finding));
}

std::string learned_text(const Pipeline& pipeline, Finding& finding) {
  std::string text;
  // Of several models the first one's number is enough for a machine.
  for (const std::unique_ptr<Watcher>& watcher : pipeline.watchers()) {
    const double learned_s = watcher->model().learned_s();
    if (watcher->model().learning_ratio() <= 0.0) continue;
    text += (text.empty() ? "" : ", ") + watcher->name() + " has learned " + duration_text(learned_s);
    if (!watcher->model().ready()) text += " and still warms up";
    if (finding.numbers.size() == 2) finding.numbers.emplace_back("learned_s", learned_s);
  }
  return text.empty() ? "nothing is learned yet" : text;
}

void add_usable(const Patient& patient, const std::string& path, std::span<const std::byte> bytes,
                DoctorReport& report) {
  const WatchRows rows(patient.loaded.config.watches);
  Pipeline pipeline(patient.loaded.config, rows.behind(features_for(patient.size)), {});
  NotRestored why;
  const Result<std::size_t> restored = pipeline.load_state(bytes, &why);
  if (!restored) return add_unusable(path, restored.error(), report);
  const Result<FileFacts> facts = platform::file_facts(path);
  const double age_s = facts ? platform::seconds_of(patient.clock->wall() - facts->modified) : 0.0;
  Finding finding{.about = "state", .subject = "state"};
  finding.numbers = {{"age_s", age_s}, {"bytes", static_cast<double>(bytes.size() + platform::kStateHeaderBytes)}};
  finding.text = path + " is sound, saved " + duration_text(age_s > 0.0 ? age_s : 0.0) + " ago, format " +
                 std::to_string(platform::kStateFormatVersion) + "; " + learned_text(pipeline, finding);
  const bool running = patient.agent_pid > 0;
  const double late_s = kLateSaves * patient.loaded.config.state_every_s;
  if (age_s < -1.0) {
    finding.health = Health::kNote;
    finding.advice = "it was saved in the future: the clock was set back since";
  } else if (running && age_s > late_s && patient.agent_uptime_s > late_s) {
    finding.health = Health::kNote;
    finding.advice = "the running agent saves every " + duration_text(patient.loaded.config.state_every_s) +
                     " except in an episode: if none is open, see its log";
  }
  report.add(std::move(finding));
  if (why.text.empty()) return;
  report.add({.health = Health::kNote,
              .about = "state",
              .subject = "state",
              .text = "learns anew with this configuration: " + std::string(why.text.view())});
}

void add_side_files(const std::string& path, DoctorReport& report) {
  for (const std::string& side : {path + ".damaged", path + ".open.damaged"})
    if (platform::file_facts(side))
      report.add({.health = Health::kNote,
                  .about = "state",
                  .subject = "state",
                  .text = side + " was set aside because it could not be used",
                  .advice = "remove it once you know why (a full disk, a crash, another version)"});
  const std::string open = path + ".open";
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kLargestState);
  const Result<std::span<const std::byte>> episodes =
      platform::load_state(open, std::span(buffer.get(), kLargestState));
  if (!episodes && episodes.error().code != ErrorCode::kNotFound) add_unusable(open, episodes.error(), report);
}

}  // namespace

void examine_state(const Patient& patient, DoctorReport& report) {
  const std::string& path = patient.loaded.config.state_path;
  if (path.empty()) {
    report.add({.health = Health::kNote,
                .about = "state",
                .subject = "state",
                .text = "state = none: after a restart the agent learns from nothing"});
    return;
  }
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(kLargestState);
  const Result<std::span<const std::byte>> bytes = platform::load_state(path, std::span(buffer.get(), kLargestState));
  if (bytes)
    add_usable(patient, path, *bytes, report);
  else if (bytes.error().code == ErrorCode::kNotFound)
    add_absent(path, report);
  else
    add_unusable(path, bytes.error(), report);
  add_side_files(path, report);
}

}  // namespace epsilond::agent
