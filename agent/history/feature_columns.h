#pragma once
// Which row of a feature table each column of a file feeds, by its name; and the readings that a row of the file gives.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/feature_names.h"
#include "agent/history/row_source.h"
#include "agent/pipeline/feature_table.h"

namespace epsilond::agent {

// What is nothing in a column of which neither meaning nor unit is known: the smallest standard deviation of recipe A
// of docs/models.md (a variance of 1e-12). The floors that matter, 2 % of the level and a third of the smallest step,
// HostDetector takes from the column itself; this one only lets a column have a Gaussian that was always exactly 0.
inline constexpr double kUnknownResolution = 1e-6;

// One column of the file that is taken as a feature under another name.
struct AppliedMapping {
  std::string_view column;
  std::string_view feature;
  double factor = 1.0;
  std::string_view note;  // of ForeignName; may be empty
};

// Views into the names handed to the makers, which must outlive it.
class FeatureColumns {
 public:
  // For a replay: every column has its row, in the order of the file. A column named or mapped as a feature gets that
  // row of features(), any other a row of its own with kUnknownResolution. Of foreign names only those that mean one
  // thing count.
  static FeatureColumns for_replay(std::span<const std::string> names, std::span<const NameMapping> mappings);
  // For learning: `table` is features_for() a machine, and services behind it; any other column is left out.
  static FeatureColumns for_learning(std::span<const std::string> names, std::span<const NameMapping> mappings,
                                     std::vector<Feature> table);

  const std::vector<Feature>& table() const { return table_; }
  // Rows of the table that a column feeds.
  const models::PresenceMask& fed() const { return fed_; }
  std::span<const AppliedMapping> applied() const { return applied_; }
  std::span<const std::string_view> left_out() const { return left_out_; }
  // The row of the table that is row `feature` of features(); nothing where no column feeds it.
  std::optional<std::size_t> row_of(std::size_t feature) const;

  // The readings of one row of the file. `readings.elapsed_s` is not touched. A value below 0 where nothing can be
  // negative is absent, and so is a sum of which a part is.
  void read(const TableRow& row, Readings& readings);
  std::uint64_t negative_values() const { return negative_values_; }

 private:
  struct Feed {
    std::size_t column;  // of TableRow::values
    std::size_t row;     // of the table
    double factor;
    bool may_be_negative;
  };

  std::size_t take_row(std::size_t feature);
  void feed(std::size_t column, std::size_t row, double factor);

  std::vector<Feature> table_;
  std::vector<std::size_t> feature_of_row_;  // row of features(), or kNoFeature
  std::vector<Feed> feeds_;
  bool as_they_are_ = true;  // column i is row i, in its own unit, of either sign
  models::PresenceMask fed_;
  std::vector<AppliedMapping> applied_;
  std::vector<std::string_view> left_out_;
  std::uint64_t negative_values_ = 0;
};

}  // namespace epsilond::agent
