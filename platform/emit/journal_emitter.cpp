#include "platform/emit/journal_emitter.h"

namespace epsilond::platform {

JournalEmitter::JournalEmitter(std::string_view path, int facility)
    : socket_(path), facility_(facility), name_("journal ") {
  name_.append(path);
}

Result<void> JournalEmitter::emit(const Flag& flag) {
  const Result<std::size_t> size = render_flag_journal(flag, facility_, entry_);
  if (!size) {
    ++dropped_;
    return size.error();
  }
  if (const Result<DatagramSocket::Sent> sent = socket_.send({entry_.data(), *size}); !sent) {
    ++dropped_;
    return sent.error();
  }
  ++sent_;
  return {};
}

}  // namespace epsilond::platform
