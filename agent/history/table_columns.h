#pragma once
// What each column of a table is for: time, label, feature, or nothing.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/result.h"

namespace epsilond::agent {

enum class ColumnRole : std::uint8_t { kIgnored, kTime, kLabel, kFeature };

struct Column {
  std::string name;
  ColumnRole role = ColumnRole::kIgnored;
  std::size_t feature = 0;  // kFeature: its place in the feature vector
};

// Counts what the first rows hold, to tell numeric columns from text.
struct ColumnCensus {
  std::size_t numbers = 0;
  std::size_t texts = 0;
  // True also for a column without any value: it is a feature that is always absent.
  bool numeric() const { return numbers >= texts; }
};

struct ColumnPlan {
  std::vector<Column> columns;             // in the order of the file
  std::vector<std::string> feature_names;  // in the order of the feature vector
  std::vector<std::string> ignored;        // columns that are neither chosen, nor numeric, nor time, nor label
  std::string time_name;                   // "timestamp" (Unix time), "t" or empty
  bool has_label = false;
};

// Which names have a meaning of their own.
enum class NameRules : std::uint8_t {
  kTable,  // `timestamp` (or, without one, `t`) is time, `label` is the label, and neither is ever a feature
  kPrmon,  // `Time` is time and never a feature; `wtime`, the clock of the run, is one only where it is asked for
  kPlain,  // none: time stands outside the columns
};

// Gives every column its role. `wanted` names the features in order; empty means every numeric column. Errors: a name
// twice in the header (kMalformed), a wanted column that is not there or is never a feature (kInvalid), no feature at
// all (kMalformed), a wanted column that is not numeric (kMalformed), more than models::kMaxFeatures features (kInvalid).
platform::Result<ColumnPlan> plan_columns(const std::vector<std::string>& header,
                                          const std::vector<ColumnCensus>& census,
                                          const std::vector<std::string>& wanted,
                                          NameRules rules = NameRules::kTable);

struct FollowedColumns {
  ColumnPlan plan;                   // the features are those of the file that leads, in its order
  std::vector<std::string> remarks;  // what the operator should know about missing and additional columns
};

// The roles of the columns of a file that continues another: by name, as in `lead`. A column that is not there is
// absent, one that `lead` does not have is ignored. kMalformed: no feature of `lead` is there, or a name twice.
platform::Result<FollowedColumns> follow_columns(const std::vector<std::string>& header, const ColumnPlan& lead);

}  // namespace epsilond::agent
