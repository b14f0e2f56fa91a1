#include "agent/config/config_files.h"

#include <utility>

#include "agent/config/config_lines.h"
#include "platform/file/text_file.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kSuffix = ".ini";

using platform::Error;
using platform::ErrorCode;
using platform::Result;

LoadStatus status_of(ErrorCode code) {
  if (code == ErrorCode::kNotFound) return LoadStatus::kNotFound;
  return code == ErrorCode::kPermission ? LoadStatus::kNoPermission : LoadStatus::kIo;
}

void fail(ConfigFiles* files, const std::string& path, const Error& error) {
  files->status = status_of(error.code);
  files->message = path + ": " + error.context.c_str();
}

bool append_file(ConfigFiles* files, const std::string& path, bool required) {
  Result<std::string> text = platform::read_text_file(path, kMaxConfigBytes + 1);
  if (text) {
    files->texts.push_back({path, std::move(*text)});
    return true;
  }
  if (!required && text.error().code == ErrorCode::kNotFound) return true;
  fail(files, path, text.error());
  return false;
}

}  // namespace

ConfigFiles read_config_files(const std::string& path, bool required) {
  ConfigFiles files;
  if (!append_file(&files, path, required)) return files;
  const std::size_t slash = path.rfind('/');
  const std::string directory = (slash == std::string::npos ? std::string() : path.substr(0, slash + 1)) + "conf.d";
  const Result<std::vector<std::string>> names = platform::list_regular_files(directory, kSuffix);
  if (!names) {
    if (names.error().code != ErrorCode::kNotFound) fail(&files, directory, names.error());
    return files;
  }
  for (const std::string& name : *names)
    if (!append_file(&files, directory + '/' + name, true)) break;
  return files;
}

}  // namespace epsilond::agent
