#include "agent/config/config_keys.h"

#include <string>

#include "agent/config/config_store.h"
#include "agent/config/config_values.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::agent;

namespace {

const char* name_of(const KeySpec& key) {
  static std::string text;
  text = std::string(section_spec(key.section).shown) + " " + std::string(key.name);
  return text.c_str();
}

bool takes(const KeySpec& key, const std::string& text) {
  Config config;
  ModelConfig model;
  EmitterConfig emitter;
  std::vector<MuteConfig> windows;
  WatchConfig watch;
  return !store_value(key, text, {&config, &model, &emitter, &windows, &watch});
}

bool takes_default(const KeySpec& key) { return takes(key, std::string(key.default_text)); }
bool takes_example(const KeySpec& key) { return takes(key, std::string(key.example)); }
bool takes_bound(const KeySpec& key, double bound) {
  return takes(key, key.type == ValueType::kDuration  ? format_duration(bound)
                    : key.type == ValueType::kPercent ? format_percent(bound)
                                                      : format_number(bound));
}

bool has_range(const KeySpec& key) {
  return key.type == ValueType::kDuration || key.type == ValueType::kPercent || key.type == ValueType::kNumber ||
         key.type == ValueType::kInteger;
}

bool allowed_says(const KeySpec& key, double bound) {
  const std::string text = key.type == ValueType::kDuration  ? format_duration(bound)
                           : key.type == ValueType::kPercent ? format_percent(bound)
                                                             : format_number(bound);
  // "60s" and "1m" are one length of time, as are "10s" and "10000ms".
  const bool seconds =
      key.type == ValueType::kDuration && key.allowed.find(format_number(bound) + "s") != std::string::npos;
  return seconds || key.allowed.find(text) != std::string::npos;
}

bool same_defaults() {
  Config from_table;
  store_defaults(SectionKind::kAgent, {.config = &from_table});
  store_defaults(SectionKind::kFeatures, {.config = &from_table});
  ModelConfig model_from_table;
  store_defaults(SectionKind::kModel, {.model = &model_from_table});
  ModelConfig model;
  model.features = all_features();
  return from_table == Config() && model_from_table == model;
}

void every_default_is_allowed(void**) {
  for (const KeySpec& key : config_keys())
    if (!key.required() && !takes_default(key)) fail_msg("%s", name_of(key));
}

void every_key_has_a_default_or_an_example(void**) {
  for (const KeySpec& key : config_keys())
    if (key.required() && !takes_example(key)) fail_msg("%s", name_of(key));
}

void defaults_of_the_table_are_those_of_the_structs(void**) { assert_true(same_defaults()); }

void no_key_is_in_the_table_twice(void**) {
  for (const KeySpec& key : config_keys())
    if (find_key(key.section, key.name) != &key) fail_msg("%s", name_of(key));
}

void every_key_says_what_it_is(void**) {
  for (const KeySpec& key : config_keys())
    if (key.allowed.empty() || key.description.empty() || key.name.empty()) fail_msg("%s", name_of(key));
}

void every_range_and_word_has_somewhere_to_go(void**) {
  for (const KeySpec& key : config_keys()) {
    const bool through_row = has_range(key) || key.type == ValueType::kWord;
    if (through_row != (key.set != nullptr && key.get != nullptr)) fail_msg("%s", name_of(key));
  }
}

void both_ends_of_every_range_are_allowed_unless_open(void**) {
  for (const KeySpec& key : config_keys()) {
    if (!has_range(key)) continue;
    if (takes_bound(key, key.range.minimum) == key.range.minimum_open) fail_msg("minimum of %s", name_of(key));
    if (!takes_bound(key, key.range.maximum)) fail_msg("maximum of %s", name_of(key));
  }
}

void beyond_either_end_is_refused(void**) {
  for (const KeySpec& key : config_keys()) {
    if (!has_range(key) || key.name.ends_with("epsilon")) continue;
    if (takes_bound(key, key.range.maximum * 1.5)) fail_msg("above %s", name_of(key));
    if (takes_bound(key, key.range.minimum * 0.5 - 1e-6)) fail_msg("below %s", name_of(key));
  }
}

void the_allowed_text_names_both_ends(void**) {
  for (const KeySpec& key : config_keys()) {
    if (!has_range(key) || key.name.ends_with("epsilon")) continue;
    if (!allowed_says(key, key.range.minimum) || !allowed_says(key, key.range.maximum)) fail_msg("%s", name_of(key));
  }
}

void the_allowed_text_names_every_word(void**) {
  for (const KeySpec& key : config_keys())
    for (const Word& word : key.words)
      if (key.name != "facility" && key.allowed.find(word.text) == std::string_view::npos) fail_msg("%s", name_of(key));
}

void every_threshold_key_belongs_to_a_word_of_threshold(void**) {
  const KeySpec* threshold = find_key(SectionKind::kModel, "threshold");
  for (const KeySpec& key : config_keys()) {
    if (key.needs_threshold.empty()) continue;
    bool known = false;
    for (const Word& word : threshold->words) known |= word.text == key.needs_threshold;
    if (!known) fail_msg("%s", name_of(key));
  }
}

void sections_are_found_by_their_kind(void**) {
  for (const SectionSpec& spec : config_sections()) assert_ptr_equal(&section_spec(spec.kind), &spec);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(every_default_is_allowed),
    cmocka_unit_test(every_key_has_a_default_or_an_example),
    cmocka_unit_test(defaults_of_the_table_are_those_of_the_structs),
    cmocka_unit_test(no_key_is_in_the_table_twice),
    cmocka_unit_test(every_key_says_what_it_is),
    cmocka_unit_test(every_range_and_word_has_somewhere_to_go),
    cmocka_unit_test(both_ends_of_every_range_are_allowed_unless_open),
    cmocka_unit_test(beyond_either_end_is_refused),
    cmocka_unit_test(the_allowed_text_names_both_ends),
    cmocka_unit_test(the_allowed_text_names_every_word),
    cmocka_unit_test(every_threshold_key_belongs_to_a_word_of_threshold),
    cmocka_unit_test(sections_are_found_by_their_kind),
};
EPSILOND_TEST_MAIN(kTests)
