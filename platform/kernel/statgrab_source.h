#pragma once
// A HostSource on libstatgrab. It allocates inside the library, and costs several times the procfs source.
//
// What libstatgrab does not offer is absent: MemAvailable, shared memory, blocked processes, threads, interrupt and
// steal time, swap traffic, faults, disk operations and busy time, drops, pressure, sockets, open files. What it offers
// it may mean differently:
//   memory used     everything but free and cached pages: memory in tmpfs counts as free, reclaimable slabs as used
//   zombies         not told apart one by one, so the smaller of two consecutive counts stands for "seen twice"; a
//                   process whose first thread has ended while others run counts as one
//   running         processes, where the procfs source counts tasks

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "platform/host/clock.h"
#include "platform/kernel/host_source.h"
#include "platform/kernel/proc_root.h"
#include "platform/result.h"

namespace epsilond::platform {

// The library, initialised: once, however many sessions are open. Sessions belong to one thread.
class StatgrabSession {
 public:
  // kUnavailable, with the library's own words, if it cannot be initialised.
  static Result<StatgrabSession> open();
  StatgrabSession(StatgrabSession&& other) noexcept;
  StatgrabSession& operator=(StatgrabSession&&) = delete;
  ~StatgrabSession();

  // The three load averages, to 1/65536 where the kernel's file has 1/100. Sets nothing on an error.
  Result<void> read_load(HostSample& out) const;

 private:
  StatgrabSession() = default;
  bool open_ = true;
};

class StatgrabSource final : public HostSource {
 public:
  enum Part : std::size_t { kLoad, kMemory, kSwap, kCpu, kDisk, kNetwork, kProcesses, kPartCount };

  // kUnsupported unless `root` is the real host: libstatgrab knows no other. `clock` must outlive the source.
  static Result<std::unique_ptr<StatgrabSource>> make(ProcRoot root, const Clock& clock);

  Result<void> read(HostSample& out) override;
  Result<void> read_part(std::size_t part, HostSample& out) override;
  std::span<const SourcePart> parts() const override { return parts_; }

 private:
  StatgrabSource(StatgrabSession session, ProcRoot root, const Clock& clock);

  Result<void> read_one(std::size_t part, HostSample& out);
  Result<void> read_disks(HostSample& out);
  Result<void> read_network(HostSample& out);
  Result<void> read_processes(HostSample& out);
  void report(std::size_t part, const Result<void>& outcome);

  const StatgrabSession session_;
  const ProcRoot root_;
  const Clock& clock_;
  std::array<SourcePart, kPartCount> parts_;
  std::optional<std::uint64_t> disks_before_;
  std::optional<std::uint64_t> interfaces_before_;
  std::optional<std::uint64_t> zombies_before_;
};

}  // namespace epsilond::platform
