#include "agent/config/config_reader.h"

#include <algorithm>
#include <vector>

#include "agent/config/config_sections.h"
#include "agent/config/config_store.h"
#include "agent/config/config_values.h"
#include "agent/watch/watch_table.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kThresholdKey = "threshold";
constexpr std::string_view kKindKey = "kind";
constexpr std::string_view kPresetKey = "preset";
constexpr std::string_view kFeaturesKey = "features";
constexpr std::string_view kStateKey = "state";

// Turns checked sections into a Config; only what spans several keys can still be wrong here.
class Builder {
 public:
  Builder(const SectionCollector& written, const std::vector<std::string>& files, Messages& messages)
      : written_(written), files_(files), messages_(messages) {}

  LoadedConfig build() {
    loaded_.files = files_;
    Config& config = loaded_.config;
    for (const SectionKind kind : {SectionKind::kAgent, SectionKind::kFeatures}) {
      store_defaults(kind, {.config = &config});
      for (const WrittenSection& section : written_.sections())
        if (section.kind == kind) store_keys(section, {.config = &config});
    }
    for (const WrittenSection& section : written_.sections())
      if (section.kind == SectionKind::kWatch) build_watch(section);
    check_watch_rows();
    for (const WrittenSection& section : written_.sections())
      if (section.kind == SectionKind::kFeatures) (void)add_watched(section, "disable", &config.disabled_features);
    for (const WrittenSection& section : written_.sections()) build_section(section);
    if (config.models.empty()) {
      config.models.push_back(default_model(kDefaultModelName));
      config.models.back().features |= all_watch_rows(config.watches);
      leave_out_disabled(nullptr, &config.models.back());
    }
    check_history();
    check_counts();
    return std::move(loaded_);
  }

 private:
  void build_section(const WrittenSection& section) {
    Config& config = loaded_.config;
    if (section.kind == SectionKind::kModel) {
      ModelConfig model = default_model(section.name);
      check_choices(section);
      store_keys(section, {.model = &model});
      if (add_watched(section, kFeaturesKey, &model.features)) {
        check_feature_count(section, model);
        leave_out_disabled(&section, &model);
      }
      config.models.push_back(std::move(model));
    } else if (const std::optional<EmitterKind> kind = emitter_of(section.kind)) {
      EmitterConfig emitter;
      emitter.kind = *kind;
      emitter.name = section.name;
      emitter.local = emitter.kind == EmitterKind::kSyslog;
      store_defaults(section.kind, {.emitter = &emitter});
      require_keys(section);
      store_keys(section, {.emitter = &emitter});
      config.emitters.push_back(std::move(emitter));
    } else if (section.kind == SectionKind::kMute) {
      std::vector<MuteConfig> windows;
      require_keys(section);
      store_keys(section, {.windows = &windows});
      for (MuteConfig& window : windows) {
        window.name = section.name;
        config.mutes.push_back(std::move(window));
      }
    }
  }

  void build_watch(const WrittenSection& section) {
    WatchConfig watch;
    watch.name = section.name;
    store_defaults(SectionKind::kWatch, {.watch = &watch});
    require_keys(section);
    store_keys(section, {.watch = &watch});
    const WrittenKey* const list = section.find(kFeaturesKey);
    const bool chosen = list != nullptr && list->value != list->key->default_text;
    for (std::size_t i = 0; i < kWatchFeatureCount; ++i) {
      if (!needs_cgroup(i) || watch.match.kind == platform::MatchKind::kCgroup || !watch.features[i]) continue;
      watch.features.reset(i);
      // A prefix that has others too means those.
      if (chosen && watch.features.none())
        complain(list->file, list->line, section.label() + " features = " + list->value,
                 "only a control group has " + std::string(watch_features()[i].name), "with match = cgroup:PATH");
    }
    if (!chosen) unlisted_.push_back(loaded_.config.watches.size());
    loaded_.config.watches.push_back(std::move(watch));
  }

