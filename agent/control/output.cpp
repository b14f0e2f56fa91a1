#include "agent/control/output.h"

#include <cerrno>
#include <utility>

#include "agent/report/report.h"

namespace epsilond::agent {

using platform::OutputFile;
using platform::Result;

ExitCode CommandOutput::create(const std::string& name, const char* option, bool is_input, Voice& voice) {
  if (name.empty()) return kExitFine;
  if (is_input) {
    voice.say(name, "is an input: choose another name for %s", option);
    return kExitUsage;
  }
  return take(OutputFile::create(name), name, voice);
}

ExitCode CommandOutput::create_in_place(const std::string& name, Voice& voice) {
  return name.empty() ? kExitFine : take(OutputFile::open_in_place(name), name, voice);
}

ExitCode CommandOutput::take(Result<OutputFile> file, const std::string& name, Voice& voice) {
  if (!file) {
    voice.say(name, "%s", file.error().context.c_str());
    return kExitCannotCreate;
  }
  name_ = name;
  file_.emplace(std::move(*file));
  return kExitFine;
}

ExitCode CommandOutput::commit(Voice& voice) {
  if (!file_) return kExitFine;
  const Result<void> committed = file_->commit();
  if (!committed) {
    if (!failure_said_) voice.say(name_, "%s", committed.error().context.c_str());
    return kExitIo;
  }
  file_.reset();
  return kExitFine;
}

void CommandOutput::sync(Voice& voice) {
  if (!file_ || failure_said_) return;
  const Result<void> flushed = file_->flush();
  if (flushed) return;
  voice.say(name_, "%s", flushed.error().context.c_str());
  failure_said_ = true;
}

ExitCode flush_standard_output(Console& console, Voice& voice) {
  const Result<void> flushed = console.out.flush();
  if (flushed) return kExitFine;
  // Who reads no further, as head does, wants no word about it.
  if (flushed.error().system_errno != EPIPE) voice.say("standard output", "%s", flushed.error().context.c_str());
  return kExitIo;
}

ExitCode check_report(const std::string& report, const std::string& scores, Voice& voice) {
  if (report.empty()) return kExitFine;
  if (report == scores) {
    voice.say(report, "is named for both --scores and --report");
    return kExitUsage;
  }
  if (report_available()) return kExitFine;
  voice.say("", "--report: this epsilonctl was built without the plotting library");
  return kExitUnavailable;
}

void CommandOutput::say_missing(Voice& voice) const {
  if (file_) voice.say(name_, "not written, because of the error above");
}

}  // namespace epsilond::agent
