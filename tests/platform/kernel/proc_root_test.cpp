#include "platform/kernel/proc_root.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::KeptFile;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::platform::whole_lines_are_enough;
using epsilond::tests::TempTree;

namespace {

// What pread does next, for the tests of reading in pieces: -1 fails with EINTR, 0 reads as usual, else at most so
// many.
std::array<ssize_t, 8> pread_plan{};
std::size_t pread_calls = 0;
std::size_t pread_asked = 0;  // by the last one

struct State {
  TempTree tree;
  std::unique_ptr<ProcRoot> root;
  std::array<char, 32> buffer{};
  std::unique_ptr<KeptFile> file;
  std::array<char, 4096> large{};

  // Bytes of the text; 0: it cannot be read.
  std::size_t read_file() {
    pread_calls = 0;
    const Result<std::string_view> text = file->read(*root, large);
    return text ? text->size() : 0;
  }

  void open() {
    Result<ProcRoot> made = ProcRoot::make(tree.path());
    if (made) root = std::make_unique<ProcRoot>(std::move(*made));
  }
};

int set_up(void** state) {
  pread_plan = {};
  pread_calls = 0;
  auto* const made = new State;
  made->tree.write("proc/loadavg", "0.21 0.11\n");
  made->open();
  *state = made;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<State*>(*state);
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

Result<void> make_and_drop(std::string_view root) {
  const Result<ProcRoot> made = ProcRoot::make(root);
  if (!made) return made.error();
  return {};
}

bool is_host(std::string_view root) {
  const Result<ProcRoot> made = ProcRoot::make(root);
  return made && made->is_host();
}

bool is_text(const Result<std::string_view>& text, std::string_view expected) { return text && *text == expected; }

void no_root_or_a_slash_is_the_host(void**) {
  assert_true(is_host(""));
  assert_true(is_host("/"));
}

void a_tree_is_not_the_host(void** state) {
  assert_false(state_of(state).root->is_host());
  assert_false(state_of(state).root->is_procfs());
  assert_false(state_of(state).root->has_sys());
  assert_false(state_of(state).root->sees_all_pid_namespaces());
}

void the_hosts_own_directory_is_known_as_the_kernels(void**) {
  const auto is_procfs = [] {
    const Result<ProcRoot> made = ProcRoot::make("");
    return made && made->is_procfs() && made->has_sys() && made->sys_has("block");
  };
  assert_true(is_procfs());
}

void a_root_without_a_proc_directory_is_refused_by_name(void**) {
  const Result<void> made = make_and_drop("/nonexistent/root");
  assert_int_equal(made.error().code, ErrorCode::kNotFound);
  assert_true(made.error().context.view().starts_with("/nonexistent/root/proc: cannot open"));
}

void a_small_file_is_read_whole(void** state) {
  State& test = state_of(state);
  assert_true(is_text(test.root->read_small_file("loadavg", test.buffer), "0.21 0.11\n"));
}

void a_file_that_fills_the_buffer_is_too_large(void** state) {
  State& test = state_of(state);
  test.tree.write("proc/full", std::string(test.buffer.size(), 'x'));
  test.tree.write("proc/fits", std::string(test.buffer.size() - 1, 'x'));
  assert_int_equal(test.root->read_small_file("full", test.buffer).error().code, ErrorCode::kTooLarge);
  assert_true(static_cast<bool>(test.root->read_small_file("fits", test.buffer)));
}

void an_interrupted_read_is_retried(void** state) {
  State& test = state_of(state);
  pread_plan = {-1, -1, 0};
  assert_true(is_text(test.root->read_small_file("loadavg", test.buffer), "0.21 0.11\n"));
  assert_int_equal(pread_calls, 4);
}

void short_reads_are_continued(void** state) {
  State& test = state_of(state);
  pread_plan = {3, 1, -1, 2, 0};
  assert_true(is_text(test.root->read_small_file("loadavg", test.buffer), "0.21 0.11\n"));
}

void reading_stops_when_there_is_enough(void** state) {
  State& test = state_of(state);
  KeptFile* const file = new KeptFile("loadavg", whole_lines_are_enough);
  const bool read = is_text(file->read(*test.root, test.buffer), "0.21 0.11\n");
  delete file;
  assert_true(read);
  assert_int_equal(pread_calls, 1);
}

// What is wanted ends with the line "wanted N".
std::size_t wanted_line_is_enough(std::string_view text) {
  const std::size_t line = text.find("wanted ");
  return line == std::string_view::npos ? 0 : text.find('\n', line) + 1;
}

void little_more_is_asked_for_than_was_enough_before(void** state) {
  State& test = state_of(state);
  static const std::string rest(2000, '#');
  test.tree.write("proc/long", "wanted 1\n" + rest);
  test.file = std::make_unique<KeptFile>("long", wanted_line_is_enough);
  assert_int_equal(test.read_file(), 2009);
  assert_int_equal(pread_asked, test.large.size());
  assert_int_equal(test.read_file(), 9 + KeptFile::kSpareBytes);
  assert_int_equal(pread_calls, 1);
  // It has moved further down: the rest is asked for then, and enough the next time.
  test.tree.write("proc/long", std::string(1000, '-') + "\nwanted 2\n" + rest);
  assert_int_equal(test.read_file(), 3010);
  assert_int_equal(pread_calls, 2);
  assert_int_equal(test.read_file(), 1010 + KeptFile::kSpareBytes);
  assert_int_equal(pread_calls, 1);
}

void a_text_that_was_cut_at_a_line_end_is_not_taken_for_whole(void** state) {
  State& test = state_of(state);
  test.tree.write("proc/lines", "0\n");
  test.file = std::make_unique<KeptFile>("lines", whole_lines_are_enough);
  assert_int_equal(test.read_file(), 2);
  static std::string lines;
  lines.clear();
  while (lines.size() < 2 * KeptFile::kSpareBytes) lines += "0\n";
  test.tree.write("proc/lines", lines);
  assert_int_equal(test.read_file(), lines.size());
}

void a_descriptor_is_kept_and_sees_new_content(void** state) {
  State& test = state_of(state);
  KeptFile* const file = new KeptFile("later", nullptr);
  test.tree.write("proc/later", "one\n");
  const bool first = is_text(file->read(*test.root, test.buffer), "one\n");
  test.tree.write("proc/later", "two\n");
  const bool second = is_text(file->read(*test.root, test.buffer), "two\n");
  delete file;
  assert_true(first);
  assert_true(second);
}

void a_file_that_is_not_there_is_looked_for_only_now_and_then(void** state) {
  State& test = state_of(state);
  KeptFile* const file = new KeptFile("later", nullptr);
  const ErrorCode at_first = file->read(*test.root, test.buffer).error().code;
  test.tree.write("proc/later", "here\n");
  int absent_passes = 1;
  while (absent_passes < 1000 && !file->read(*test.root, test.buffer)) ++absent_passes;
  delete file;
  assert_int_equal(at_first, ErrorCode::kNotFound);
  assert_int_equal(absent_passes, KeptFile::kPassesBetweenAttempts);
}

void the_first_choice_is_preferred_where_it_exists(void** state) {
  State& test = state_of(state);
  test.tree.write("proc/net/dev", "ours\n");
  KeptFile* const without = new KeptFile("net/dev", nullptr, "1/net/dev");
  const bool ours = is_text(without->read(*test.root, test.buffer), "ours\n");
  test.tree.write("proc/1/net/dev", "theirs\n");
  KeptFile* const with = new KeptFile("net/dev", nullptr, "1/net/dev");
  const bool theirs = is_text(with->read(*test.root, test.buffer), "theirs\n");
  delete without;
  delete with;
  assert_true(ours);
  assert_true(theirs);
}

}  // namespace

// What the C library calls it where files are larger than addresses.
#if __SIZEOF_POINTER__ == 4
#define __real_pread __real_pread64
#define __wrap_pread __wrap_pread64
#endif
extern "C" ssize_t __real_pread(int fd, void* buffer, std::size_t size, off_t offset);
extern "C" ssize_t __wrap_pread(int fd, void* buffer, std::size_t size, off_t offset) {
  const ssize_t plan = pread_calls < pread_plan.size() ? pread_plan[pread_calls] : 0;
  ++pread_calls;
  pread_asked = size;
  if (plan < 0) {
    errno = EINTR;
    return -1;
  }
  return __real_pread(fd, buffer, plan > 0 ? static_cast<std::size_t>(plan) : size, offset);
}

static const CMUnitTest kTests[] = {
    cmocka_unit_test(no_root_or_a_slash_is_the_host),
    cmocka_unit_test_setup_teardown(a_tree_is_not_the_host, set_up, tear_down),
    cmocka_unit_test(the_hosts_own_directory_is_known_as_the_kernels),
    cmocka_unit_test(a_root_without_a_proc_directory_is_refused_by_name),
    cmocka_unit_test_setup_teardown(a_small_file_is_read_whole, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_file_that_fills_the_buffer_is_too_large, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_interrupted_read_is_retried, set_up, tear_down),
    cmocka_unit_test_setup_teardown(short_reads_are_continued, set_up, tear_down),
    cmocka_unit_test_setup_teardown(reading_stops_when_there_is_enough, set_up, tear_down),
    cmocka_unit_test_setup_teardown(little_more_is_asked_for_than_was_enough_before, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_text_that_was_cut_at_a_line_end_is_not_taken_for_whole, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_descriptor_is_kept_and_sees_new_content, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_looked_for_only_now_and_then, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_first_choice_is_preferred_where_it_exists, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
