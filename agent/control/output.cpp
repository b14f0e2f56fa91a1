#include "agent/control/output.h"

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
  Result<OutputFile> file = OutputFile::create(name);
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
    voice.say(name_, "%s", committed.error().context.c_str());
    return kExitIo;
  }
  file_.reset();
  return kExitFine;
}

ExitCode flush_standard_output(Console& console, Voice& voice) {
  const Result<void> flushed = console.out.flush();
  if (flushed) return kExitFine;
  voice.say("standard output", "%s", flushed.error().context.c_str());
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
