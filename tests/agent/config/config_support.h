#pragma once
// Parses text for a test and keeps what came of it outside the asserting frame, where nothing may need a destructor.

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config_reader.h"

namespace epsilond::tests {

inline agent::LoadResult& last_result() {
  static agent::LoadResult result;
  return result;
}

// Parses the texts as the files a.ini, b.ini, ...; true if they make a configuration.
inline bool load_files(std::initializer_list<std::string_view> texts) {
  std::vector<agent::ConfigText> files;
  char name[] = "a.ini";
  for (const std::string_view text : texts) {
    files.push_back({name, std::string(text)});
    ++name[0];
  }
  last_result() = agent::parse_config(files);
  for (const std::string& message : last_result().messages) std::fprintf(stderr, "    %s\n", message.c_str());
  return static_cast<bool>(last_result());
}
inline bool load(std::string_view text) { return load_files({text}); }

inline const agent::Config& config() { return last_result().loaded.config; }
inline std::size_t message_count() { return last_result().messages.size(); }
inline std::string_view message(std::size_t index = 0) {
  return index < message_count() ? std::string_view(last_result().messages[index]) : std::string_view();
}
inline bool message_has(std::string_view part, std::size_t index = 0) {
  return message(index).find(part) != std::string_view::npos;
}

inline bool whole_file(const char* path, std::string* text) {
  std::FILE* file = std::fopen(path, "re");
  if (file == nullptr) return false;
  char chunk[4096];
  text->clear();
  for (std::size_t got = 0; (got = std::fread(chunk, 1, sizeof chunk, file)) > 0;) text->append(chunk, got);
  std::fclose(file);
  return true;
}

}  // namespace epsilond::tests
