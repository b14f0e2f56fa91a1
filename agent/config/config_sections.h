#pragma once
// What the files say, section by section, after every name and every single value has been checked; not yet a Config.

#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config_keys.h"
#include "agent/config/config_lines.h"

namespace epsilond::agent {

struct WrittenKey {
  const KeySpec* key;
  std::string value;
  std::size_t file;  // index into the files
  unsigned line;
};

struct WrittenSection {
  SectionKind kind;
  std::string name;  // of this instance; empty where there is none
  std::size_t file;  // of its latest header
  unsigned line;
  std::vector<WrittenKey> keys;  // a key of a later file stands in the place of the earlier one

  const WrittenKey* find(std::string_view key) const;
  std::string label() const;  // "[model host]"
};

// Collects messages of the form `FILE:LINE: [section] key = value: what; allowed: ...; did you mean "x"?`.
class Messages {
 public:
  explicit Messages(std::size_t most) : most_(most) {}
  void add(std::string message);
  bool empty() const { return lines_.empty(); }
  // The messages; the last one counts those beyond the limit.
  std::vector<std::string> take();

 private:
  std::size_t most_;
  std::size_t dropped_ = 0;
  std::vector<std::string> lines_;
};

// Every part but `where` and `what` may be empty.
struct MessageParts {
  std::string where;    // "FILE:LINE"
  std::string subject;  // "[agent] interval = 5x"
  std::string_view what;
  std::string_view allowed;
  std::string_view suggestion;
};
std::string format_message(const MessageParts& parts);

class SectionCollector final : public LineSink {
 public:
  explicit SectionCollector(Messages& messages) : messages_(messages) {}

  void begin_file(std::string_view name);
  void on_section(unsigned line, std::string_view header) override;
  void on_key(unsigned line, std::string_view key, std::string_view value) override;
  void on_bad_line(unsigned line, std::string_view text, std::string_view what) override;

  const std::vector<WrittenSection>& sections() const { return sections_; }
  std::string where(std::size_t file, unsigned line) const;

 private:
  enum class Place { kBeforeSections, kInSection, kInRefusedSection };

  void refuse_section(unsigned line, std::string_view header, std::string_view what, std::string_view allowed,
                      std::string_view suggestion);
  void enter(unsigned line, const SectionSpec& spec, std::string_view name, std::string_view header);
  void refuse_unknown_key(unsigned line, const WrittenSection& section, std::string_view key, std::string_view value);

  Messages& messages_;
  std::vector<std::string> files_;
  std::vector<WrittenSection> sections_;
  std::size_t current_ = 0;  // index into sections_, when in one
  Place place_ = Place::kBeforeSections;
};

}  // namespace epsilond::agent
