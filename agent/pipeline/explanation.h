#pragma once
// Shares into words: which features made a moment strange, and the sentence that says so to a person.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "agent/pipeline/episode.h"
#include "agent/pipeline/feature_table.h"
#include "agent/pipeline/snapshot.h"
#include "platform/emit/flag.h"
#include "platform/fixed_string.h"

namespace epsilond::agent {

// How the numbers of a model are to be read.
struct ModelView {
  std::span<const Feature> table;        // see features_for()
  std::span<const std::size_t> columns;  // column i of the model is this row of the feature table
  bool transformed = true;               // the model sees transformed values
  bool knows_hours = false;  // what is usual is known for this hour, not only for the day
  double learned_s = 0.0;
  double interval_s = 1.0;
};

// "7.9 GB", "212 MB/s", "97 %", "200", "5.2 k/s"; of an unknown unit three digits, "0.00124".
platform::FixedString<32> format_quantity(double value, std::string_view unit);
// "2.2 ± 0.2 GB": a mean and a standard deviation in one unit.
platform::FixedString<48> format_usual(double mean, double sd, std::string_view unit);
// "2 min 5 s".
platform::FixedString<32> format_duration(double seconds);
// "once in 40 days": how often a healthy machine looks like this. Nothing is claimed beyond a hundred times what was
// learned; then it says so.
platform::FixedString<64> format_rarity(double surprise, double interval_s, double learned_s);

// How many features an episode event carries at the most.
inline constexpr std::size_t kMaxNamedFeatures = 5;

// True if the feature that rank_features() would name first bears its whole blame: it is no symptom of something else.
bool cause_leads(const Snapshot& snapshot, const ModelView& view);

// The column of the model that rank_features() would name first, were it not for those of `passed_over`; nothing where
// no other column is present.
std::optional<std::size_t> leading_column(const Snapshot& snapshot, const ModelView& view,
                                          const models::PresenceMask& passed_over = {});

// What the model expected of its column `column`, in natural units.
struct Usual {
  double mean = 0.0;
  double sd = 0.0;  // half of what lies between one sd below and one above
};
Usual usual(const Snapshot& snapshot, const ModelView& view, std::size_t column);

// Fills flag.features with up to `limit` present features, largest share first, then largest |z|.
void rank_features(const Snapshot& snapshot, const ModelView& view, std::size_t limit, platform::Flag& flag);

// Fills flag.features and flag.text, which names flag.processes, for an episode event; `now` is the newest moment. Names only what is odd (a share, or
// |z| >= 3), and at least one feature. `accepted`, for LEARNED: the newest moment scored by what was just accepted; the
// text then says what is usual from now on, of the features of which that has moved by 3 sd or more.
void explain(platform::FlagEvent event, const Episode& episode, const Snapshot& now, const ModelView& view,
             platform::Flag& flag, const models::Score* accepted = nullptr);

}  // namespace epsilond::agent
