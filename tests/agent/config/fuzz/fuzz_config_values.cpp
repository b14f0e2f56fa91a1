// Any text as a value of each type: it is refused, or its formatted text is read back as the same value.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config_values.h"

using namespace epsilond::agent;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void duration(std::string_view text) {
  double seconds = 0;
  double again = 0;
  if (parse_duration(text, &seconds)) return;
  require(std::isfinite(seconds));
  require(!parse_duration(format_duration(seconds), &again) && again == seconds);
}

// Exact only for what the ranges of the keys allow; subnormal ratios lose digits when multiplied.
void percent(std::string_view text) {
  double ratio = 0;
  double again = 0;
  if (parse_percent(text, &ratio)) return;
  require(std::isfinite(ratio));
  if (ratio < 1e-6 || ratio > 1.0) return;
  require(!parse_percent(format_percent(ratio), &again) && again == ratio);
}

void number(std::string_view text) {
  double value = 0;
  double again = 0;
  if (!parse_number(text, &value)) require(!parse_number(format_number(value), &again) && again == value);
  if (!parse_integer(text, &value)) require(value == std::trunc(value));
}

void m_of_n(std::string_view text) {
  unsigned m = 0;
  unsigned n = 0;
  if (!parse_m_of_n(text, &m, &n)) require(1 <= m && m <= n && n <= 64);
}

void endpoint(std::string_view text) {
  for (const std::uint16_t default_port : {std::uint16_t{0}, std::uint16_t{514}}) {
    epsilond::platform::Endpoint parsed;
    epsilond::platform::Endpoint again;
    if (parse_target(text, default_port, &parsed)) continue;
    require(parsed.port != 0);
    require(!parse_target(epsilond::platform::format_endpoint(parsed).view(), 0, &again) && again == parsed);
  }
}

void windows(std::string_view text) {
  std::vector<MuteConfig> parsed;
  std::vector<MuteConfig> again;
  if (parse_windows(text, &parsed)) return;
  require(!parsed.empty() && parsed.size() <= kMaxMuteWindows);
  require(!parse_windows(format_windows(parsed), &again) && again == parsed);
}

void list(std::string_view text) {
  epsilond::models::PresenceMask mask;
  if (!parse_feature_list(text, "default", all_features(), &mask))
    require((mask.any() || !dotted_words(text).empty()) && (mask & ~all_features()).none());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto parse : {duration, percent, number, m_of_n, endpoint, windows, list}) parse(text);
  return 0;
}
