#pragma once
// The one table of configuration keys. The reader, the printer, "did you mean", etc/epsilond.ini and epsilond.ini(5)
// follow it; a new key is a row here (tests fail until the file and the manual say the same).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "agent/config/config.h"

namespace epsilond::agent {

enum class SectionKind : std::uint8_t { kAgent, kFeatures, kModel, kEmitSyslog, kEmitUdp, kEmitJournal, kEmitTextfile, kEmitPrometheus, kMute, kWatch };

enum class Naming : std::uint8_t { kNone, kOptional, kRequired };

struct SectionSpec {
  SectionKind kind;
  std::string_view header;  // the words before the name, "emit syslog"
  Naming naming;
  std::string_view shown;  // as messages show it, "[model NAME]"
};

enum class ValueType : std::uint8_t {
  kDuration,      // number and unit; range in seconds
  kPercent,       // number and %; range as a ratio
  kNumber,        // finite number
  kInteger,       // whole number
  kWord,          // one of `words`
  kHost,          // auto or a host name
  kTag,           // none or a short word
  kPath,          // none or an absolute path
  kControlPath,   // none or an absolute path that fits a socket address
  kDisableList,   // none or feature names
  kFeatureList,   // default or feature names
  kMofN,          // m of n
  kSyslogTarget,  // local or udp://ADDRESS[:PORT]
  kUdpTarget,     // ADDRESS:PORT
  kSocketPath,    // an absolute path that fits a socket address
  kFilePath,      // an absolute path
  kWindows,       // recurring windows of local time
  kMatch,         // how the processes of a service are recognised
  kWatchList,     // default or names of features of a service
  kUser,          // auto or the name of an account
};

struct Range {
  double minimum = 0.0;  // in the unit of the stored value: seconds, ratio, or the bare number
  double maximum = 0.0;
  bool minimum_open = false;  // the minimum itself is refused
  bool zero_too = false;      // 0 is allowed although it is below the minimum

  bool contains(double value) const {
    if (zero_too && value == 0.0) return true;
    return (minimum_open ? value > minimum : value >= minimum) && value <= maximum;
  }
};

struct Word {
  std::string_view text;
  int value;  // of the enumeration, or the number, that the word stands for
};

// Where values of one section go. Only the members that the kind of section has are set.
struct SectionTarget {
  Config* config = nullptr;
  ModelConfig* model = nullptr;
  EmitterConfig* emitter = nullptr;
  std::vector<MuteConfig>* windows = nullptr;
  WatchConfig* watch = nullptr;
};

// Is `word` one of `words`, which are divided by single blanks?
bool is_among(std::string_view word, std::string_view words);

struct KeySpec {
  SectionKind section;
  std::string_view name;
  ValueType type;
  std::string_view default_text;  // empty: there is none, and `example` shows a value
  std::string_view example;
  std::string_view allowed;  // for messages and manuals; says the range or the words
  std::string_view description;
  Range range;                       // kDuration, kPercent, kNumber, kInteger
  std::span<const Word> words;       // kWord, and what may stand in place of a number for kInteger
  std::string_view needs_threshold;  // the word of `threshold` without which this key means nothing; empty: always
  std::string_view needs_kinds;      // the words of `kind`, by blanks, without which it means nothing; empty: always
  bool preset = false;               // a key that `preset = netdata` fixes
  bool batch = false;                // also an option of `epsilonctl score`
  void (*set)(const SectionTarget&, double) = nullptr;  // the types with a range, and kWord (the value of the word)
  double (*get)(const SectionTarget&) = nullptr;

  bool required() const { return default_text.empty(); }
  bool fits_kind(std::string_view kind) const { return needs_kinds.empty() || is_among(kind, needs_kinds); }
};

// The word of `kind` that stands for this one.
std::string_view model_kind_name(ModelKind kind);
// Does its score mean a density, and not a measure of its own?
bool has_density(ModelKind kind);
// The word of `threshold` that stands for the one of this model.
std::string_view threshold_name(const ModelConfig& model);

// The section of an emitter of this kind, and back; nothing if the section is no emitter's.
SectionKind section_of(EmitterKind kind);
std::optional<EmitterKind> emitter_of(SectionKind section);

std::span<const SectionSpec> config_sections();
const SectionSpec& section_spec(SectionKind kind);

// All keys, section by section, in the order in which manuals and printers show them.
std::span<const KeySpec> config_keys();
const KeySpec* find_key(SectionKind section, std::string_view name);

inline constexpr std::size_t kMaxModels = 16;
inline constexpr std::size_t kMaxEmitters = 16;
inline constexpr std::size_t kMaxWatches = 8;
inline constexpr std::size_t kMaxInstanceName = 31;   // of [model NAME], [emit udp NAME], ...
inline constexpr double kMaxHistoryRows = 2'000'000;  // history / interval
inline constexpr std::size_t kMaxHostName = 64;       // what fits a flag
// The name of the model that runs when no [model NAME] section exists.
inline constexpr std::string_view kDefaultModelName = "host";

}  // namespace epsilond::agent
