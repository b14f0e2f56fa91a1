#include "agent/outputs/textfile.h"

#include "agent/log.h"
#include "agent/outputs/exposition.h"
#include "agent/pipeline/wiring.h"
#include "platform/host/state_file.h"

namespace epsilond::agent {

Textfile::Textfile(const EmitterConfig& config, const Pipeline& pipeline, std::size_t sources)
    : path_(config.path),
      detail_(config.features),
      schedule_(to_nanoseconds(config.every_s), std::chrono::nanoseconds{0}),
      name_("textfile "),
      text_(exposition_bytes(pipeline, sources, detail_)) {
  name_.append(path_);
}

void Textfile::tick(const AgentFacts& facts, std::chrono::nanoseconds wall) {
  if (!schedule_.due(wall)) return;
  if (sent_ + dropped_ == 0) platform::remove_leftovers(path_);
  platform::TextWriter out(text_);
  put_exposition(out, facts, detail_);
  const platform::Result<void> written =
      out.overflowed() ? platform::make_error(platform::ErrorCode::kTooLarge, 0, "the metrics do not fit")
                       : platform::replace_text(path_, out.view());
  ++(written ? sent_ : dropped_);
  if (written && failing_)
    log_line(LogLevel::kInfo, "%s: is written again", name_.c_str());
  else if (!written && !failing_)
    log_line(LogLevel::kWarning, "%s: not written: %s", name_.c_str(), written.error().context.c_str());
  failing_ = !written;
}

}  // namespace epsilond::agent
