#include "agent/history/feature_columns.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace epsilond::agent {
namespace {

constexpr std::size_t kNoFeature = std::numeric_limits<std::size_t>::max();

// By whose word a column is a feature; the lower one counts where several columns claim one feature.
enum class Claim : std::uint8_t { kAskedFor, kOwnName, kForeignName };

struct Claimant {
  Claim claim;
  std::size_t feature;
  double factor = 1.0;
  bool adds = false;
  std::string_view note = {};
};

using Claimants = std::vector<std::optional<Claimant>>;

std::optional<Claimant> claimant_of(const std::string& name, std::span<const NameMapping> mappings, bool usual_too) {
  for (const NameMapping& mapping : mappings)
    if (mapping.column == name) return Claimant{Claim::kAskedFor, mapping.feature, mapping.factor, true};
  if (const std::optional<std::size_t> feature = find_feature(name)) return Claimant{Claim::kOwnName, *feature};
  const ForeignName* foreign = find_foreign_name(name);
  if (foreign == nullptr || (foreign->meaning == NameMeaning::kUsual && !usual_too)) return std::nullopt;
  return Claimant{Claim::kForeignName, *find_feature(foreign->feature), foreign->factor, foreign->adds, foreign->note};
}

// True if column `i` gives way to another one that claims the same feature: by a better word, or earlier in the file
// where the two do not add up.
bool gives_way(const Claimants& claimants, std::size_t i) {
  const Claimant& own = *claimants[i];
  for (std::size_t j = 0; j < claimants.size(); ++j) {
    if (j == i || !claimants[j] || claimants[j]->feature != own.feature) continue;
    const Claimant& other = *claimants[j];
    if (other.claim < own.claim) return true;
    if (other.claim == own.claim && j < i && !(other.adds && own.adds)) return true;
  }
  return false;
}

// What each column is to feed; nothing for a column that is no feature.
Claimants settle(std::span<const std::string> names, std::span<const NameMapping> mappings, bool usual_too) {
  Claimants claimants;
  for (const std::string& name : names) claimants.push_back(claimant_of(name, mappings, usual_too));
  Claimants settled = claimants;
  for (std::size_t i = 0; i < claimants.size(); ++i)
    if (claimants[i] && gives_way(claimants, i)) settled[i].reset();
  return settled;
}

std::optional<AppliedMapping> mapping_to_say(const std::string& column, const Claimant& claimant) {
  if (claimant.claim == Claim::kOwnName) return std::nullopt;
  return AppliedMapping{column, features()[claimant.feature].name, claimant.factor, claimant.note};
}

// Of those behind the host's features: a watched service has them.
std::optional<std::size_t> row_called(std::string_view name, std::span<const Feature> table) {
  for (std::size_t row = features().size(); row < table.size(); ++row)
    if (table[row].name == name) return row;
  return std::nullopt;
}

Feature unknown_feature(const std::string& name) {
  Feature feature{.name = name,
                  .unit = {},
                  .description = name,
                  .kind = FeatureKind::kGauge,
                  .field = {},
                  .factor = 1.0,
                  .transform = Transform::kIdentity,
                  .scale = 1.0,
                  .resolution = kUnknownResolution};
  feature.may_be_negative = true;
  return feature;
}

}  // namespace

FeatureColumns FeatureColumns::for_replay(std::span<const std::string> names, std::span<const NameMapping> mappings) {
  FeatureColumns columns;
  const Claimants claimants = settle(names, mappings, false);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const std::optional<Claimant>& claimant = claimants[i]) {
      columns.feed(i, columns.take_row(claimant->feature), claimant->factor);
      if (const auto said = mapping_to_say(names[i], *claimant)) columns.applied_.push_back(*said);
      continue;
    }
    columns.table_.push_back(unknown_feature(names[i]));
    columns.feature_of_row_.push_back(kNoFeature);
    columns.feed(i, columns.table_.size() - 1, 1.0);
  }
  return columns;
}

FeatureColumns FeatureColumns::for_learning(std::span<const std::string> names, std::span<const NameMapping> mappings,
                                            std::vector<Feature> table) {
  FeatureColumns columns;
  columns.table_ = std::move(table);
  for (std::size_t i = 0; i < columns.table_.size(); ++i) columns.feature_of_row_.push_back(i);
  const Claimants claimants = settle(names, mappings, true);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const std::optional<Claimant>& claimant = claimants[i]) {
      columns.feed(i, claimant->feature, claimant->factor);
      if (const auto said = mapping_to_say(names[i], *claimant)) columns.applied_.push_back(*said);
    } else if (const std::optional<std::size_t> row = row_called(names[i], columns.table_)) {
      columns.feed(i, *row, 1.0);
    } else {
      columns.left_out_.push_back(names[i]);
    }
  }
  return columns;
}

std::optional<std::size_t> FeatureColumns::row_of(std::size_t feature) const {
  for (std::size_t row = 0; row < table_.size(); ++row)
    if (feature_of_row_[row] == feature && fed_[row]) return row;
  return std::nullopt;
}

// The row for a feature of the agent: the one it has, or a new one.
std::size_t FeatureColumns::take_row(std::size_t feature) {
  if (const std::optional<std::size_t> row = row_of(feature)) return *row;
  table_.push_back(features()[feature]);
  feature_of_row_.push_back(feature);
  return table_.size() - 1;
}

void FeatureColumns::feed(std::size_t column, std::size_t row, double factor) {
  feeds_.push_back({column, row, factor, table_[row].may_be_negative});
  fed_.set(row);
  as_they_are_ = as_they_are_ && column == row && factor == 1.0 && table_[row].may_be_negative;
}

void FeatureColumns::read(const TableRow& row, Readings& readings) {
  if (as_they_are_) {
    std::copy_n(row.values.data(), feeds_.size(), readings.values.begin());
    readings.present = row.present;
    return;
  }
  readings.present.reset();
  models::PresenceMask absent;
  for (const Feed& feed : feeds_) {
    const bool here = row.present[feed.column];
    const double value = here ? row.values[static_cast<Eigen::Index>(feed.column)] * feed.factor : 0.0;
    if (!here || (value < 0.0 && !feed.may_be_negative)) {
      negative_values_ += here ? 1U : 0U;
      absent[feed.row] = true;
    } else if (readings.present[feed.row]) {
      readings.values[feed.row] += value;
    } else {
      readings.values[feed.row] = value;
      readings.present[feed.row] = true;
    }
  }
  readings.present &= ~absent;
}

}  // namespace epsilond::agent
