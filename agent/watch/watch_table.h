#pragma once
// The features of a watched service, and where they stand in the table of the agent: behind those of the host, watch by
// watch in the order of the configuration, each named NAME.FEATURE.

#include <bitset>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "agent/pipeline/feature_table.h"
#include "models/observation.h"
#include "platform/watch/tree_usage.h"

namespace epsilond::agent {

// Names are without a prefix. `field` is what of the host the service's figure is a part of, which says where the
// processes behind it are to be looked for.
std::span<const Feature> watch_features();
platform::UsageField usage_field(std::size_t watch_feature);
// Only control groups know it.
bool needs_cgroup(std::size_t watch_feature);

// Leaves of `chosen` (bit i = row i of watch_features()) the `most` that tell most of a service.
void keep_most_telling(std::bitset<kWatchFeatureCount>& chosen, std::size_t most);

// How many rows there are room for, over all watches.
std::size_t most_watch_rows();
std::size_t watch_rows(std::span<const WatchConfig> watches);

// Rows of the agent's table that "NAME.FEATURE" stands for, FEATURE may end in * as in any list; none if there is no such
// watch, or it has no such feature.
models::PresenceMask find_watch_rows(std::span<const WatchConfig> watches, std::string_view name);
// All rows of all watches.
models::PresenceMask all_watch_rows(std::span<const WatchConfig> watches);

// The rows themselves; what they are called lives here and must outlive the tables.
class WatchRows {
 public:
  explicit WatchRows(std::span<const WatchConfig> watches);

  // `table` (features_for()) with the rows behind it.
  std::vector<Feature> behind(std::vector<Feature> table) const;

 private:
  struct Row {
    std::size_t feature;  // of watch_features()
    std::string name;
    std::string description;
  };
  std::vector<Row> rows_;
};

}  // namespace epsilond::agent
