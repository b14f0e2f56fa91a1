// Lists of names of features.

#include <utility>

#include "agent/config/config_suggest.h"
#include "agent/config/config_values.h"
#include "agent/watch/watch_table.h"

namespace epsilond::agent {
namespace {

Problem problem(std::string what, std::string suggestion = {}) {
  return ValueProblem{std::move(what), std::move(suggestion)};
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string suggest_feature(std::string_view name, std::span<const Feature> table) {
  std::vector<std::string_view> names;
  for (const Feature& feature : table) names.push_back(feature.name);
  return std::string(closest(name, names));
}

// The rows of `table` that one word of a list names.
Problem name_rows(std::string_view word, std::span<const Feature> table, models::PresenceMask* named) {
  const bool several = word.ends_with('*');
  const std::string_view beginning = word.substr(0, word.size() - (several ? 1 : 0));
  bool any = false;
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (several ? beginning.empty() || !table[row].name.starts_with(beginning) : table[row].name != word) continue;
    named->set(row);
    any = true;
  }
  if (any) return std::nullopt;
  if (several) return problem("no feature begins with " + quoted(beginning));
  return problem("no feature is called " + quoted(word), suggest_feature(word, table));
}

bool is_dotted(std::string_view word) { return word.find('.') != std::string_view::npos; }

// "NAME.FEATURE", or "NAME.*": of some watched service, whose name is checked where all of them are known.
Problem check_dotted(std::string_view word) {
  const std::size_t dot = word.find('.');
  const std::string_view feature = word.substr(dot + 1);
  models::PresenceMask ignored;
  if (feature == "*") return std::nullopt;
  Problem wrong = name_rows(feature, watch_features(), &ignored);
  if (wrong && !wrong->suggestion.empty()) wrong->suggestion = std::string(word.substr(0, dot + 1)) + wrong->suggestion;
  return wrong;
}

Problem parse_list(std::string_view text, std::string_view lone, const models::PresenceMask& lone_mask,
                   std::span<const Feature> table, bool may_be_dotted, models::PresenceMask* mask) {
  const std::vector<std::string_view> words = split_words(text);
  if (words.size() == 1 && words[0] == lone) {
    *mask = lone_mask;
    return std::nullopt;
  }
  models::PresenceMask named;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word.empty()) return problem("a name is missing beside a comma");
    if (word == lone) return problem(quoted(word) + " must stand alone");
    for (std::size_t j = 0; j < i; ++j)
      if (words[j] == word) return problem(quoted(word) + " is named twice");
    const bool dotted = may_be_dotted && is_dotted(word);
    if (Problem wrong = dotted ? check_dotted(word) : name_rows(word, table, &named)) return wrong;
  }
  *mask = named;
  return std::nullopt;
}

}  // namespace

models::PresenceMask all_features() {
  models::PresenceMask mask;
  for (std::size_t i = 0; i < features().size(); ++i) mask.set(i);
  return mask;
}

Problem parse_names(std::string_view text, std::string_view lone, const models::PresenceMask& lone_mask,
                    std::span<const Feature> table, models::PresenceMask* mask) {
  return parse_list(text, lone, lone_mask, table, false, mask);
}

Problem parse_feature_list(std::string_view text, std::string_view lone, const models::PresenceMask& lone_mask,
                           models::PresenceMask* mask) {
  return parse_list(text, lone, lone_mask, features(), true, mask);
}

std::vector<std::string_view> dotted_words(std::string_view text) {
  std::vector<std::string_view> words = split_words(text);
  std::erase_if(words, [](std::string_view word) { return !is_dotted(word); });
  return words;
}

}  // namespace epsilond::agent
