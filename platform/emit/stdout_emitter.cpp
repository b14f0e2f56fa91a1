#include "platform/emit/stdout_emitter.h"

#include <span>

#include "platform/emit/flag_format.h"

namespace epsilond::platform {

Result<void> StdoutEmitter::emit(const Flag& flag) {
  const Result<std::size_t> size = render_flag_json(flag, std::span(line_).first(line_.size() - 1));
  if (!size) {
    ++dropped_;
    return size.error();
  }
  line_[*size] = '\n';
  Result<void> written = output_.write({line_.data(), *size + 1});
  ++(written ? sent_ : dropped_);
  return written;
}

}  // namespace epsilond::platform