  // Services without a list share the room that the others leave: each has as many features.
  void fit_unlisted() {
    std::vector<WatchConfig>& watches = loaded_.config.watches;
    std::size_t room = most_watch_rows();
    std::size_t rows = watch_rows(watches);
    for (const std::size_t i : unlisted_) rows -= watches[i].features.count();
    room -= std::min(room, rows);
    for (const std::size_t i : unlisted_)
      keep_most_telling(watches[i].features, std::max<std::size_t>(room / unlisted_.size(), 1));
  }

  // The rows of watched services that a list, or its default, has beside those of the host.
  // False if one of them is none of theirs, which has its message then.
  bool add_watched(const WrittenSection& section, std::string_view key, models::PresenceMask* mask) {
    const std::vector<WatchConfig>& watches = loaded_.config.watches;
    const WrittenKey* const list = section.find(key);
    if (list == nullptr || list->value == list->key->default_text) {
      if (section.kind == SectionKind::kModel) *mask |= all_watch_rows(watches);
      return true;
    }
    models::PresenceMask unused;
    if (watches_refused_ || parse_feature_list(list->value, list->key->default_text, {}, &unused)) return false;
    bool all_known = true;
    for (const std::string_view word : dotted_words(list->value)) {
      const models::PresenceMask rows = find_watch_rows(watches, word);
      *mask |= rows;
      all_known = all_known && rows.any();
      if (rows.none())
        complain(list->file, list->line, section.label() + ' ' + std::string(key) + " = " + list->value,
                 "no [watch NAME] section has the feature \"" + std::string(word) + '"',
                 "NAME.FEATURE of a [watch NAME] section, whose default is shorter where there are several");
    }
    return all_known;
  }

  // Models have a fixed width.
  void check_watch_rows() {
    fit_unlisted();
    const std::vector<WatchConfig>& watches = loaded_.config.watches;
    const WrittenSection* last = nullptr;
    for (const WrittenSection& section : written_.sections())
      if (section.kind == SectionKind::kWatch) last = &section;
    const std::size_t rows = watch_rows(watches);
    const std::string most = std::to_string(most_watch_rows());
    if (watches.size() > kMaxWatches)
      complain(last->file, last->line, last->label(), "too many services", "at most " + std::to_string(kMaxWatches));
    else if (rows > most_watch_rows())
      complain(last->file, last->line, last->label(),
               std::to_string(rows) + " features of services in all, there is room for " + most,
               "at most " + most + " over all [watch NAME] sections: leave their features = out, or shorten it");
    else
      return;
    loaded_.config.watches.clear();
    watches_refused_ = true;
  }

  static ModelConfig default_model(std::string_view name) {
    ModelConfig model;
    model.name = name;
    store_defaults(SectionKind::kModel, {.model = &model});
    return model;
  }

  void store_keys(const WrittenSection& section, const SectionTarget& target) {
    for (const WrittenKey& written : section.keys) {
      if (!applies(section, *written.key)) continue;
      (void)store_value(*written.key, written.value, target);  // a bad value has its message already
      loaded_.origins.push_back(
          {section.kind, section.name, written.key->name, files_[written.file], written.line, written.value});
    }
  }

  // The word in force of a key whose value decides which other keys mean anything.
  static std::string_view chosen(const WrittenSection& section, std::string_view name) {
    const WrittenKey* written = section.find(name);
    return written ? std::string_view(written->value) : find_key(section.kind, name)->default_text;
  }

  // Is the word in force one that the key knows? If not, it is refused already.
  static bool is_known_choice(const WrittenSection& section, std::string_view name) {
    const auto is_chosen = [&](const Word& word) { return word.text == chosen(section, name); };
    return std::ranges::any_of(find_key(section.kind, name)->words, is_chosen);
  }

  // Why a key of this section means nothing: the key that decides it, and what it would have to be. Empty: it counts.
  struct Unmet {
    std::string_view decided_by;
    std::string needed;
  };
  static Unmet unmet(const WrittenSection& section, const KeySpec& key) {
    if (section.kind != SectionKind::kModel) return {};
    if (!key.fits_kind(chosen(section, kKindKey))) {
      std::string kinds(key.needs_kinds);
      for (std::size_t blank = 0; (blank = kinds.find(' ', blank)) != std::string::npos; blank += 4)
        kinds.replace(blank, 1, " or ");
      return {kKindKey, "kind = " + kinds};
    }
    if (key.preset && chosen(section, kPresetKey) != find_key(section.kind, kPresetKey)->default_text)
      return {kPresetKey, "preset = none"};
    if (!key.needs_threshold.empty() && key.needs_threshold != chosen(section, kThresholdKey))
      return {kThresholdKey, "threshold = " + std::string(key.needs_threshold)};
    return {};
  }

