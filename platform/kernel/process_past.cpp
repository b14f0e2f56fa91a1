#include "platform/kernel/process_past.h"

#include <optional>

namespace epsilond::platform {

void ProcessPast::saw(const PidStat& stat) {
  if (witness_ != nullptr) witness_->saw(stat);
  UsageTable& look = looks_[1 - newest_];
  if (!in_pass_) {
    in_pass_ = true;
    looking_ = !newest().complete() || now_ - newest().ended() >= kBetweenLooks;
    if (looking_) look.begin(now_);
  }
  if (!looking_) return;

  ProcessUsage usage = usage_of(stat);
  // Kernel threads and zombies, who have no memory, have no descriptors: they need not be asked.
  if (files_.descriptors_are_cheap())
    usage.descriptors = stat.virtual_bytes == 0 ? 0U : files_.descriptors(stat.pid).value_or(ProcessUsage::kUnknown);
  // Who used no processor time has read and written nothing: most processes, most of the time. Who was closed to us is
  // not asked again, for each refusal may be a line in somebody's audit log.
  const ProcessUsage* const before = newest().find(stat.pid);
  const bool known = before != nullptr && before->is_same_process(usage);
  if (known && (before->cpu_ticks == usage.cpu_ticks || before->read_bytes == ProcessUsage::kUnknownBytes)) {
    usage.read_bytes = before->read_bytes;
    usage.written_bytes = before->written_bytes;
  } else if (const std::optional<PidIo> io = files_.io(stat.pid)) {
    usage.read_bytes = io->read_bytes;
    usage.written_bytes = io->written_bytes;
  }
  look.add(usage);
}

void ProcessPast::end_pass() {
  if (witness_ != nullptr) witness_->end_pass();
  if (in_pass_ && looking_) {
    looks_[1 - newest_].end(now_);
    newest_ = 1 - newest_;
  }
  in_pass_ = false;
}

void ProcessPast::drop_pass() {
  if (witness_ != nullptr) witness_->drop_pass();
  in_pass_ = false;
}

const UsageTable* ProcessPast::before() const {
  for (const UsageTable* look : {&looks_[newest_], &looks_[1 - newest_]})
    if (look->complete() && now_ - look->ended() >= kLeastAge) return look;
  return nullptr;
}

}  // namespace epsilond::platform
