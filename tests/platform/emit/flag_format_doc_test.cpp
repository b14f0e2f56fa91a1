// docs/flag-format.md and the renderer say the same.

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <string_view>

#include "platform/emit/flag_format.h"
#include "tests/support/flag_parse.h"
#include "tests/support/flag_samples.h"
#include "tests/support/journal_parse.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::example_flag;
using epsilond::tests::JournalEntry;
using epsilond::tests::parse_flag_json;
using epsilond::tests::parse_journal;
using epsilond::tests::parse_rfc5424;
using epsilond::tests::Rfc5424;

namespace {

std::array<char, 65536> document_bytes;

std::string_view document() {
  std::FILE* file = std::fopen(EPSILOND_SOURCE_DIR "/docs/flag-format.md", "re");
  if (file == nullptr) return {};
  const std::size_t size = std::fread(document_bytes.data(), 1, document_bytes.size(), file);
  std::fclose(file);
  return {document_bytes.data(), size};
}

// Calls `check` with each line between ```LANGUAGE and ```; returns how many there were.
template <typename Check>
int each_example(std::string_view language, Check check) {
  std::string_view rest = document();
  bool inside = false;
  int count = 0;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.starts_with("```")) {
      inside = !inside && line.substr(3) == language;
    } else if (inside) {
      check(line);
      ++count;
    }
  }
  return count;
}

void is_documented(const Result<std::size_t>& size, std::span<const char> rendered) {
  assert_true(static_cast<bool>(size));
  const std::string_view line(rendered.data(), *size);
  std::array<char, 4096> whole_line;
  TextWriter out(whole_line);
  out.put('\n');
  out.put(line);
  out.put('\n');
  if (document().find(out.view()) == std::string_view::npos)
    fail_msg("not in the document: %.*s", static_cast<int>(line.size()), line.data());
}

void every_json_example_parses(void**) {
  const int count = each_example("json", [](std::string_view line) {
    Flag flag;
    if (!parse_flag_json(line, flag)) fail_msg("%.*s", static_cast<int>(line.size()), line.data());
  });
  assert_int_equal(count, 2);
}

void every_syslog_example_parses(void**) {
  int rfc5424 = 0;
  const int count = each_example("syslog", [&rfc5424](std::string_view line) {
    if (line.substr(0, 6) != "<28>1 " && line.substr(0, 6) != "<30>1 ") return;
    Rfc5424 parsed;
    if (!parse_rfc5424(line, parsed)) fail_msg("%.*s", static_cast<int>(line.size()), line.data());
    ++rfc5424;
  });
  assert_int_equal(rfc5424, 3);
  assert_int_equal(count, 4);
}

void the_json_examples_are_what_we_render(void**) {
  std::array<char, 2048> line;
  is_documented(render_flag_json(example_flag(), line), line);
  is_documented(render_flag_json(example_flag(), std::span<char>(line.data(), kDefaultMaxDatagram)), line);
}

void the_syslog_examples_are_what_we_render(void**) {
  std::array<char, 2048> line;
  const SyslogHeader header{3, 77, 5};
  is_documented(render_flag_rfc5424(example_flag(), header, line), line);
  is_documented(render_flag_rfc5424(example_flag(), header, std::span<char>(line.data(), kDefaultMaxDatagram)), line);
  is_documented(render_flag_local_syslog(example_flag(), header, {}, line), line);
  Flag start;
  start.event = FlagEvent::kStart;
  start.host = example_flag().host;
  start.wall = example_flag().wall;
  start.text = std::string_view("epsilond 0.1.0 started");
  is_documented(render_flag_rfc5424(start, {3, 77, 1}, line), line);
}

void every_event_is_in_the_table_with_its_severity(void**) {
  for (int i = 0; i < 7; ++i) {
    Flag flag;
    flag.event = static_cast<FlagEvent>(i);
    std::array<char, 128> row;
    TextWriter out(row);
    out.put("| `");
    out.put(event_name(flag.event));
    out.put("` | `");
    out.put(event_msgid(flag.event));
    out.put("` | ");
    if (flag.event != FlagEvent::kOngoing) out.put(static_cast<char>('0' + severity_of(flag)));
    assert_true(document().find(out.view()) != std::string_view::npos);
  }
}

void every_message_id_is_documented(void**) {
  for (int i = 0; i < 7; ++i) {
    const auto event = static_cast<FlagEvent>(i);
    std::array<char, 128> row;
    TextWriter out(row);
    out.put("| `");
    out.put(event_name(event));
    out.put("` | `");
    out.put(event_message_id(event));
    out.put("` |");
    assert_true(document().find(out.view()) != std::string_view::npos);
  }
}

// Each field of the example is in the table of fields; those of a list stand there with the rank N.
void every_field_of_the_journal_is_documented(void**) {
  std::array<char, kLargestJournalEntry> bytes;
  const Result<std::size_t> size = render_flag_journal(example_flag(), 3, bytes);
  assert_true(static_cast<bool>(size));
  JournalEntry entry;
  assert_true(parse_journal({bytes.data(), *size}, entry));
  for (std::size_t i = 0; i < entry.count; ++i) {
    std::array<char, 128> cell;
    TextWriter out(cell);
    out.put('`');
    for (const char letter : entry.fields[i].name) out.put(letter >= '1' && letter <= '9' ? 'N' : letter);
    out.put('`');
    if (document().find(out.view()) == std::string_view::npos)
      fail_msg("%.*s", static_cast<int>(out.view().size()), out.view().data());
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test(every_json_example_parses),
    cmocka_unit_test(every_syslog_example_parses),
    cmocka_unit_test(the_json_examples_are_what_we_render),
    cmocka_unit_test(the_syslog_examples_are_what_we_render),
    cmocka_unit_test(every_event_is_in_the_table_with_its_severity),
    cmocka_unit_test(every_message_id_is_documented),
    cmocka_unit_test(every_field_of_the_journal_is_documented),
};
EPSILOND_TEST_MAIN(kTests)
