#include "agent/confinement.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/config/config_files.h"
#include "agent/exit_code.h"
#include "agent/log.h"
#include "agent/outputs/schedule.h"
#include "platform/file/text_file.h"
#include "platform/host/account.h"
#include "platform/host/file_access.h"
#include "platform/host/privileges.h"
#include "platform/host/system_call_filter.h"
#include "platform/kernel/proc_root.h"
#include "platform/path.h"

namespace epsilond::agent {
namespace {

using platform::Account;
using platform::FilePath;
using platform::Result;

constexpr std::string_view kOwnName = "epsilond";  // of the account, and of directories that may be given to it
constexpr std::string_view kRoot = "root";

// A sanitizer has a thread, a tracer and files of its own.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EPSILOND_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(EPSILOND_SANITIZED)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

std::string directory_of(std::string_view path) { return std::string(platform::directory_of(path)); }

// What is opened again and again, or by a reload.
std::vector<FilePath> paths_of(const Options& options, const Config& config) {
  const std::string configuration = options.config_path.value_or(std::string(kDefaultConfigPath));
  std::vector<FilePath> paths = {{configuration}, {directory_of(configuration)}};  // the file may be a link
  for (const std::string* file : {&config.state_path, &config.control_path})
    if (!file->empty()) paths.push_back({directory_of(*file), true});
  for (const EmitterConfig& emitter : config.emitters)
    if (emitter.kind == EmitterKind::kTextfile) paths.push_back({directory_of(emitter.path), true});
  if (!options.root.empty()) paths.push_back({options.root});
  for (const WatchConfig& watch : config.watches)
    if (options.root.empty() && watch.match.kind == platform::MatchKind::kPidFile)
      paths.push_back({directory_of(watch.match.text)});
  return paths;
}

bool holds(const FilePath& outer, const FilePath& inner) {
  const std::string_view path = inner.path;
  if ((inner.written && !outer.written) || !path.starts_with(outer.path)) return false;
  return path.size() == outer.path.size() || outer.path.ends_with('/') || path[outer.path.size()] == '/';
}

std::string text_of(const char* path) {
  constexpr std::size_t kLargest = std::size_t{1} << 20;
  Result<std::string> text = platform::read_text_file(path, kLargest);
  return text ? std::move(*text) : std::string();
}

std::optional<Account> account_of(std::string_view name) {
  std::optional<Account> account = platform::find_account(text_of("/etc/passwd"), name);
  if (account) platform::add_groups(text_of("/etc/group"), name, *account);
  return account;
}

}  // namespace

// What the line about the sandbox says, and whether anything is missing.
struct Confinement::Report {
  std::string text;
  LogLevel level = LogLevel::kInfo;

  void add(std::string_view words) {
    text += text.empty() ? " " : ", ";
    text += words;
  }
  void lack(std::string_view words, std::string_view why) {
    add(words);
    text += ": ";
    text += why;
    level = LogLevel::kWarning;
  }
};

namespace {

constexpr Account kRootAccount = {.uid = 0, .gid = 0};

void hand_over(const Config& config, uid_t from, const Account& to) {
  for (const std::string* file : {&config.state_path, &config.control_path})
    platform::hand_over(*file, kOwnName, from, to);
}

}  // namespace

// Whom root becomes; none: it stays root. Returns the code to exit with.
int Confinement::choose_account(const Options& options, const Config& config, std::optional<Account>& account,
                                Report& report) {
  std::string name = config.user.empty() ? std::string(kOwnName) : config.user;
  account = account_of(name);
  if (!account && config.user.empty()) {
    account = Account();
    name = "nobody";
  }
  if (!account) {
    log_line(LogLevel::kError, "user = %s: there is no such account in /etc/passwd", name.c_str());
    return kExitConfiguration;
  }
  hand_over(config, 0, *account);
  const Result<void> can = platform::can_become(*account, paths_of(options, config));
  if (can) {
    report.add("as " + name);
    return kExitFine;
  }
  if (!config.user.empty()) {
    log_line(LogLevel::kError, "user = %s: %s", name.c_str(), can.error().context.c_str());
    return kExitPermission;
  }
  hand_over(config, account->uid, kRootAccount);
  account.reset();
  report.lack("stays root, since not for " + name, can.error().context);
  return kExitFine;
}

void Confinement::restrict_files(const Options& options, const Config& config, bool tracing, Report& report) {
  if (tracing) {
    report.add("all files (few would take tracing away)");
    return;
  }
  std::vector<FilePath> paths = paths_of(options, config);
  for (const std::string_view path :
       {platform::ProcRoot::kHostPath, std::string_view("/sys"), std::string_view("/run"),
        std::string_view(kMachineIdPath)})
    paths.push_back({std::string(path)});
  if (const Result<int> version = platform::restrict_files(paths); version) {
    left_ = std::move(paths);
    report.add("few files");
  } else {
    report.lack("all files", version.error().context);
  }
}

int Confinement::enter(const Options& options, const Config& config) {
  user_ = config.user;
  sandbox_ = config.sandbox;
  if (kSanitized || (!sandbox_ && user_.empty())) return kExitFine;
  Report report;
  std::optional<Account> account;
  if (platform::is_root() && user_ != kRoot)
    if (const int code = choose_account(options, config, account, report); code != kExitFine) return code;
  // As the control socket does when it is opened, which is too late.
  if (!config.control_path.empty()) static_cast<void>(::mkdir(directory_of(config.control_path).c_str(), 0750));
  const platform::Privileges left = platform::give_up_privileges(account ? &*account : nullptr);
  if (account && !left.changed_account) report.lack("stays root", "refused");
  if (!sandbox_) return kExitFine;
  report.add(!left.without_capabilities ? "capabilities as they were"
             : left.kept_tracing        ? "no capability but CAP_SYS_PTRACE"
                                        : "no capabilities");
  restrict_files(options, config, left.kept_tracing, report);
  if (const Result<void> filtered = platform::filter_system_calls(); filtered)
    report.add("few system calls");
  else
    report.lack("all system calls", filtered.error().context);
  log_line(report.level, "sandbox:%s", report.text.c_str());
  return kExitFine;
}

Result<void> Confinement::admits(const Options& options, const Config& config) const {
  if (config.user != user_ || config.sandbox != sandbox_)
    log_line(LogLevel::kWarning, "another user or sandbox is taken at the next start only");
  if (left_.empty()) return {};
  for (const FilePath& path : paths_of(options, config))
    if (std::none_of(left_.begin(), left_.end(), [&](const FilePath& left) { return holds(left, path); }))
      return platform::make_error(platform::ErrorCode::kPermission, 0,
                                  "%s is outside of the sandbox that this agent began with: restart it",
                                  path.path.c_str());
  return {};
}

}  // namespace epsilond::agent
