#include "platform/kernel/pid_stat_files.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "platform/kernel/read_front.h"
#include "platform/uninterrupted.h"

namespace epsilond::platform {
namespace {

UniqueFd open_stat(int proc, std::int32_t pid) {
  std::array<char, 24> path{};
  const std::to_chars_result number = std::to_chars(path.data(), path.data() + path.size(), pid);
  std::memcpy(number.ptr, "/stat", sizeof "/stat");
  return UniqueFd(uninterrupted([&] { return ::openat(proc, path.data(), O_RDONLY | O_CLOEXEC); }));
}

}  // namespace

std::size_t PidStatFiles::most_kept() {
  static const std::size_t most = [] {
    rlimit all{};
    if (::getrlimit(RLIMIT_NOFILE, &all) != 0) return kKept;
    return static_cast<std::size_t>(std::min<rlim_t>(kKept, all.rlim_cur / kPartOfAll));
  }();
  return most;
}

std::ptrdiff_t PidStatFiles::read(std::int32_t pid, std::span<char> buffer) {
  Slot* room = nullptr;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    Slot& slot = slots_[(static_cast<std::uint32_t>(pid) + i) % std::max(most_, std::size_t{1})];
    if (slot.fd.valid() && slot.pid == pid) {
      const std::ptrdiff_t got = read_front(slot.fd.get(), buffer);
      slot.used = got >= 0;
      if (got >= 0) return got;
      slot.fd.reset();
    }
    if (room == nullptr && !slot.fd.valid()) room = &slot;
  }

  UniqueFd fd = open_stat(root_.proc_fd(), pid);
  if (!fd.valid() && (errno == EMFILE || errno == ENFILE)) {
    give_back();
    fd = open_stat(root_.proc_fd(), pid);
  }
  if (!fd.valid()) return -errno;
  const std::ptrdiff_t got = read_front(fd.get(), buffer);
  if (got >= 0 && most_ > 0 && resting_ == 0 && room != nullptr) *room = Slot{std::move(fd), pid, true};
  return got;
}

void PidStatFiles::give_back() {
  for (Slot& slot : slots_) slot.fd.reset();
  resting_ = kPassesOfRest;
}

void PidStatFiles::end_pass() {
  for (Slot& slot : slots_)
    if (!std::exchange(slot.used, false)) slot.fd.reset();
  if (resting_ > 0) --resting_;
}

std::size_t PidStatFiles::kept() const {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.fd.valid(); }));
}

}  // namespace epsilond::platform
