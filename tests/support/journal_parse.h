#pragma once
// Reads an entry of journald's native protocol, written from its description (systemd.io/JOURNAL_NATIVE_PROTOCOL) and
// not from our writer.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace epsilond::tests {

struct JournalField {
  std::string_view name;
  std::string_view value;
};

struct JournalEntry {
  std::array<JournalField, 128> fields;
  std::size_t count = 0;

  // The value of the field; how many there are of the name in `times`. "(none)" if there is none.
  std::string_view get(std::string_view name, std::size_t* times = nullptr) const {
    std::string_view value = "(none)";
    std::size_t found = 0;
    for (std::size_t i = 0; i < count; ++i)
      if (fields[i].name == name && found++ == 0) value = fields[i].value;
    if (times != nullptr) *times = found;
    return value;
  }
};

inline bool is_journal_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '_' || (name.front() >= '0' && name.front() <= '9'))
    return false;
  return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
}

// False unless all of `text` is fields with names that journald takes. The values are views of `text`.
inline bool parse_journal(std::string_view text, JournalEntry& entry) {
  entry.count = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || entry.count == entry.fields.size()) return false;
    const std::string_view line = text.substr(0, end);
    JournalField& field = entry.fields[entry.count++];
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) {
      field = {line.substr(0, equals), line.substr(equals + 1)};
      text.remove_prefix(end + 1);
    } else {
      std::uint64_t size = 0;
      if (text.size() < end + 1 + 8) return false;
      for (std::size_t i = 0; i < 8; ++i)
        size |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[end + 1 + i])) << (8 * i);
      const std::size_t begin = end + 1 + 8;
      if (size >= text.size() - begin) return false;
      const auto length = static_cast<std::size_t>(size);
      if (text[begin + length] != '\n') return false;
      field = {line, text.substr(begin, length)};
      text.remove_prefix(begin + length + 1);
    }
    if (!is_journal_name(field.name)) return false;
  }
  return true;
}

}  // namespace epsilond::tests
