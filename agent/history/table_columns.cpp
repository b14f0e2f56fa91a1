#include "agent/history/table_columns.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "agent/config/config_suggest.h"
#include "models/observation.h"

namespace epsilond::agent {
namespace {

using platform::Error;
using platform::ErrorCode;
using platform::make_error;
using platform::Result;

constexpr std::string_view kClockOfTheRun = "wtime";

bool never_a_feature(std::string_view name, NameRules rules) {
  if (rules == NameRules::kTable) return name == "timestamp" || name == "t" || name == "label";
  return rules == NameRules::kPrmon && name == "Time";
}

ColumnRole role_by_name(std::string_view name, NameRules rules, bool has_timestamp) {
  if (rules == NameRules::kPlain) return ColumnRole::kIgnored;
  if (rules == NameRules::kPrmon) return name == "Time" ? ColumnRole::kTime : ColumnRole::kIgnored;
  if (name == "label") return ColumnRole::kLabel;
  return name == (has_timestamp ? "timestamp" : "t") ? ColumnRole::kTime : ColumnRole::kIgnored;
}

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
                           const std::vector<ColumnCensus>& census, const std::vector<std::string>& wanted,
                           NameRules rules) {
  for (const std::string& name : wanted) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (name.empty() || found == header.end()) return no_such_column(name, header);
    if (never_a_feature(name, rules))
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

void choose_numeric(ColumnPlan& plan, const std::vector<ColumnCensus>& census, NameRules rules) {
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    Column& column = plan.columns[i];
    if (column.role != ColumnRole::kIgnored) continue;
    if (rules == NameRules::kPrmon && column.name == kClockOfTheRun) continue;
    if (never_a_feature(column.name, rules) || column.name.empty() || !census[i].numeric()) {
      plan.ignored.push_back(column.name);
      continue;
    }
    column.role = ColumnRole::kFeature;
    column.feature = plan.feature_names.size();
    plan.feature_names.push_back(column.name);
  }
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Result<ColumnPlan> plan_columns(const std::vector<std::string>& header, const std::vector<ColumnCensus>& census,
                                const std::vector<std::string>& wanted, NameRules rules) {
  if (Result<void> unique = check_unique(header); !unique) return unique.error();
  ColumnPlan plan;
  const bool has_timestamp = std::find(header.begin(), header.end(), "timestamp") != header.end();
  if (rules == NameRules::kPlain) plan.time_name = "timestamp";
  for (const std::string& name : header) {
    plan.columns.push_back({.name = name, .role = role_by_name(name, rules, has_timestamp)});
    if (plan.columns.back().role == ColumnRole::kTime) plan.time_name = rules == NameRules::kTable ? name : "timestamp";
    plan.has_label |= plan.columns.back().role == ColumnRole::kLabel;
  }
  if (wanted.empty()) {
    choose_numeric(plan, census, rules);
  } else if (Result<void> chosen = choose_wanted(plan, header, census, wanted, rules); !chosen) {
    return chosen.error();
  }
  if (plan.feature_names.empty()) return make_error(ErrorCode::kMalformed, 0, "no column holds numbers to score");
  if (plan.feature_names.size() > models::kMaxFeatures)
    return make_error(ErrorCode::kInvalid, 0, "%zu numeric columns, at most %zu are scored: choose with --columns a,b",
                      plan.feature_names.size(), models::kMaxFeatures);
  return plan;
}

Result<FollowedColumns> follow_columns(const std::vector<std::string>& header, const ColumnPlan& lead) {
  if (Result<void> unique = check_unique(header); !unique) return unique.error();
  std::unordered_map<std::string_view, const Column*> known;
  for (const Column& column : lead.columns) known.emplace(column.name, &column);
  FollowedColumns followed;
  ColumnPlan& plan = followed.plan;
  plan.feature_names = lead.feature_names;
  plan.time_name = lead.time_name;
  plan.has_label = lead.has_label;
  std::size_t features = 0;
  for (const std::string& name : header) {
    const auto found = known.find(name);
    plan.columns.push_back(found != known.end() ? *found->second : Column{.name = name});
    if (found == known.end() && !name.empty()) plan.ignored.push_back(name);
    if (found != known.end()) known.erase(found);
    features += plan.columns.back().role == ColumnRole::kFeature ? 1U : 0U;
  }
  if (features == 0) return make_error(ErrorCode::kMalformed, 0, "it has none of the columns of the first file");
  std::vector<std::string> missing;
  for (const Column& column : lead.columns)
    if (column.role != ColumnRole::kIgnored && known.contains(column.name)) missing.push_back(column.name);
  if (!missing.empty()) followed.remarks.push_back("absent here, in the first file: " + joined(missing));
  if (!plan.ignored.empty())
    followed.remarks.push_back("ignored, not in the first file: " + joined(plan.ignored));
  return followed;
}

}  // namespace epsilond::agent
