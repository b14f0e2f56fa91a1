// What an administrator reads says what the tables say: etc/epsilond.ini, the manual epsilond.ini(5), docs/features.md.

#include <string>
#include <vector>

#include "agent/config/config_keys.h"
#include "agent/config/config_store.h"
#include "agent/config/config_values.h"
#include "agent/pipeline/feature_table.h"
#include "agent/watch/watch_table.h"
#include "tests/agent/config/config_support.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::agent;
using epsilond::tests::config;
using epsilond::tests::last_result;
using epsilond::tests::load;

namespace {

std::string document(const char* path) {
  std::string text;
  epsilond::tests::whole_file((std::string(EPSILOND_SOURCE_DIR "/") + path).c_str(), &text);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string shipped() { return document("etc/epsilond.ini"); }

// ";key = value" and ";[section]" without the semicolon; prose has a blank behind its own.
std::string uncommented() {
  std::string text;
  for (const std::string& line : lines_of(shipped())) {
    const bool commented = line.size() > 1 && line[0] == ';' && line[1] != ' ';
    text += line.substr(commented ? 1 : 0) + "\n";
  }
  return text;
}

// The prose directly above the first "[section]" or "key = value" line that `is_it` accepts, joined to one line.
template <typename IsIt>
std::string prose_above(IsIt is_it) {
  std::string prose;
  std::string section;
  for (const std::string& line : lines_of(shipped())) {
    const std::string bare = line.starts_with(';') ? line.substr(1) : line;
    if (line.starts_with("; ")) {
      prose += line.substr(1);
      continue;
    }
    if (line.empty()) prose.clear();
    if (bare.starts_with('[')) section = bare.substr(1, bare.find(']') - 1);
    if (is_it(section, bare)) return prose;
  }
  return {};
}

bool is_section(const std::string& section, SectionKind kind) {
  const std::string_view header = section_spec(kind).header;
  return section == header || section.starts_with(std::string(header) + " ");
}

std::string shown_value(const KeySpec& key) { return std::string(key.required() ? key.example : key.default_text); }

bool shipped_file_has(const KeySpec& key) {
  const std::string wanted = std::string(key.name) + " = " + shown_value(key);
  const std::string prose = prose_above([&](const std::string& section, const std::string& bare) {
    return is_section(section, key.section) && bare == wanted;
  });
  // A sentence may begin with the description, so its first letter is left out.
  return prose.find(key.allowed) != std::string::npos && prose.find(key.description.substr(1)) != std::string::npos;
}

// The manual as plain words: requests and escapes of mdoc taken away, every run of blanks one blank.
std::string plain(const std::string& text) {
  std::string words;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(".\\\"")) continue;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const bool escape = line[i] == '\\' && i + 1 < line.size();
      if (escape && (line[i + 1] == '&' || line[i + 1] == '%')) {
        ++i;
        continue;
      }
      if (escape && line[i + 1] == '-') ++i;
      words += line[i];
    }
    words += '\n';
  }
  return words;
}

std::string& manual() {
  static std::string text = plain(document("etc/man/epsilond.ini.5"));
  return text;
}

// The entry of a key: from its .It line, in the subsection of its section, to the next .It or .El.
std::string manual_entry(const KeySpec& key) {
  const std::string heading = ".Ss " + std::string(section_spec(key.section).shown) + "\n";
  const std::size_t section = manual().find(heading);
  if (section == std::string::npos) return {};
  const std::size_t next = std::min({manual().find("\n.Ss ", section + heading.size()),
                                     manual().find("\n.Sh ", section + heading.size()), manual().size()});
  const std::size_t item = manual().find(".It Cm " + std::string(key.name) + " ", section);
  if (item == std::string::npos || item > next) return {};
  std::string entry = manual().substr(item, std::min({manual().find("\n.It", item + 1), next}) - item);
  for (char& c : entry)
    if (c == '\n') c = ' ';
  return entry;
}

bool manual_has(const KeySpec& key) {
  const std::string entry = manual_entry(key);
  const std::string range = key.type == ValueType::kWord ? "One of: " : "Allowed: ";
  const std::string otherwise = key.required() ? " No default." : " Default: " + std::string(key.default_text) + ".";
  return entry.find(range + std::string(key.allowed) + ".") != std::string::npos &&
         entry.find(otherwise) != std::string::npos;
}

std::string bytes_or_number(const Feature& feature, double value) {
  constexpr double kMiB = 1024.0 * 1024.0;
  if (feature.unit.starts_with("bytes") && value >= kMiB) return format_number(value / kMiB) + " MiB";
  return format_number(value);
}

std::string kind_of(const Feature& feature) {
  switch (feature.kind) {
    case FeatureKind::kGauge:
      return "gauge";
    case FeatureKind::kRate:
      return "rate";
    case FeatureKind::kCpuShare:
      return "CPU share";
    case FeatureKind::kTimeShare:
      return "time share";
  }
  return {};
}

std::string transform_of(const Feature& feature) {
  if (feature.transform == Transform::kIdentity) return "identity";
  const bool per_processor = feature.sizing == epsilond::agent::Sizing::kPerProcessor;
  return "log1p " + bytes_or_number(feature, feature.scale) + (per_processor ? " per processor" : "");
}

