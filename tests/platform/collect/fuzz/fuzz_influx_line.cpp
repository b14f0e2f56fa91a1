// Any bytes as an Influx line: refused, or read as something that keeps to its bounds.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/collect/influx_line.h"
#include "tests/platform/collect/fuzz/told_fuzz.h"

using namespace epsilond::platform;
using namespace epsilond::tests;

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
