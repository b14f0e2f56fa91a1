#include "agent/config/config_sections.h"

#include <algorithm>

#include "agent/config/config_store.h"
#include "agent/config/config_suggest.h"
#include "platform/fixed_string.h"

namespace epsilond::agent {
namespace {

constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
constexpr std::string_view kNameAllowed = "1 to 31 letters, digits, _ and -";
constexpr std::size_t kMaxShownBytes = 120;  // of a line that could not be read

std::string all_sections() {
  std::string text;
  for (const SectionSpec& spec : config_sections()) {
    if (!text.empty()) text += ", ";
    text += spec.shown;
  }
  return text;
}

std::string keys_of(SectionKind section) {
  std::string text;
  for (const KeySpec& key : config_keys()) {
    if (key.section != section) continue;
    if (!text.empty()) text += ", ";
    text += key.name;
  }
  return text;
}

// "emit   udp second" -> "emit udp second".
std::string single_blanks(std::string_view text) {
  std::string result;
  for (std::string_view rest = trim(text); !rest.empty();) {
    const std::size_t length = std::min(rest.find_first_of(" \t"), rest.size());
    if (!result.empty()) result += ' ';
    result += rest.substr(0, length);
    rest = trim(rest.substr(length));
  }
  return result;
}

bool begins_with_words(std::string_view header, std::string_view words) {
  return header.starts_with(words) && (header.size() == words.size() || header[words.size()] == ' ');
}

// The header that was probably meant, with the name kept: "modle host" -> "model host".
std::string suggest_header(std::string_view header) {
  std::vector<std::string_view> known;
  for (const SectionSpec& spec : config_sections()) known.push_back(spec.header);
  for (std::size_t end = header.size(); end != std::string_view::npos && end > 0; end = header.rfind(' ', end - 1)) {
    const std::string_view found = closest(header.substr(0, end), known);
    if (!found.empty()) return std::string(found) + std::string(header.substr(end));
  }
  // "syslog" is the second word of its header.
  for (const std::string_view candidate : known)
    if (candidate.ends_with(" " + std::string(header))) return std::string(candidate);
  return {};
}

std::string section_label(std::string_view header) { return "[" + std::string(header) + "]"; }

std::string key_subject(std::string_view label, std::string_view key, std::string_view value) {
  return std::string(label) + ' ' + std::string(key) + " = " + std::string(value);
}

}  // namespace

const WrittenKey* WrittenSection::find(std::string_view key) const {
  for (const WrittenKey& written : keys)
    if (written.key->name == key) return &written;
  return nullptr;
}

std::string WrittenSection::label() const {
  return section_label(std::string(section_spec(kind).header) + (name.empty() ? "" : " ") + name);
}

void Messages::add(std::string message) {
  if (lines_.size() < most_)
    lines_.push_back(std::move(message));
  else
    ++dropped_;
}

std::vector<std::string> Messages::take() {
  if (dropped_ > 0) lines_.push_back("and " + std::to_string(dropped_) + " more errors");
  return std::move(lines_);
}

std::string format_message(const MessageParts& parts) {
  std::string text = parts.where + ": ";
  if (!parts.subject.empty()) text += parts.subject + ": ";
  text += parts.what;
  if (!parts.allowed.empty()) text += "; allowed: " + std::string(parts.allowed);
  if (!parts.suggestion.empty()) text += "; did you mean \"" + std::string(parts.suggestion) + "\"?";
  return text;
}

void SectionCollector::begin_file(std::string_view name) {
  files_.emplace_back(name);
  place_ = Place::kBeforeSections;
}

std::string SectionCollector::where(std::size_t file, unsigned line) const {
  return files_[file] + (line == 0 ? std::string() : ":" + std::to_string(line));
}

void SectionCollector::refuse_section(unsigned line, std::string_view header, std::string_view what,
                                      std::string_view allowed, std::string_view suggestion) {
  place_ = Place::kInRefusedSection;
  messages_.add(format_message({where(files_.size() - 1, line), section_label(header), what, allowed, suggestion}));
}

void SectionCollector::on_section(unsigned line, std::string_view written) {
  const std::string header = single_blanks(written);
  const SectionSpec* found = nullptr;
  for (const SectionSpec& spec : config_sections())
    if (begins_with_words(header, spec.header)) found = &spec;
  if (found == nullptr) {
    const bool half = header == "emit";
    return refuse_section(line, header, half ? "the kind of emitter is missing" : "unknown section", all_sections(),
                          half ? std::string() : suggest_header(header));
  }
  const std::string_view name = trim(std::string_view(header).substr(found->header.size()));
  if (found->naming == Naming::kNone && !name.empty())
    return refuse_section(line, header, "this section takes no name", found->shown, found->header);
  if (found->naming == Naming::kRequired && name.empty())
    return refuse_section(line, header, "the name is missing", found->shown, {});
  if (name.find_first_not_of(kNameLetters) != std::string_view::npos || name.size() > kMaxInstanceName)
    return refuse_section(
        line, header,
        name.size() > kMaxInstanceName ? "the name is too long" : "the name has a character that a name may not have",
        kNameAllowed, {});
  enter(line, *found, name, header);
}

void SectionCollector::enter(unsigned line, const SectionSpec& spec, std::string_view name, std::string_view header) {
  const std::size_t file = files_.size() - 1;
  place_ = Place::kInSection;
  for (current_ = 0; current_ < sections_.size(); ++current_) {
    WrittenSection& section = sections_[current_];
    if (section.kind != spec.kind || section.name != name) continue;
    if (section.file == file)
      return refuse_section(line, header, "this section is here twice, first in line " + std::to_string(section.line),
                            "one section of a name in one file", {});
    section.file = file;
    section.line = line;
    return;
  }
  sections_.push_back({spec.kind, std::string(name), file, line, {}});
}

void SectionCollector::refuse_unknown_key(unsigned line, const WrittenSection& section, std::string_view key,
                                          std::string_view value) {
  std::vector<std::string_view> names;
  std::string elsewhere;
  for (const KeySpec& known : config_keys()) {
    if (known.section == section.kind) names.push_back(known.name);
    if (known.name == key && elsewhere.empty())
      elsewhere = "unknown key here; it belongs to " + std::string(section_spec(known.section).shown);
  }
  messages_.add(format_message({where(files_.size() - 1, line), key_subject(section.label(), key, value),
                                elsewhere.empty() ? "unknown key" : std::string_view(elsewhere), keys_of(section.kind),
                                elsewhere.empty() ? closest(key, names) : std::string_view()}));
}

void SectionCollector::on_key(unsigned line, std::string_view name, std::string_view value) {
  const std::size_t file = files_.size() - 1;
  if (place_ == Place::kInRefusedSection) return;
  if (place_ == Place::kBeforeSections) {
    messages_.add(format_message({where(file, line),
                                  key_subject("", name, value).substr(1),
                                  "a key before the first section",
                                  all_sections(),
                                  {}}));
    return;
  }
  WrittenSection& section = sections_[current_];
  const KeySpec* key = find_key(section.kind, name);
  if (key == nullptr) return refuse_unknown_key(line, section, name, value);

  // The value is checked even if a later file replaces it: a wrong line is wrong wherever it stands.
  Config config;
  ModelConfig model;
  EmitterConfig emitter;
  std::vector<MuteConfig> windows;
  WatchConfig watch;
  const Problem wrong = value.empty() ? Problem(ValueProblem{"the value is missing", {}})
                                      : store_value(*key, value, {&config, &model, &emitter, &windows, &watch});
  if (wrong) {
    const bool comment = value.find(" #") != std::string_view::npos;
    const std::string what = wrong->what + (comment ? " (a comment behind a value begins with \" ;\")" : "");
    messages_.add(format_message(
        {where(file, line), key_subject(section.label(), name, value), what, key->allowed, wrong->suggestion}));
  }
  for (WrittenKey& written : section.keys) {
    if (written.key != key) continue;
    if (written.file == file) {
      const std::string what = "this key is here twice, first in line " + std::to_string(written.line);
      messages_.add(format_message({where(file, line),
                                    key_subject(section.label(), name, value),
                                    what,
                                    "once in a section; " + std::string(key->allowed),
                                    {}}));
      return;
    }
    written = {key, std::string(value), file, line};
    return;
  }
  section.keys.push_back({key, std::string(value), file, line});
}

void SectionCollector::on_bad_line(unsigned line, std::string_view text, std::string_view what) {
  std::string subject;
  if (!text.empty()) {
    if (place_ == Place::kInSection) subject = sections_[current_].label() + ' ';
    subject += '"' + std::string(platform::utf8_prefix(text, kMaxShownBytes)) + '"';
  }
  // Keys below a broken header must not fall into the section above it.
  if (text.starts_with('[')) place_ = Place::kInRefusedSection;
  messages_.add(format_message({where(files_.size() - 1, line), subject, what, {}, {}}));
}

}  // namespace epsilond::agent
