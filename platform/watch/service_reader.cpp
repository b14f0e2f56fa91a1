#include "platform/watch/service_reader.h"

#include "platform/watch/pid_file.h"

namespace epsilond::platform {
namespace {

TreeRoots roots_of(const ServiceMatch& match) {
  TreeRoots roots;
  if (match.kind == MatchKind::kComm) roots.comm = std::string_view(match.text);
  return roots;
}

}  // namespace

ServiceReader::ServiceReader(const ProcRoot& root, const ServiceMatch& match, std::string_view prefix,
                             ProcessTree::CpuClock cpu_clock)
    : kind_(match.kind),
      path_(std::string(prefix) + match.text),
      tree_(root, roots_of(match), cpu_clock),
      group_(root, match.text) {
  if (kind_ == MatchKind::kPidFile) follow_pid_file();
}

void ServiceReader::follow_pid_file() {
  const Result<std::int32_t> pid = read_pid_file(path_.c_str());
  pid_file_ = pid ? Result<void>() : Result<void>(pid.error());
  // While the file is being written the process of before still runs; once that has ended its number may be another's.
  if (!pid && tree_.processes() > 0) return;
  TreeRoots roots;
  if (pid) roots.pid = *pid;
  tree_.set_roots(roots);
}

bool ServiceReader::read(std::chrono::nanoseconds now, std::chrono::nanoseconds cpu_deadline) {
  if (kind_ == MatchKind::kPidFile) follow_pid_file();
  const bool has_group = kind_ == MatchKind::kCgroup && group_.open();
  // Once a round: a deadline that stretches the round makes the list rarer too.
  if (kind_ == MatchKind::kCgroup && !in_round_) {
    if (has_group) group_.list(tree_);
    // Who is in it now is not known: those of before, perhaps.
    if (group_.broke_off())
      tree_.drop_pass();
    else
      tree_.end_pass();
  }
  in_round_ = !tree_.read(now, cpu_deadline);
  if (in_round_) return false;
  usage_ = tree_.usage();
  if (tree_.is_unsure() || group_.broke_off()) {
    usage_.clear();
    return true;  // it is as much there as it was
  }
  const bool was_there = is_there_;
  is_there_ = usage_.has(UsageField::kProcesses);
  if (!is_there_) {
    usage_.clear();
    return true;
  }
  if (has_group) group_.read(usage_);
  const std::uint32_t told = has_group ? group_.told() : 0;
  if (!was_there || told != told_by_group_) ++epoch_;
  told_by_group_ = told;
  return true;
}

}  // namespace epsilond::platform
