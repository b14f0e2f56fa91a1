#pragma once
// proc_loadavg(5): "0.21 0.11 0.04 3/91 7448".

#include <cstdint>
#include <string_view>

#include "platform/result.h"

namespace epsilond::platform {

struct LoadAvg {
  double load_1min = 0.0;  // runnable or uninterruptible tasks, exponentially averaged, in steps of 0.01
  double load_5min = 0.0;
  double load_15min = 0.0;
  std::uint64_t total_tasks = 0;  // all threads of all processes, kernel threads included
};

// kMalformed if a field is missing, negative or no number.
Result<LoadAvg> parse_loadavg(std::string_view text);

}  // namespace epsilond::platform
