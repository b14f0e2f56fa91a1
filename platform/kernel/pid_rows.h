#pragma once
// Rows with a pid each, in the order of their numbers or not.

#include <algorithm>
#include <cstdint>
#include <span>

namespace epsilond::platform {

// The row of `pid`, by halves where `sorted`; null if there is none.
template <typename Row>
Row* find_pid(std::span<Row> rows, bool sorted, std::int32_t pid) {
  const auto found =
      sorted ? std::partition_point(rows.begin(), rows.end(), [pid](const Row& row) { return row.pid < pid; })
             : std::find_if(rows.begin(), rows.end(), [pid](const Row& row) { return row.pid == pid; });
  return found != rows.end() && found->pid == pid ? &*found : nullptr;
}

}  // namespace epsilond::platform
