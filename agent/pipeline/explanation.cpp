#include "agent/pipeline/explanation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <span>
#include <string_view>

#include "agent/pipeline/culprits.h"
#include "models/elementary.h"

namespace epsilond::agent {
namespace {

using platform::Flag;
using platform::FlagEvent;
using platform::FlagFeature;

constexpr std::size_t kNamedInText = 3;
constexpr double kWorthNaming = 3.0;  // |z| below this is not odd by itself
constexpr double kLargestExtrapolation = 100.0;  // of the time that was learned: nothing is claimed beyond
constexpr double kSecondsPerYear = 365.25 * 86400.0;
constexpr const char* kUnknownScale = "%.3g";  // without a unit nobody knows which decimals matter
constexpr std::string_view kPlusMinus = " \u00b1 ";

template <std::size_t N, typename... Arguments>
platform::FixedString<N> print(const char* format, Arguments... arguments) {
  char text[N + 1];
  std::snprintf(text, sizeof text, format, arguments...);
  return platform::FixedString<N>(std::string_view(text));
}

// What a magnitude is divided by, and what is written behind the number.
struct UnitText {
  double divisor = 1.0;
  platform::FixedString<12> suffix;
};

UnitText unit_text(double magnitude, std::string_view unit) {
  UnitText text;
  if (unit == "ratio") {
    text.divisor = 0.01;
    text.suffix.assign(" %");
    return text;
  }
  const bool bytes = unit.starts_with("bytes");
  const char* prefix = "";
  struct Step {
    double divisor;
    const char* prefix;
  };
  constexpr std::array kSteps = {Step{1e12, "T"}, Step{1e9, "G"}, Step{1e6, "M"}, Step{1e3, "k"}};
  for (const Step& step : kSteps) {
    // Counts stay as they are up to a hundred thousand: "200 zombies", not "0.2 k".
    if (std::fabs(magnitude) < (bytes ? step.divisor * 0.9995 : std::max(step.divisor, 1e5))) continue;
    text.divisor = step.divisor;
    prefix = step.prefix;
    break;
  }
  if (bytes || *prefix != '\0') text.suffix.append(" ");
  text.suffix.append(prefix);
  if (bytes) text.suffix.append("B");
  if (unit.ends_with("/s")) text.suffix.append("/s");
  return text;
}

// Decimals that show a number of this magnitude in two significant digits, at most two of them.
int decimals_of(double magnitude) { return magnitude >= 9.95 ? 0 : magnitude >= 0.095 ? 1 : 2; }

platform::FixedString<24> number_text(double scaled, int decimals) {
  if (scaled == std::floor(scaled)) decimals = 0;
  return print<24>("%.*f", decimals, scaled);
}

double natural(const Feature& feature, bool transformed, double value) {
  return transformed ? invert_transform(feature, value) : value;
}

void append_feature(const FlagFeature& named, const Feature& feature, bool with_hour,
                    platform::FixedString<1024>& text) {
  text.append(feature.description);
  text.append(" ");
  text.append(format_quantity(named.value, feature.unit));
  text.append(" (usual ");
  text.append(format_usual(named.mean, named.sd, feature.unit));
  text.append(with_hour ? " at this hour)" : ")");
}

double at(const models::FeatureVector& vector, std::size_t i) { return vector[static_cast<Eigen::Index>(i)]; }

// The present columns, the one to name first at the front.
struct Ranking {
  std::array<std::size_t, models::kMaxFeatures> order{};
  std::size_t count = 0;
};

// Is column `a` to be named before column `b`?
bool comes_first(const models::Score& score, std::size_t a, std::size_t b) {
  if (at(score.share, a) != at(score.share, b)) return at(score.share, a) > at(score.share, b);
  const double za = std::fabs(at(score.z, a));
  const double zb = std::fabs(at(score.z, b));
  return za != zb ? za > zb : a < b;
}

Ranking rank(const Snapshot& snapshot, const ModelView& view) {
  Ranking ranking;
  for (std::size_t i = 0; i < view.columns.size(); ++i)
    if (snapshot.readings.present.test(view.columns[i])) ranking.order[ranking.count++] = i;
  const auto end = ranking.order.begin() + static_cast<std::ptrdiff_t>(ranking.count);
  std::sort(ranking.order.begin(), end,
            [&](std::size_t a, std::size_t b) { return comes_first(snapshot.score, a, b); });
  return ranking;
}

void name_features(const Snapshot& snapshot, const ModelView& view, const Ranking& ranking, std::size_t limit,
                   Flag& flag) {
  const models::Score& score = snapshot.score;
  flag.feature_count = 0;
  for (std::size_t place = 0; place < std::min({limit, ranking.count, flag.features.size()}); ++place) {
    const std::size_t i = ranking.order[place];
    const Feature& feature = view.table[view.columns[i]];
    FlagFeature& named = flag.features[flag.feature_count++];
    named.name = feature.name;
    named.value = snapshot.readings.values[view.columns[i]];
    const Usual expected = usual(snapshot, view, i);
    named.mean = expected.mean;
    named.sd = expected.sd;
    named.z = at(score.z, i);
    named.share = at(score.share, i);
  }
}

// The features that name_features() put into `flag`, comma-separated; "at this hour" is said once.
void append_features(const Flag& flag, const ModelView& view, const Ranking& ranking,
                     platform::FixedString<1024>& text) {
  for (std::size_t i = 0; i < std::min(flag.feature_count, kNamedInText); ++i) {
    if (i > 0) text.append(", ");
    append_feature(flag.features[i], view.table[view.columns[ranking.order[i]]], i == 0 && view.knows_hours, text);
  }
}

// Keeps what is odd; the first is kept in any case.
void drop_unremarkable(Flag& flag) {
  const auto odd = [](const FlagFeature& named) { return named.share > 0.0 || std::fabs(named.z) >= kWorthNaming; };
  while (flag.feature_count > 1 && !odd(flag.features[flag.feature_count - 1])) --flag.feature_count;
}

Usual usual_of(const models::Score& score, const ModelView& view, std::size_t column) {
  const Feature& feature = view.table[view.columns[column]];
  const double mean = at(score.mean, column);
  const double sd = at(score.sd, column);
  Usual expected;
  expected.mean = natural(feature, view.transformed, mean);
  // A mean below zero of what is never negative is only rounding of the transform.
  if (!feature.may_be_negative) expected.mean = std::max(0.0, expected.mean);
  expected.sd = (natural(feature, view.transformed, mean + sd) - natural(feature, view.transformed, mean - sd)) / 2.0;
  return expected;
}

// By how many of its standard deviations before the level of a column has moved.
double moved_by(const models::Score& before, const models::Score& after, std::size_t column) {
  const double sd = at(before.sd, column);
  return sd > 0.0 ? std::fabs(at(after.mean, column) - at(before.mean, column)) / sd : 0.0;
}

// "memory used 4.1 ± 0.1 GB (before 0.6 ± 0.2 GB)" for each level that has moved, the farthest first; false, and
// nothing, where none has.
bool append_new_usual(const models::Score& before, const models::Score& after, const ModelView& view,
                      platform::FixedString<1024>& text) {
  models::PresenceMask told;
  for (std::size_t place = 0; place < kNamedInText; ++place) {
    std::size_t farthest = view.columns.size();
    for (std::size_t i = 0; i < view.columns.size(); ++i) {
      const double moved = moved_by(before, after, i);
      if (told[i] || !(moved >= kWorthNaming)) continue;
      if (farthest == view.columns.size() || moved > moved_by(before, after, farthest)) farthest = i;
    }
    if (farthest == view.columns.size()) break;
    told.set(farthest);
    const Feature& feature = view.table[view.columns[farthest]];
    const Usual now = usual_of(after, view, farthest);
    const Usual was = usual_of(before, view, farthest);
    if (place > 0) text.append(", ");
    text.append(feature.description);
    text.append(" ");
    text.append(format_usual(now.mean, now.sd, feature.unit));
    text.append(" (before ");
    text.append(format_usual(was.mean, was.sd, feature.unit));
    text.append(")");
  }
  return told.any();
}

// How an episode ended.
void append_ending(FlagEvent event, const models::Score& peak, const models::Score* accepted, const ModelView& view,
                   const Ranking& ranking, Flag& flag) {
  flag.text.append(event == FlagEvent::kCleared ? "back to usual after " : "accepted as the new usual after ");
  flag.text.append(format_duration(flag.duration_s));
  if (accepted != nullptr) {
    const platform::FixedString<1024> begun = flag.text;
    flag.text.append(": ");
    if (append_new_usual(peak, *accepted, view, flag.text)) return;
    flag.text = begun;
  }
  flag.text.append("; at its strangest ");
  append_features(flag, view, ranking, flag.text);
}

}  // namespace

Usual usual(const Snapshot& snapshot, const ModelView& view, std::size_t column) {
  return usual_of(snapshot.score, view, column);
}

platform::FixedString<32> format_quantity(double value, std::string_view unit) {
  if (unit.empty()) return print<32>(kUnknownScale, value);
  const UnitText text = unit_text(value, unit);
  platform::FixedString<32> quantity(number_text(value / text.divisor, decimals_of(std::fabs(value / text.divisor))).view());
  quantity.append(text.suffix);
  return quantity;
}

platform::FixedString<48> format_usual(double mean, double sd, std::string_view unit) {
  if (unit.empty()) {
    platform::FixedString<48> bare(print<24>(kUnknownScale, mean).view());
    bare.append(kPlusMinus);
    bare.append(print<24>(kUnknownScale, sd));
    return bare;
  }
  const UnitText text = unit_text(std::max(std::fabs(mean), sd), unit);
  const int decimals = decimals_of((sd > 0.0 ? sd : std::fabs(mean)) / text.divisor);
  platform::FixedString<48> usual(number_text(mean / text.divisor, decimals).view());
  usual.append(kPlusMinus);
  usual.append(number_text(sd / text.divisor, decimals));
  usual.append(text.suffix);
  return usual;
}

platform::FixedString<32> format_duration(double seconds) {
  const double whole = std::floor(seconds + 0.5);
  if (seconds < 9.95 && whole != seconds) return print<32>("%.1f s", seconds);
  if (whole < 60.0) return print<32>("%.0f s", whole);
  if (whole < 3600.0) return print<32>("%.0f min %.0f s", std::floor(whole / 60.0), std::fmod(whole, 60.0));
  if (whole < 86400.0) return print<32>("%.0f h %.0f min", std::floor(whole / 3600.0), std::floor(std::fmod(whole, 3600.0) / 60.0));
  return print<32>("%.0f d %.0f h", std::floor(whole / 86400.0), std::floor(std::fmod(whole, 86400.0) / 3600.0));
}

platform::FixedString<64> format_rarity(double surprise, double interval_s, double learned_s) {
  const double seconds = interval_s / models::kDeclusteringFactor * models::exp(std::numbers::ln10 * surprise);
  if (!(seconds < kLargestExtrapolation * learned_s)) {
    platform::FixedString<64> text("beyond anything seen in ");
    text.append(format_duration(learned_s));
    return text;
  }
  if (seconds >= 2.0 * kSecondsPerYear) return print<64>("once in %.0f years", seconds / kSecondsPerYear);
  if (seconds >= 2.0 * 86400.0) return print<64>("once in %.0f days", seconds / 86400.0);
  if (seconds >= 2.0 * 3600.0) return print<64>("once in %.0f hours", seconds / 3600.0);
  if (seconds >= 120.0) return print<64>("once in %.0f minutes", seconds / 60.0);
  return print<64>("once in %.0f seconds", std::max(2.0, seconds));
}

bool cause_leads(const Snapshot& snapshot, const ModelView& view) {
  const std::optional<std::size_t> leading = leading_column(snapshot, view);
  return leading && view.table[view.columns[*leading]].blame >= 1.0;
}

std::optional<std::size_t> leading_column(const Snapshot& snapshot, const ModelView& view,
                                          const models::PresenceMask& passed_over) {
  std::optional<std::size_t> leading;
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    if (!snapshot.readings.present[view.columns[i]] || passed_over[i]) continue;
    if (!leading || comes_first(snapshot.score, i, *leading)) leading = i;
  }
  return leading;
}