  static bool applies(const WrittenSection& section, const KeySpec& key) {
    return unmet(section, key).decided_by.empty();
  }

  void complain(std::size_t file, unsigned line, std::string subject, std::string_view what, std::string_view allowed) {
    messages_.add(format_message({written_.where(file, line), std::move(subject), what, allowed, {}}));
  }

  // A key of a kind, a preset or a form of threshold that is not chosen means nothing: it is refused, unless it stands
  // in an earlier file than the choice that replaced it. A form that has a key without a default needs that key.
  void check_choices(const WrittenSection& section) {
    for (const std::string_view choice : {kKindKey, kPresetKey, kThresholdKey})
      if (!is_known_choice(section, choice)) return;
    for (const WrittenKey& written : section.keys) {
      const Unmet missing = unmet(section, *written.key);
      if (missing.decided_by.empty()) continue;
      const WrittenKey* decided = section.find(missing.decided_by);
      if (decided && written.file < decided->file) continue;
      complain(written.file, written.line,
               section.label() + ' ' + std::string(written.key->name) + " = " + written.value,
               "the key belongs to " + missing.needed + " and means nothing with " + std::string(missing.decided_by) +
                   " = " + std::string(chosen(section, missing.decided_by)),
               "with " + missing.needed + ": " + std::string(written.key->allowed));
    }
    const WrittenKey* threshold = section.find(kThresholdKey);
    if (threshold == nullptr) return;  // the form by default needs no key
    const std::string now = "threshold = " + threshold->value;
    for (const KeySpec& key : config_keys()) {
      if (key.section != section.kind || !key.required() || !applies(section, key) || section.find(key.name)) continue;
      complain(threshold->file, threshold->line, section.label() + ' ' + now,
               "the key " + std::string(key.name) + " is missing, " + now + " needs it", key.allowed);
    }
  }

  // A series is one metric.
  void check_feature_count(const WrittenSection& section, const ModelConfig& model) {
    if (model.kind != ModelKind::kSeries || model.features.count() == 1) return;
    const WrittenKey* blamed = section.find(kFeaturesKey) ? section.find(kFeaturesKey) : section.find(kKindKey);
    complain(blamed->file, blamed->line, section.label() + ' ' + std::string(blamed->key->name) + " = " + blamed->value,
             "kind = series looks at one feature, " + std::to_string(model.features.count()) + " are chosen",
             "features = NAME");
  }

  void require_keys(const WrittenSection& section) {
    for (const KeySpec& key : config_keys())
      if (key.section == section.kind && key.required() && !section.find(key.name))
        complain(section.file, section.line, section.label(), "the key " + std::string(key.name) + " is missing",
                 key.allowed);
  }

  // `section` is nullptr for the model that nobody wrote.
  void leave_out_disabled(const WrittenSection* section, ModelConfig* model) {
    model->features &= ~loaded_.config.disabled_features;
    if (model->features.any()) return;
    const Origin* disable = loaded_.origin(SectionKind::kFeatures, "", "disable");
    const WrittenKey* list = section ? section->find(kFeaturesKey) : nullptr;
    const std::string what = "[features] disable leaves no feature to [model " + model->name + "]";
    if (list)
      complain(list->file, list->line, section->label() + " features = " + list->value, what, list->key->allowed);
    else if (disable)
      messages_.add(format_message({disable->file + ":" + std::to_string(disable->line),
                                    "[features] disable = " + disable->value,
                                    what,
                                    "at least one feature stays",
                                    {}}));
  }

