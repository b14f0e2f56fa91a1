#pragma once
// How a row of the table of keys is written down: what it is, then what it has, then where its value goes.

#include <span>
#include <string_view>
#include <type_traits>

#include "agent/config/config_keys.h"

namespace epsilond::agent {

constexpr Word word(std::string_view text, auto value) { return {text, static_cast<int>(value)}; }

inline Config& part(const SectionTarget& target, const Config*) { return *target.config; }
inline ModelConfig& part(const SectionTarget& target, const ModelConfig*) { return *target.model; }
inline EmitterConfig& part(const SectionTarget& target, const EmitterConfig*) { return *target.emitter; }
inline ModelTuning& part(const SectionTarget& target, const ModelTuning*) { return target.model->tuning; }

template <typename Part, typename Value>
Part* part_of(Value Part::*);

template <auto Member>
void set_member(const SectionTarget& target, double value) {
  auto& member = part(target, decltype(part_of(Member))()).*Member;
  using Value = std::remove_reference_t<decltype(member)>;
  if constexpr (std::is_enum_v<Value>)
    member = static_cast<Value>(static_cast<int>(value));
  else
    member = static_cast<Value>(value);
}

template <auto Member>
double get_member(const SectionTarget& target) {
  return static_cast<double>(part(target, decltype(part_of(Member))()).*Member);
}

// One line per key would not fit its sentences, so a row is built from what it has: type, range, words, where it goes.
struct Row : KeySpec {
  constexpr Row(SectionKind in, std::string_view key, ValueType of, std::string_view by_default,
                std::string_view may_be, std::string_view text) {
    section = in;
    name = key;
    type = of;
    default_text = by_default;
    allowed = may_be;
    description = text;
  }
  constexpr Row in(double minimum, double maximum) const {
    Row row = *this;
    row.range.minimum = minimum;
    row.range.maximum = maximum;
    return row;
  }
  constexpr Row open() const {
    Row row = *this;
    row.range.minimum_open = true;
    return row;
  }
  constexpr Row or_zero() const {
    Row row = *this;
    row.range.zero_too = true;
    return row;
  }
  constexpr Row of(std::span<const Word> choices) const {
    Row row = *this;
    row.words = choices;
    return row;
  }
  constexpr Row with(std::string_view threshold) const {
    Row row = *this;
    row.needs_threshold = threshold;
    return row;
  }
  constexpr Row only(std::string_view kinds) const {
    Row row = *this;
    row.needs_kinds = kinds;
    return row;
  }
  constexpr Row fixed_by_preset() const {
    Row row = *this;
    row.preset = true;
    return row;
  }
  constexpr Row in_batch() const {
    Row row = *this;
    row.batch = true;
    return row;
  }
  constexpr Row such_as(std::string_view value) const {
    Row row = *this;
    row.example = value;
    return row;
  }
  template <auto Member>
  constexpr Row to() const {
    Row row = *this;
    row.set = set_member<Member>;
    row.get = get_member<Member>;
    return row;
  }
  constexpr Row to(void (*setter)(const SectionTarget&, double), double (*getter)(const SectionTarget&)) const {
    Row row = *this;
    row.set = setter;
    row.get = getter;
    return row;
  }
};

}  // namespace epsilond::agent
