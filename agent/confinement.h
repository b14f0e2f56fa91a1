#pragma once
// What the agent gives up when it is ready to run: root, capabilities, most system calls, most files. It is defence in
// depth: what is refused by the system is done without, and said in one line.

#include <optional>
#include <string>
#include <vector>

#include "agent/config/config.h"
#include "agent/options.h"
#include "platform/host/account.h"
#include "platform/host/file_access.h"
#include "platform/result.h"

namespace epsilond::agent {

class Confinement {
 public:
  // Gives up what [agent] user and sandbox say. Everything that only root may open must be open by now. 0, or the code
  // to exit with: the account that is asked for does not exist (78), or could not use what it needs (77); that is
  // logged.
  //
  // With user = auto, root becomes the account epsilond, or nobody where there is none, unless that account could not
  // read the configuration or write the state or the socket: then it stays root, without any capability. A directory
  // that is called epsilond is given to the account.
  int enter(const Options& options, const Config& config);

  // May a reload bring this? Not what is outside of the files that are left. Another account or sandbox is only noted.
  platform::Result<void> admits(const Options& options, const Config& config) const;

 private:
  struct Report;

  static int choose_account(const Options& options, const Config& config, std::optional<platform::Account>& account,
                            Report& report);
  void restrict_files(const Options& options, const Config& config, bool tracing, Report& report);

  std::string user_;
  bool sandbox_ = true;
  std::vector<platform::FilePath> left_;  // all files that are left; empty: all there are
};

}  // namespace epsilond::agent
