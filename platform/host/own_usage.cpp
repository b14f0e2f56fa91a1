#include "platform/host/own_usage.h"

#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "platform/kernel/field_cursor.h"
#include "platform/kernel/proc_root.h"

namespace epsilond::platform {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

OwnUsage::OwnUsage() {
  const Result<ProcRoot> root = ProcRoot::make("");
  if (!root) return;
  if (Result<UniqueFd> statm = root->open("self/statm")) statm_ = std::move(*statm);
}

double OwnUsage::cpu_s() const {
  timespec used{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return kUnknown;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// proc(5), statm: the second number, in pages.
double OwnUsage::resident_bytes() const {
  char text[128];
  const ssize_t got = statm_.valid() ? ::pread(statm_.get(), text, sizeof text, 0) : -1;
  if (got <= 0) return kUnknown;
  FieldCursor cursor(std::string_view(text, static_cast<std::size_t>(got)));
  cursor.skip_fields(1);
  const std::optional<std::uint64_t> resident = cursor.next_unsigned();
  return resident ? static_cast<double>(*resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) : kUnknown;
}

}  // namespace epsilond::platform
