// Whatever system call goes wrong: a file is read as it is or not at all, and what is written appears whole or not at
// all.

#include <dirent.h>
#include <sys/stat.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/file/input_file.h"
#include "platform/file/output_file.h"
#include "platform/file/text_file.h"
#include "tests/support/fault_trial.h"
#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::done;
using epsilond::tests::FaultReport;
using epsilond::tests::Outcome;
using epsilond::tests::outcome_of;
using epsilond::tests::refused;
using epsilond::tests::TempTree;
using epsilond::tests::try_every_fault;
using epsilond::tests::Undisturbed;
using epsilond::tests::wrong;

namespace {

std::string numbered_lines() {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

struct Bench {
  TempTree tree;
  std::string text = numbered_lines();
  std::optional<InputFile> input;

  std::string path(const char* name) const { return tree.path() + "/" + name; }
  std::string content(const char* name) const {
    const Undisturbed quiet;
    return TempTree::content_of(path(name));
  }

  // From where it stands to its end.
  Outcome read_input() {
    std::string got;
    std::vector<char> piece(10'000);
    for (;;) {
      const Result<std::size_t> count = input->read(piece);
      if (!count) return refused(count.error());
      if (*count == 0) return got == text ? done() : wrong("another text");
      got.append(piece.data(), *count);
    }
  }
  Outcome open_and_read(const char* name) {
    input.reset();
    Result<InputFile> opened = InputFile::open(path(name).c_str());
    if (!opened) return refused(opened.error());
    input.emplace(std::move(*opened));
    return read_input();
  }
  Outcome read_again(const char* name) {
    Outcome first = done();
    if (input) {
      input->rewind();
      first = read_input();
    }
    return first.kind == Outcome::Kind::kDone ? open_and_read(name) : first;
  }
  // Plain text has no form, and of what is compressed the first bytes tell that it is.
  FaultReport try_input(const char* what, const char* name) {
    return try_every_fault({.name = what,
                            .begin = [this] { input.reset(); },
                            .act = [this, name] { return open_and_read(name); },
                            .again = [this, name] { return read_again(name); },
                            .tells_garbage = false});
  }

  Outcome reopen() {
    const Result<InputFile> second = input->reopen();
    return outcome_of(second);
  }
  FaultReport try_reopening() {
    return try_every_fault({.name = "input file, reopen",
                            .begin = [this] { static_cast<void>(open_and_read("plain")); },
                            .act = [this] { return reopen(); },
                            .again = [this] { return reopen(); }});
  }

  Outcome read_text() const {
    const Result<std::string> got = read_text_file(path("plain"), 1U << 20U);
    if (!got) return refused(got.error());
    return *got == text ? done() : wrong("another text");
  }
  FaultReport try_text() {
    return try_every_fault({.name = "text file, read",
                            .begin = [] {},
                            .act = [this] { return read_text(); },
                            .again = [this] { return read_text(); },
                            .tells_garbage = false,
                            .tells_an_end = false});
  }

  Outcome list() const {
    const Result<std::vector<std::string>> names = list_regular_files(path("conf.d"), ".ini");
    if (!names) return refused(names.error());
    return *names == std::vector<std::string>{"10-a.ini", "20-b.ini"} ? done() : wrong("another list");
  }
  FaultReport try_listing() {
    return try_every_fault({.name = "directory, list",
                            .begin = [] {},
                            .act = [this] { return list(); },
                            .again = [this] { return list(); }});
  }

  std::size_t entries_of_out() const {
    const Undisturbed quiet;
    DIR* const listing = ::opendir(path("out").c_str());
    std::size_t count = 0;
    while (::readdir(listing) != nullptr) ++count;
    ::closedir(listing);
    return count - 2;  // "." and ".."
  }
  mode_t mode_of_out() const {
    const Undisturbed quiet;
    struct stat found {};
    return ::stat(path("out/file").c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }
  void put_old_file() {
    tree.remove("out");
    tree.write("out/file", "old");
    ::chmod(path("out/file").c_str(), 0640);
  }
  // More than is buffered.
  Result<void> write_file() const {
    Result<OutputFile> file = OutputFile::create(path("out/file"));
    if (!file) return file.error();
    for (int i = 0; i < 5; ++i) file->write(text);
    return file->commit();
  }
  std::string written() const { return text + text + text + text + text; }
  Outcome write() const {
    const Result<void> outcome = write_file();
    const std::string now = content("out/file");
    if (outcome && now != written()) return wrong("it was written, and is not there");
    if (!outcome && now != "old") return wrong("the old file is not what it was");
    if (mode_of_out() != 0640) return wrong("another mode");
    if (entries_of_out() != 1 && !epsilond::tests::all_calls_fail()) return wrong("a part was left behind");
    return outcome_of(outcome);
  }
  Outcome write_again() const {
    const Result<void> outcome = write_file();
    return outcome && content("out/file") == written() ? done() : wrong("it cannot be written");
  }
  FaultReport try_output() {
    return try_every_fault({.name = "output file, create to commit",
                            .begin = [this] { put_old_file(); },
                            .act = [this] { return write(); },
                            .again = [this] { return write_again(); }});
  }
};

int set_up(void** state) {
  auto* bench = new Bench;
  *state = bench;
  bench->tree.write("plain", bench->text);
  bench->tree.write("packed", bench->text);
  for (const char* name : {"10-a.ini", "20-b.ini", ".hidden.ini", "30-c.txt"})
    bench->tree.write(std::string("conf.d/") + name, "x");
  return std::system(("gzip -9 " + bench->path("packed")).c_str());
}
int tear_down(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void a_plain_file_is_read_whole_or_refused(void** state) {
  assert_survived(get(state).try_input("input file, plain", "plain"));
}
void a_gzip_file_is_read_whole_or_refused(void** state) {
  assert_survived(get(state).try_input("input file, gzip", "packed.gz"));
}
void a_file_is_opened_once_more_or_refused(void** state) { assert_survived(get(state).try_reopening()); }
void a_text_is_read_whole_or_refused(void** state) { assert_survived(get(state).try_text()); }
void a_directory_is_listed_whole_or_refused(void** state) { assert_survived(get(state).try_listing()); }
void what_is_written_appears_whole_or_not_at_all(void** state) { assert_survived(get(state).try_output()); }

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_plain_file_is_read_whole_or_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_gzip_file_is_read_whole_or_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_file_is_opened_once_more_or_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_text_is_read_whole_or_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_directory_is_listed_whole_or_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_is_written_appears_whole_or_not_at_all, set_up, tear_down),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