  void check_history() {
    const Config& config = loaded_.config;
    const double rows = config.history_s / config.interval_s;
    if (rows >= 1.0 && rows <= kMaxHistoryRows) return;
    const Origin* blamed = loaded_.origin(SectionKind::kAgent, "", "history");
    if (blamed == nullptr) blamed = loaded_.origin(SectionKind::kAgent, "", "interval");
    if (blamed == nullptr) return;  // the defaults are in range
    const std::string what = "history = " + format_duration(config.history_s) +
                             " at interval = " + format_duration(config.interval_s) +
                             (rows < 1.0 ? " holds no sample" : " holds more than 2000000 samples");
    messages_.add(format_message({blamed->file + ":" + std::to_string(blamed->line),
                                  "[agent] " + std::string(blamed->key) + " = " + blamed->value,
                                  what,
                                  find_key(SectionKind::kAgent, "history")->allowed,
                                  {}}));
  }

  void check_counts() {
    const Config& config = loaded_.config;
    const WrittenSection* last_model = nullptr;
    const WrittenSection* last_emitter = nullptr;
    const WrittenSection* last_mute = nullptr;
    for (const WrittenSection& section : written_.sections()) {
      if (section.kind == SectionKind::kModel) last_model = &section;
      if (emitter_of(section.kind)) last_emitter = &section;
      if (section.kind == SectionKind::kMute) last_mute = &section;
    }
    if (last_model != nullptr && config.models.size() > kMaxModels)
      complain(last_model->file, last_model->line, last_model->label(), "too many models", "at most 16");
    if (last_emitter != nullptr && config.emitters.size() > kMaxEmitters)
      complain(last_emitter->file, last_emitter->line, last_emitter->label(), "too many emitters", "at most 16");
    if (last_mute != nullptr && config.mutes.size() > kMaxMuteWindows)
      complain(last_mute->file, last_mute->line, last_mute->label(), "too many windows in all", "at most 64");
  }

  const SectionCollector& written_;
  const std::vector<std::string>& files_;
  Messages& messages_;
  LoadedConfig loaded_;
  std::vector<std::size_t> unlisted_;  // watches whose features are the default
  bool watches_refused_ = false;
};

}  // namespace

const Origin* LoadedConfig::origin(SectionKind section, std::string_view instance, std::string_view key) const {
  for (const Origin& candidate : origins)
    if (candidate.section == section && candidate.instance == instance && candidate.key == key) return &candidate;
  return nullptr;
}

int exit_code_of(LoadStatus status) {
  switch (status) {
    case LoadStatus::kOk:
      return 0;
    case LoadStatus::kNotFound:
      return 66;
    case LoadStatus::kIo:
      return 74;
    case LoadStatus::kNoPermission:
      return 77;
    case LoadStatus::kInvalid:
      return 78;
  }
  return 70;
}

LoadResult parse_config(std::span<const ConfigText> texts) {
  Messages messages(kMaxMessages);
  SectionCollector collector(messages);
  std::vector<std::string> files;
  for (const ConfigText& text : texts) {
    files.push_back(text.file);
    collector.begin_file(text.file);
    read_lines(text.text, collector);
  }
  LoadResult result;
  result.loaded = Builder(collector, files, messages).build();
  if (messages.empty()) return result;
  result.status = LoadStatus::kInvalid;
  result.loaded = LoadedConfig();
  result.messages = messages.take();
  return result;
}

LoadResult load_config(const std::string& path) {
  const ConfigFiles files = read_config_files(path.empty() ? std::string(kDefaultConfigPath) : path, !path.empty());
  if (files.status == LoadStatus::kOk) return parse_config(files.texts);
  LoadResult result;
  result.status = files.status;
  result.messages.push_back(files.message);
  return result;
}

void override_state_path(LoadedConfig* loaded, std::string_view path_or_none) {
  loaded->config.state_path = path_or_none == "none" ? std::string_view() : path_or_none;
  std::erase_if(loaded->origins,
                [](const Origin& origin) { return origin.section == SectionKind::kAgent && origin.key == kStateKey; });
  loaded->origins.push_back({SectionKind::kAgent,
                             {},
                             find_key(SectionKind::kAgent, kStateKey)->name,
                             "--state",
                             0,
                             std::string(path_or_none)});
}

}  // namespace epsilond::agent
