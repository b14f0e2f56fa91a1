#pragma once
// Text to a whole, validated Config, or to messages that say what is wrong. Never clamps, never half succeeds.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "agent/config/config_files.h"
#include "agent/config/config_keys.h"

namespace epsilond::agent {

// Where one value came from. Keys without one are at their defaults.
struct Origin {
  SectionKind section;
  std::string instance;  // the NAME of [model NAME]; empty where there is none
  std::string_view key;  // from the table of keys
  std::string file;
  unsigned line = 0;  // 0: not from a file; `file` then says from where, "--state"
  std::string value;  // as written
};

struct LoadedConfig {
  Config config;
  std::vector<Origin> origins;
  std::vector<std::string> files;  // in the order read

  // nullptr: the key is at its default.
  const Origin* origin(SectionKind section, std::string_view instance, std::string_view key) const;
};

struct LoadResult {
  LoadStatus status = LoadStatus::kOk;
  LoadedConfig loaded;                // only when status is kOk
  std::vector<std::string> messages;  // otherwise: at least one, at most kMaxMessages + 1, without a newline

  explicit operator bool() const { return status == LoadStatus::kOk; }
};

inline constexpr std::size_t kMaxMessages = 20;

// 0, 66 (not found), 74 (I/O), 77 (permission) or 78 (configuration).
int exit_code_of(LoadStatus status);

// The files in their order. A later file may change a key of an earlier one; inside one file a second section of the
// same name or a second key is an error. The keys of a form of threshold that a later file has replaced fall away with
// it.
LoadResult parse_config(std::span<const ConfigText> texts);

// `path` empty: kDefaultConfigPath, which need not exist; otherwise that file, which must. conf.d beside it follows.
LoadResult load_config(const std::string& path);

// For the command line: `--state FILE|none` replaces the path of the state file, and the printer says from where it
// came.
void override_state_path(LoadedConfig* loaded, std::string_view path_or_none);

}  // namespace epsilond::agent
