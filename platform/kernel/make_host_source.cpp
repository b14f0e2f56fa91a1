#include "platform/kernel/make_host_source.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "platform/kernel/proc_root.h"
#include "platform/kernel/procfs_source.h"
#include "platform/kernel/statgrab_source.h"

namespace epsilond::platform {
namespace {

// The kernel's files, with the load averages of libstatgrab, which has them to more places.
class AutoSource final : public HostSource {
 public:
  AutoSource(std::unique_ptr<ProcfsSource> procfs, Result<StatgrabSession> session)
      : procfs_(std::move(procfs)), session_(std::move(session)) {
    parts_.back().name = "libstatgrab load";
    parts_.back().tells = sample_fields({SampleField::kLoad1Min, SampleField::kLoad5Min, SampleField::kLoad15Min});
    copy_parts();
  }

  Result<void> read(HostSample& out) override {
    const Result<void> outcome = procfs_->read(out);
    const Result<void> load = session_ ? session_->read_load(out) : Result<void>(session_.error());
    copy_parts();
    SourcePart& part = parts_.back();
    part.ok = static_cast<bool>(load);
    if (!part.ok) {
      part.error = load.error();
      ++part.failures;
    }
    if (outcome || part.ok) return {};
    return outcome;
  }

  Result<void> read_part(std::size_t part, HostSample& out) override {
    if (part < ProcfsSource::kPartCount) return procfs_->read_part(part, out);
    out.clear();
    return session_ ? session_->read_load(out) : Result<void>(session_.error());
  }

  std::span<const SourcePart> parts() const override { return parts_; }
  std::chrono::nanoseconds scan_delay() const override { return procfs_->scan_delay(); }
  ProcessGrowth* process_growth() override { return procfs_->process_growth(); }
  bool tell(ProcessWitness& witness) override { return procfs_->tell(witness); }

 private:
  void copy_parts() {
    const std::span<const SourcePart> parts = procfs_->parts();
    std::copy(parts.begin(), parts.end(), parts_.begin());
  }

  const std::unique_ptr<ProcfsSource> procfs_;
  const Result<StatgrabSession> session_;
  std::array<SourcePart, ProcfsSource::kPartCount + 1> parts_;
};

}  // namespace

Result<std::unique_ptr<HostSource>> make_host_source(const HostSourceOptions& options, const Clock& clock) {
  Result<ProcRoot> root = ProcRoot::make(options.root);
  if (!root) return root.error();
  if (options.choice == SourceChoice::kStatgrab) {
    Result<std::unique_ptr<StatgrabSource>> source = StatgrabSource::make(std::move(*root), clock);
    if (!source) return source.error();
    return std::unique_ptr<HostSource>(std::move(*source));
  }
  const bool with_statgrab = options.choice == SourceChoice::kAuto && root->is_host();
  std::unique_ptr<ProcfsSource> procfs =
      ProcfsSource::make(std::move(*root), options.cpu_budget, options.interval, clock);
  if (!with_statgrab) return std::unique_ptr<HostSource>(std::move(procfs));
  return std::unique_ptr<HostSource>(std::make_unique<AutoSource>(std::move(procfs), StatgrabSession::open()));
}

}  // namespace epsilond::platform
