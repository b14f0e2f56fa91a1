#include "agent/effective_config.h"

#include <utility>

#include "agent/log.h"

namespace epsilond::agent {

EffectiveConfig load_effective_config(const Options& options) {
  LoadResult result = load_config(options.config_path.value_or(""));
  for (const std::string& message : result.messages) log_line(LogLevel::kError, "%s", message.c_str());
  EffectiveConfig effective;
  effective.exit_code = exit_code_of(result.status);
  if (!result) return effective;
  effective.loaded = std::move(result.loaded);
  if (options.state_path) override_state_path(&effective.loaded, options.state_path->empty() ? "none" : *options.state_path);
  return effective;
}

}  // namespace epsilond::agent
