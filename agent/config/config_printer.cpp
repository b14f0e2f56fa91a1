#include "agent/config/config_printer.h"

#include <algorithm>

#include "agent/config/config_lines.h"
#include "agent/config/config_store.h"
#include "agent/config/config_values.h"

namespace epsilond::agent {
namespace {

bool keeps_text(ValueType type) {
  return type == ValueType::kDisableList || type == ValueType::kFeatureList || type == ValueType::kWatchList ||
         type == ValueType::kWindows;
}

// "FILE:LINE", its beginning left out where it would not fit a line.
std::string describe(const Origin* origin) {
  if (origin == nullptr) return "default";
  std::string text = origin->file + (origin->line == 0 ? std::string() : ":" + std::to_string(origin->line));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  if (!is_utf8(text)) return "a file whose name is not UTF-8";
  constexpr std::size_t kRoom = kMaxLineBytes - 8;
  if (text.size() <= kRoom) return text;
  std::size_t begin = text.size() - kRoom;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) ++begin;
  return "..." + text.substr(begin);
}

class Printer {
 public:
  explicit Printer(const LoadedConfig& loaded) : loaded_(loaded), config_(loaded.config) {}

  std::string print() {
    if (loaded_.files.empty()) text_ += "; no file: every value is built in\n";
    section(SectionKind::kAgent, "", {.config = &config_});
    section(SectionKind::kFeatures, "", {.config = &config_});
    for (ModelConfig& model : config_.models) section(SectionKind::kModel, model.name, {.model = &model});
    for (EmitterConfig& emitter : config_.emitters)
      section(section_of(emitter.kind), emitter.name, {.emitter = &emitter});
    if (std::none_of(config_.emitters.begin(), config_.emitters.end(), carries_events))
      text_ += std::string("\n; no [emit ...] section") + (config_.emitters.empty() ? "" : " for events") +
               ": events go to stdout as JSON lines\n";
    mutes();
    for (WatchConfig& watch : config_.watches) section(SectionKind::kWatch, watch.name, {.watch = &watch});
    return std::move(text_);
  }

 private:
  // Windows of one name stand side by side, as the reader left them.
  void mutes() {
    for (std::size_t begin = 0; begin < config_.mutes.size();) {
      std::size_t end = begin;
      std::vector<MuteConfig> windows;
      while (end < config_.mutes.size() && config_.mutes[end].name == config_.mutes[begin].name)
        windows.push_back(config_.mutes[end++]);
      section(SectionKind::kMute, config_.mutes[begin].name, {.windows = &windows});
      begin = end;
    }
  }

  void section(SectionKind kind, std::string_view name, const SectionTarget& target) {
    text_ += "\n[" + std::string(section_spec(kind).header) + (name.empty() ? "" : " ") + std::string(name) + "]\n";
    for (const KeySpec& key : config_keys()) {
      if (key.section != kind || !in_use(key, target)) continue;
      const Origin* origin = loaded_.origin(kind, name, key.name);
      const std::string value = shown_value(key, origin, target);
      line(key.name, value, describe(origin));
    }
  }

  static bool in_use(const KeySpec& key, const SectionTarget& target) {
    if (key.section != SectionKind::kModel) return true;
    if (!key.fits_kind(format_value(*find_key(SectionKind::kModel, "kind"), target))) return false;
    if (key.preset && target.model->tuning.netdata) return false;
    if (key.needs_threshold.empty()) return true;
    return format_value(*find_key(SectionKind::kModel, "threshold"), target) == key.needs_threshold;
  }

  // Lists and windows are shown as they were written: a list of forty names would not fit a line.
  static std::string shown_value(const KeySpec& key, const Origin* origin, const SectionTarget& target) {
    if (!keeps_text(key.type)) return format_value(key, target);
    return origin ? origin->value : std::string(key.default_text);
  }

  void line(std::string_view key, const std::string& value, const std::string& origin) {
    std::string setting = std::string(key) + " = " + value;
    if (setting.size() > kMaxLineBytes) setting = std::string(key) + "=" + value;
    const std::string comment = " ; " + origin;
    if (setting.size() + comment.size() <= kMaxLineBytes)
      text_ += setting + comment + '\n';
    else
      text_ += comment.substr(1) + '\n' + setting + '\n';
  }

  const LoadedConfig& loaded_;
  Config config_;  // a copy, as the rows of the table reach values through pointers that may also write
  std::string text_;
};

}  // namespace

std::string print_config(const LoadedConfig& loaded) { return Printer(loaded).print(); }

std::string print_cost(const ConfigCost& cost) {
  std::string text;
  for (const ModelCost& model : cost.models)
    text += "; [model " + model.name + "]: " + std::to_string(model.memory_bytes) + " bytes, about " +
            std::to_string(static_cast<unsigned long>(model.operations_per_sample)) +
            " floating-point operations per sample\n";
  for (const WatchCost& watch : cost.watches)
    text += "; [watch " + watch.name + "]: " + std::to_string(watch.features) + " features, " +
            std::to_string(watch.memory_bytes) + " bytes\n";
  text += "; memory budget: " + std::to_string(cost.memory_bytes) +
          " bytes for models, history, state, sockets and outputs, taken at start; twice that for a moment at a reload\n";
  if (cost.process_scan_every_s > 0.0)
    text += "; processes are scanned every " + format_duration(cost.process_scan_every_s) + " to stay in cpu_budget\n";
  return text;
}

}  // namespace epsilond::agent