std::string resolution_of(const Feature& feature) {
  // In transformed units: only an untransformed feature still has bytes.
  if (feature.transform != Transform::kIdentity) return format_number(feature.resolution);
  const bool of_memory = feature.sizing == epsilond::agent::Sizing::kShareOfMemory;
  return bytes_or_number(feature, feature.resolution) +
         (of_memory ? " or " + format_number(epsilond::agent::kMemoryResolution * 100.0) + " % of memory" : "");
}

std::vector<std::string> table_rows() {
  std::vector<std::string> rows;
  for (const std::string& line : lines_of(document("docs/features.md")))
    if (line.starts_with("| `")) rows.push_back(line);
  return rows;
}

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells;
  for (std::size_t at = 1; at < row.size();) {
    const std::size_t end = std::min(row.find('|', at), row.size());
    cells.emplace_back(trim(std::string_view(row).substr(at, end - at)));
    at = end + 1;
  }
  return cells;
}

std::size_t row_count() { return table_rows().size(); }

// Those of the host, then those of a service, as NAME.FEATURE.
std::vector<Feature>& all_known() {
  static std::vector<std::string> names;
  static std::vector<Feature> known;
  if (!known.empty()) return known;
  for (const Feature& feature : watch_features()) names.push_back("NAME." + std::string(feature.name));
  known.assign(features().begin(), features().end());
  for (std::size_t i = 0; i < names.size(); ++i) {
    known.push_back(watch_features()[i]);
    known.back().name = names[i];
  }
  return known;
}

bool row_is(std::size_t index) {
  const Feature& feature = all_known()[index];
  const std::vector<std::string> rows = table_rows();
  if (index >= rows.size()) return false;
  const std::vector<std::string> cells = cells_of(rows[index]);
  return cells.size() == 8 && cells[0] == "`" + std::string(feature.name) + "`" && cells[1] == feature.unit &&
         cells[2] == kind_of(feature) && cells[3].starts_with('`') && cells[4] == transform_of(feature) &&
         cells[5] == resolution_of(feature) && cells[6] == format_number(feature.blame) && cells[7].size() > 10;
}

bool manual_lists(const Feature& feature) {
  const std::string scale =
      feature.transform == Transform::kIdentity ? std::string("-") : bytes_or_number(feature, feature.scale);
  std::string row;
  for (const std::string_view cell : {feature.name, feature.unit, std::string_view(scale), feature.description})
    row += std::string(row.empty() ? "" : "\t") + std::string(cell);
  return manual().find(".It " + row + "\n") != std::string::npos;
}

const char* name_of(const KeySpec& key) {
  static std::string text;
  text = std::string(section_spec(key.section).shown) + " " + std::string(key.name);
  return text.c_str();
}

bool loads_shipped() { return load(shipped()); }
bool loads_uncommented() { return load(uncommented()); }

bool shipped_gives_the_defaults() {
  if (!loads_shipped()) return false;
  const Config from_file = config();
  const LoadResult nothing = parse_config({});
  return from_file == nothing.loaded.config;
}

bool uncommented_has(const KeySpec& key) {
  for (const Origin& origin : last_result().loaded.origins)
    if (origin.section == key.section && origin.key == key.name) return true;
  return false;
}

// The service that is shown adds its features to every model.
bool uncommented_host_is_the_default() {
  ModelConfig host = config().models[0];
  host.features &= all_features();
  return host == parse_config({}).loaded.config.models[0];
}

void the_shipped_file_is_read(void**) { assert_true(loads_shipped()); }

void the_shipped_file_changes_nothing(void**) { assert_true(shipped_gives_the_defaults()); }

void the_shipped_file_with_every_key_uncommented_is_read(void**) { assert_true(loads_uncommented()); }

void uncommenting_reaches_every_key(void**) {
  assert_true(loads_uncommented());
  for (const KeySpec& key : config_keys())
    if (!uncommented_has(key)) fail_msg("%s", name_of(key));
}

void uncommented_keys_are_at_their_defaults(void**) {
  assert_true(loads_uncommented());
  assert_true(uncommented_host_is_the_default());
}

void the_shipped_file_shows_every_key_with_its_default_and_range(void**) {
  for (const KeySpec& key : config_keys())
    if (!shipped_file_has(key)) fail_msg("%s", name_of(key));
}

void the_manual_has_every_key_with_its_default_and_range(void**) {
  for (const KeySpec& key : config_keys())
    if (!manual_has(key)) fail_msg("%s", name_of(key));
}

void the_manual_lists_every_feature(void**) {
  for (const Feature& feature : all_known())
    if (!manual_lists(feature)) fail_msg("%s", feature.name.data());
}

void docs_features_has_exactly_the_rows_of_the_table(void**) {
  assert_int_equal(row_count(), all_known().size());
  for (std::size_t i = 0; i < all_known().size(); ++i)
    if (!row_is(i)) fail_msg("%s", all_known()[i].name.data());
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(the_shipped_file_is_read),
    cmocka_unit_test(the_shipped_file_changes_nothing),
    cmocka_unit_test(the_shipped_file_with_every_key_uncommented_is_read),
    cmocka_unit_test(uncommenting_reaches_every_key),
    cmocka_unit_test(uncommented_keys_are_at_their_defaults),
    cmocka_unit_test(the_shipped_file_shows_every_key_with_its_default_and_range),
    cmocka_unit_test(the_manual_has_every_key_with_its_default_and_range),
    cmocka_unit_test(the_manual_lists_every_feature),
    cmocka_unit_test(docs_features_has_exactly_the_rows_of_the_table),
};
EPSILOND_TEST_MAIN(kTests)
