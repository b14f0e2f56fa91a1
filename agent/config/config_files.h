#pragma once
// Which files make up the configuration, and their text. The only part of config/ that touches the file system.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace epsilond::agent {

inline constexpr std::string_view kDefaultConfigPath = "/etc/epsilond/epsilond.ini";

struct ConfigText {
  std::string file;  // as messages name it
  std::string text;
};

enum class LoadStatus : std::uint8_t {
  kOk,
  kNotFound,      // the file that was asked for does not exist
  kNoPermission,  // a file or conf.d may not be read
  kIo,            // reading failed
  kInvalid,       // something in the text is wrong
};

struct ConfigFiles {
  LoadStatus status = LoadStatus::kOk;
  std::string message;  // "PATH: why", when status is not kOk
  std::vector<ConfigText> texts;
};

// Reads `path`, then each conf.d/*.ini of the directory that holds it, in byte order; names that begin with a dot and
// what is not a regular file are passed over. Each text is cut one byte above kMaxConfigBytes, which read_lines
// refuses. A `path` that does not exist is kNotFound when `required`, and passed over otherwise. Pipes may be given as
// `path`.
ConfigFiles read_config_files(const std::string& path, bool required);

}  // namespace epsilond::agent