void rank_features(const Snapshot& snapshot, const ModelView& view, std::size_t limit, Flag& flag) {
  name_features(snapshot, view, rank(snapshot, view), limit, flag);
}

void explain(FlagEvent event, const Episode& episode, const Snapshot& now, const ModelView& view, Flag& flag,
             const models::Score* accepted) {
  // RAISED and the endings speak of the strangest moment; ONGOING of the present one.
  const Snapshot& told = episode.told_of(event, now);
  const Ranking ranking = rank(told, view);
  name_features(told, view, ranking, kMaxNamedFeatures, flag);
  drop_unremarkable(flag);
  flag.text.clear();
  if (event == FlagEvent::kCleared || event == FlagEvent::kLearned) {
    append_ending(event, told.score, accepted, view, ranking, flag);
    return;
  }
  append_features(flag, view, ranking, flag.text);
  append_culprits(std::span(flag.processes).first(flag.process_count), flag.text);
  if (event == FlagEvent::kOngoing) {
    flag.text.append("; for ");
    flag.text.append(format_duration(flag.duration_s));
  }
  if (told.score.surprise > 0.0) {
    flag.text.append("; ");
    flag.text.append(format_rarity(told.score.surprise, view.interval_s, view.learned_s));
  }
}

}  // namespace epsilond::agent
