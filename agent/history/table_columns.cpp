#include "agent/history/table_columns.h"

#include <algorithm>
#include <utility>

#include "agent/config/config_suggest.h"
#include "models/observation.h"

namespace epsilond::agent {
namespace {

using platform::Error;
using platform::ErrorCode;
using platform::make_error;
using platform::Result;

bool never_a_feature(std::string_view name) { return name == "timestamp" || name == "t" || name == "label"; }

Result<void> check_unique(const std::vector<std::string>& header) {
  std::vector<std::string_view> sorted(header.begin(), header.end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end(),
                                        [](std::string_view a, std::string_view b) { return !a.empty() && a == b; });
  if (twice == sorted.end()) return {};
  return make_error(ErrorCode::kMalformed, 0, "the header names the column '%.60s' twice", std::string(*twice).c_str());
}

Error no_such_column(const std::string& name, const std::vector<std::string>& header) {
  const std::vector<std::string_view> names(header.begin(), header.end());
  const std::string_view near = closest(name, names);
  if (near.empty()) return make_error(ErrorCode::kInvalid, 0, "there is no column '%.60s'", name.c_str());
  return make_error(ErrorCode::kInvalid, 0, "there is no column '%.50s': did you mean '%.50s'?", name.c_str(),
                    std::string(near).c_str());
}

Result<void> choose_wanted(ColumnPlan& plan, const std::vector<std::string>& header,
                           const std::vector<ColumnCensus>& census, const std::vector<std::string>& wanted) {
  for (const std::string& name : wanted) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (name.empty() || found == header.end()) return no_such_column(name, header);
    if (never_a_feature(name))
      return make_error(ErrorCode::kInvalid, 0, "the column '%s' is never a feature", name.c_str());
    const auto index = static_cast<std::size_t>(found - header.begin());
    if (plan.columns[index].role == ColumnRole::kFeature)
      return make_error(ErrorCode::kInvalid, 0, "the column '%.60s' is asked for twice", name.c_str());
    if (!census[index].numeric())
      return make_error(ErrorCode::kMalformed, 0, "the column '%.60s' does not hold numbers", name.c_str());
    plan.columns[index].role = ColumnRole::kFeature;
    plan.columns[index].feature = plan.feature_names.size();
    plan.feature_names.push_back(name);
  }
  return {};
}

void choose_numeric(ColumnPlan& plan, const std::vector<ColumnCensus>& census) {
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    Column& column = plan.columns[i];
    if (column.role != ColumnRole::kIgnored) continue;
    if (never_a_feature(column.name) || column.name.empty() || !census[i].numeric()) {
      plan.ignored.push_back(column.name);
      continue;
    }
    column.role = ColumnRole::kFeature;
    column.feature = plan.feature_names.size();
    plan.feature_names.push_back(column.name);
  }
}

}  // namespace

Result<ColumnPlan> plan_columns(const std::vector<std::string>& header, const std::vector<ColumnCensus>& census,
                                const std::vector<std::string>& wanted) {
  if (Result<void> unique = check_unique(header); !unique) return unique.error();
  ColumnPlan plan;
  const bool has_timestamp = std::find(header.begin(), header.end(), "timestamp") != header.end();
  for (const std::string& name : header) {
    Column column{.name = name};
    if (name == (has_timestamp ? "timestamp" : "t")) {
      column.role = ColumnRole::kTime;
      plan.time_name = name;
    } else if (name == "label") {
      column.role = ColumnRole::kLabel;
      plan.has_label = true;
    }
    plan.columns.push_back(std::move(column));
  }
  if (wanted.empty()) {
    choose_numeric(plan, census);
  } else if (Result<void> chosen = choose_wanted(plan, header, census, wanted); !chosen) {
    return chosen.error();
  }
  if (plan.feature_names.empty()) return make_error(ErrorCode::kMalformed, 0, "no column holds numbers to score");
  if (plan.feature_names.size() > models::kMaxFeatures)
    return make_error(ErrorCode::kInvalid, 0, "%zu numeric columns, at most %zu are scored: choose with --columns a,b",
                      plan.feature_names.size(), models::kMaxFeatures);
  return plan;
}

}  // namespace epsilond::agent
