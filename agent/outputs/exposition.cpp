#include "agent/outputs/exposition.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "agent/outputs/model_reading.h"
#include "agent/pipeline/feature_arithmetic.h"
#include "platform/emit/flag_format.h"
#include "platform/emit/number_text.h"
#include "platform/emit/reading.h"

namespace epsilond::agent {
namespace {

using platform::FlagEvent;
using platform::TextWriter;

constexpr std::size_t kFixedBytes = 6144;  // every HELP and TYPE, and what there is one of
constexpr std::size_t kLineBytes = 192;    // names of at most 40, 31 and 56 bytes, and a number

struct Family {
  std::string_view name;
  std::string_view type;
  std::string_view help;
};

void put_family(TextWriter& out, std::string_view name, std::string_view type, std::string_view help) {
  for (const std::string_view piece :
       {std::string_view("# HELP epsilond_"), name, std::string_view(" "), help, std::string_view("\n# TYPE epsilond_"),
        name, std::string_view(" "), type, std::string_view("\n")})
    out.put(piece);
}

struct Label {
  std::string_view name;
  std::string_view value;
};

void put_label(TextWriter& out, char before, const Label& label) {
  out.put(before);
  out.put(label.name);
  out.put("=\"");
  for (const char c : label.value) {
    if (c == '"' || c == '\\') out.put('\\');
    out.put(c == '\n' ? ' ' : c);
  }
  out.put('"');
}

void put_sample(TextWriter& out, std::string_view name, double value, Label first = {}, Label second = {}) {
  if (!std::isfinite(value)) return;
  out.put("epsilond_");
  out.put(name);
  if (!first.name.empty()) put_label(out, '{', first);
  if (!second.name.empty()) put_label(out, ',', second);
  if (!first.name.empty()) out.put('}');
  out.put(' ');
  platform::put_number(out, value, platform::kReadingDigits);
  out.put('\n');
}

void put_models(TextWriter& out, const Pipeline& pipeline) {
  for (const platform::ReadingField& field : platform::reading_fields()) {
    put_family(out, field.name, "gauge", field.help);
    for (const auto& watcher : pipeline.watchers())
      put_sample(out, field.name, reading_of(*watcher).*field.value, {"model", watcher->name()});
  }
}

void put_feature(TextWriter& out, const Watcher& watcher, std::size_t column, std::string_view name,
                 double FeatureArithmetic::*value) {
  if (watcher.latest().score.status != models::ScoreStatus::kScored) return;
  const ModelView view = watcher.view();
  const FeatureArithmetic term = term_of(watcher.latest(), view, column);
  if (!std::isfinite(term.value)) return;  // absent
  put_sample(out, name, term.*value, {"model", watcher.name()}, {"feature", view.table[view.columns[column]].name});
}

void put_features(TextWriter& out, const Watcher& watcher, FeatureDetail detail, std::string_view name,
                  double FeatureArithmetic::*value) {
  const ModelView view = watcher.view();
  if (detail == FeatureDetail::kAll)
    for (std::size_t column = 0; column < view.columns.size(); ++column) put_feature(out, watcher, column, name, value);
  if (detail != FeatureDetail::kTop || !is_odd(watcher)) return;
  models::PresenceMask told;
  for (std::size_t place = 0; place < kToldFeatures; ++place) {
    const std::optional<std::size_t> column = leading_column(watcher.latest(), view, told);
    if (!column) return;
    told.set(*column);
    put_feature(out, watcher, *column, name, value);
  }
}

void put_all_features(TextWriter& out, const Pipeline& pipeline, FeatureDetail detail) {
  struct FeatureFamily {
    std::string_view name;
    std::string_view help;
    double FeatureArithmetic::*value;
  };
  constexpr std::array kFamilies = {
      FeatureFamily{"feature_zscore", "Standard deviations that a feature is off what is usual now.",
                    &FeatureArithmetic::z},
      FeatureFamily{"feature_share_ratio", "Part of the strangeness that is a feature's own, 0 to 1.",
                    &FeatureArithmetic::share}};
  for (const FeatureFamily& family : kFamilies) {
    put_family(out, family.name, "gauge", family.help);
    for (const auto& watcher : pipeline.watchers()) put_features(out, *watcher, detail, family.name, family.value);
  }
}

void put_single(TextWriter& out, const Family& family, double value) {
  put_family(out, family.name, family.type, family.help);
  put_sample(out, family.name, value);
}

void put_agent(TextWriter& out, const AgentFacts& facts) {
  put_family(out, "events_total", "counter", "Events of episodes that were told.");
  for (const FlagEvent event : {FlagEvent::kRaised, FlagEvent::kOngoing, FlagEvent::kCleared, FlagEvent::kLearned})
    put_sample(out, "events_total", static_cast<double>(facts.pipeline.event_count(event)),
               {"event", platform::event_name(event)});
  put_single(out, {"samples_total", "counter", "Samples that were scored."},
             static_cast<double>(facts.pipeline.steps()));
  put_family(out, "sample_errors_total", "counter",
             "Samples in which a source could not be read; no source, no errors.");
  for (const platform::SourcePart& part : facts.sources)
    if (part.failures > 0)
      put_sample(out, "sample_errors_total", static_cast<double>(part.failures), {"source", part.name});
  put_single(out, {"ticks_missed_total", "counter", "Samples that were due and not taken."},
             static_cast<double>(facts.ticks_missed));
  put_single(out, {"datagrams_dropped_total", "counter", "Datagrams with events or readings that nobody took."},
             static_cast<double>(facts.datagrams_dropped));
  const bool known = facts.usage != nullptr;
  put_single(out, {"cpu_seconds_total", "counter", "Processor time of the agent."},
             known ? facts.usage->cpu_s() : platform::Reading::kUnknown);
  put_single(out, {"resident_memory_bytes", "gauge", "Resident memory of the agent."},
             known ? facts.usage->resident_bytes() : platform::Reading::kUnknown);
  put_single(out, {"config_last_reload_successful", "gauge", "1 unless the last reload was refused."},
             facts.reload_worked ? 1.0 : 0.0);
  put_family(out, "build_info", "gauge", "Always 1, with the version of the agent.");
  put_sample(out, "build_info", 1.0, {"version", EPSILOND_VERSION});
}

}  // namespace

void put_exposition(TextWriter& out, const AgentFacts& facts, FeatureDetail detail) {
  put_models(out, facts.pipeline);
  put_all_features(out, facts.pipeline, detail);
  put_agent(out, facts);
}

std::size_t exposition_bytes(const Pipeline& pipeline, std::size_t sources, FeatureDetail detail) {
  std::size_t lines = sources;
  for (const auto& watcher : pipeline.watchers()) {
    lines += platform::reading_fields().size();
    const std::size_t columns = watcher->view().columns.size();
    if (detail == FeatureDetail::kAll) lines += 2 * columns;
    if (detail == FeatureDetail::kTop) lines += 2 * std::min(columns, kToldFeatures);
  }
  return kFixedBytes + lines * kLineBytes;
}

}  // namespace epsilond::agent
