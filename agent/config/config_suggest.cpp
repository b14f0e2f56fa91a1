#include "agent/config/config_suggest.h"

#include <algorithm>
#include <array>

namespace epsilond::agent {
namespace {

constexpr std::size_t kMaxLength = 63;
constexpr std::size_t kMinPrefix = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kMaxLength);
  b = b.substr(0, kMaxLength);
  // Three rows of the table are enough: a swap of neighbours looks two rows back.
  using Row = std::array<std::size_t, kMaxLength + 1>;
  std::array<Row, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    Row& row = rows[i % 3];
    const Row& above = rows[(i + 2) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], rows[(i + 1) % 3][j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

std::string_view closest(std::string_view text, std::span<const std::string_view> candidates) {
  if (text.empty() || text.size() > kMaxLength) return {};
  const std::size_t limit = std::max<std::size_t>(1, text.size() / 3);
  std::size_t best_distance = limit + 1;
  std::string_view best;
  std::string_view beginning;
  std::size_t beginnings = 0;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(text, candidate);
    if (distance < best_distance && distance < candidate.size()) {
      best_distance = distance;
      best = candidate;
    }
    if (text.size() >= kMinPrefix && candidate.starts_with(text)) {
      beginning = candidate;
      ++beginnings;
    }
  }
  if (best.empty() && beginnings == 1) return beginning;
  return best;
}

}  // namespace epsilond::agent
