// Any bytes as an Influx line: refused, or read as something that keeps to its bounds.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "platform/collect/influx_line.h"

using namespace epsilond::platform;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool in_bounds(double value) { return std::isnan(value) || std::fabs(value) <= kLargestTold; }

bool is_plain(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  HostReport report;
  if (read_influx_line({reinterpret_cast<const char*>(data), size}, report) != ReadFate::kRead) return 0;
  require(!report.host.empty() && !report.model.empty());
  for (const std::string_view text :
       {report.host.view(), report.model.view(), report.cluster.view(), report.role.view(), report.top_feature.view()})
    require(is_plain(text));
  for (const double value : {report.log_super_epsilon, report.expected, report.variance, report.surprise,
                             report.threshold, report.learning_ratio})
    require(in_bounds(value));
  require(std::isnan(report.variance) || report.variance >= 0.0);
  require(std::isnan(report.learning_ratio) || (report.learning_ratio >= 0.0 && report.learning_ratio <= 1.0));
  require(report.time_ns >= 0);
  return 0;
}
