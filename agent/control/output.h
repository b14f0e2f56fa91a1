#pragma once
// A file that a subcommand makes: created before the long work, so that a mistake shows at once, and there only if all
// went well.

#include <optional>
#include <string>

#include "agent/control/voice.h"
#include "agent/exit_code.h"
#include "platform/file/output_file.h"

namespace epsilond::agent {

class CommandOutput {
 public:
  // `name` empty: nothing is asked for. `is_input`: the file is one of those that are read. Errors are said.
  ExitCode create(const std::string& name, const char* option, bool is_input, Voice& voice);
  // The same for a file that grows under its name, for readers that follow along.
  ExitCode create_in_place(const std::string& name, Voice& voice);
  // Writes through what a reader in place may see; a failure is said, once.
  void sync(Voice& voice);
  // Null where nothing was asked for.
  platform::OutputFile* file() { return file_ ? &*file_ : nullptr; }
  // Gives the file its name, and closes it.
  ExitCode commit(Voice& voice);
  // Says that the file is not there after all, if one was asked for and not committed.
  void say_missing(Voice& voice) const;

 private:
  ExitCode take(platform::Result<platform::OutputFile> file, const std::string& name, Voice& voice);

  std::string name_;
  bool failure_said_ = false;
  std::optional<platform::OutputFile> file_;
};

// Events and summaries are out only then; a failure is said.
ExitCode flush_standard_output(Console& console, Voice& voice);

// Can the report be made, and under a name of its own? `scores` is the file of --scores. Errors are said.
ExitCode check_report(const std::string& report, const std::string& scores, Voice& voice);

}  // namespace epsilond::agent
