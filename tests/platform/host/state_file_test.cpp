#include "platform/host/state_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <string_view>

#include "platform/host/crc32c.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;

namespace {

constexpr std::string_view kPayload = "what this machine is like";
using Bytes = std::span<const std::byte>;

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

struct Directory {
  char name[64] = "/tmp/epsilond-test-XXXXXX";
  FixedString<96> path;
  std::array<std::byte, 256> buffer{};
  std::array<std::byte, 256> file{};
  std::size_t file_size = 0;
};

Directory& get(void** state) { return *static_cast<Directory*>(*state); }

int make_directory(void** state) {
  auto* directory = new Directory;
  if (::mkdtemp(directory->name) == nullptr) return -1;
  directory->path.append(directory->name);
  directory->path.append("/state");
  *state = directory;
  return 0;
}

int entries_in(const char* name, bool remove) {
  DIR* directory = ::opendir(name);
  int count = 0;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || entry->d_name[1] == '.')) continue;
    ++count;
    if (remove && ::unlinkat(::dirfd(directory), entry->d_name, 0) != 0)
      ::unlinkat(::dirfd(directory), entry->d_name, AT_REMOVEDIR);
  }
  ::closedir(directory);
  return count;
}

int remove_directory(void** state) {
  ::chmod(get(state).name, 0700);
  entries_in(get(state).name, true);
  ::rmdir(get(state).name);
  delete &get(state);
  return 0;
}

void write_file(std::string_view path, Bytes bytes) {
  const FixedString<96> name(path);
  const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const ssize_t written = ::write(fd, bytes.data(), bytes.size());
  ::close(fd);
  assert_int_equal(written, bytes.size());
}

// A sound file with kPayload, in directory.file.
void save_and_read_back(Directory& directory) {
  assert_true(static_cast<bool>(save_state(directory.path, bytes_of(kPayload))));
  const int fd = ::open(directory.path.c_str(), O_RDONLY);
  const ssize_t got = ::read(fd, directory.file.data(), directory.file.size());
  ::close(fd);
  assert_int_equal(got, kStateHeaderBytes + kPayload.size());
  directory.file_size = static_cast<std::size_t>(got);
}

Bytes file_of(const Directory& directory) { return Bytes(directory.file).first(directory.file_size); }

void expect_error(const Result<Bytes>& loaded, ErrorCode code) {
  assert_false(static_cast<bool>(loaded));
  assert_int_equal(loaded.error().code, code);
}

void what_was_saved_is_loaded(void** state) {
  Directory& directory = get(state);
  assert_true(static_cast<bool>(save_state(directory.path, bytes_of(kPayload))));
  const Result<Bytes> loaded = load_state(directory.path, directory.buffer);
  assert_true(static_cast<bool>(loaded));
  assert_true(text_of(*loaded) == kPayload);
}

void an_empty_payload_is_a_payload(void** state) {
  Directory& directory = get(state);
  assert_true(static_cast<bool>(save_state(directory.path, {})));
  const Result<Bytes> loaded = load_state(directory.path, directory.buffer);
  assert_true(static_cast<bool>(loaded));
  assert_int_equal(loaded->size(), 0);
}

void a_save_replaces_the_file_and_leaves_nothing_beside_it(void** state) {
  Directory& directory = get(state);
  assert_true(static_cast<bool>(save_state(directory.path, bytes_of("old and much longer than the new"))));
  assert_true(static_cast<bool>(save_state(directory.path, bytes_of("new"))));
  const Result<Bytes> loaded = load_state(directory.path, directory.buffer);
  assert_true(loaded && text_of(*loaded) == "new");
  assert_int_equal(entries_in(directory.name, false), 1);
}

void the_mode_is_0600_whatever_the_umask(void** state) {
  for (const mode_t mask : {mode_t{0}, mode_t{0777}}) {
    const mode_t previous = ::umask(mask);
    const bool saved = static_cast<bool>(save_state(get(state).path, bytes_of(kPayload)));
    ::umask(previous);
    assert_true(saved);
    struct stat status {};
    assert_int_equal(::stat(get(state).path.c_str(), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
  }
}

void the_layout_is_the_documented_one(void** state) {
  save_and_read_back(get(state));
  const Bytes file = file_of(get(state));
  assert_true(text_of(file.first(8)) == "EPSSTATE");
  assert_int_equal(std::to_integer<int>(file[8]), 1);
  assert_int_equal(std::to_integer<int>(file[12]), kPayload.size());
  assert_true(text_of(file.subspan(28)) == kPayload);
}

void no_file_is_not_found(void** state) {
  expect_error(load_state(get(state).path, get(state).buffer), ErrorCode::kNotFound);
}

void every_truncation_is_refused(void** state) {
  save_and_read_back(get(state));
  for (std::size_t size = 0; size < get(state).file_size; ++size) {
    expect_error(parse_state(file_of(get(state)).first(size)), ErrorCode::kMalformed);
    write_file(get(state).path, file_of(get(state)).first(size));
    expect_error(load_state(get(state).path, get(state).buffer), ErrorCode::kMalformed);
  }
}

void every_flipped_bit_is_refused(void** state) {
  Directory& directory = get(state);
  save_and_read_back(directory);
  for (std::size_t bit = 0; bit < directory.file_size * 8; ++bit) {
    std::array<std::byte, 256> flipped = directory.file;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    expect_error(parse_state(Bytes(flipped).first(directory.file_size)), ErrorCode::kMalformed);
  }
}

void trailing_bytes_are_refused(void** state) {
  save_and_read_back(get(state));
  expect_error(parse_state(Bytes(get(state).file).first(get(state).file_size + 1)), ErrorCode::kMalformed);
}

void a_newer_version_is_told_from_damage(void** state) {
  Directory& directory = get(state);
  save_and_read_back(directory);
  directory.file[8] = std::byte{2};
  const std::uint32_t crc = crc32c(Bytes(directory.file).first(24));
  for (unsigned i = 0; i < 4; ++i) directory.file[24 + i] = static_cast<std::byte>(crc >> (8 * i));
  write_file(directory.path, file_of(directory));
  expect_error(load_state(directory.path, directory.buffer), ErrorCode::kUnsupported);
  // Even where its rest is laid out in a way we do not know.
  expect_error(parse_state(file_of(directory).first(kStateHeaderBytes + 1)), ErrorCode::kUnsupported);
}

void a_file_longer_than_the_buffer_is_too_large(void** state) {
  Directory& directory = get(state);
  save_and_read_back(directory);
  expect_error(load_state(directory.path, std::span(directory.buffer).first(directory.file_size - 1)),
               ErrorCode::kTooLarge);
}

void a_buffer_of_the_exact_size_is_enough(void** state) {
  Directory& directory = get(state);
  save_and_read_back(directory);
  const Result<Bytes> loaded = load_state(directory.path, std::span(directory.buffer).first(directory.file_size));
  assert_true(loaded && text_of(*loaded) == kPayload);
}

void a_long_file_of_something_else_is_malformed(void** state) {
  write_file(get(state).path, bytes_of("# this is a configuration file, a long one, and not the state of anything"));
  expect_error(load_state(get(state).path, std::span(get(state).buffer).first(40)), ErrorCode::kMalformed);
}

void what_is_not_a_regular_file_is_invalid(void** state) {
  expect_error(load_state(get(state).name, get(state).buffer), ErrorCode::kInvalid);
  assert_int_equal(::mkfifo(get(state).path.c_str(), 0600), 0);
  expect_error(load_state(get(state).path, get(state).buffer), ErrorCode::kInvalid);
}

void a_save_that_cannot_rename_keeps_the_old_and_cleans_up(void** state) {
  assert_int_equal(::mkdir(get(state).path.c_str(), 0700), 0);
  const Result<void> saved = save_state(get(state).path, bytes_of(kPayload));
  assert_false(static_cast<bool>(saved));
  assert_int_equal(saved.error().system_errno, EISDIR);
  assert_int_equal(entries_in(get(state).name, false), 1);
}

void a_missing_directory_is_an_error_that_names_the_path(void**) {
  const Result<void> saved = save_state("/nonexistent-epsilond/state", bytes_of(kPayload));
  assert_false(static_cast<bool>(saved));
  assert_int_equal(saved.error().code, ErrorCode::kNotFound);
  assert_true(saved.error().context.view().starts_with("/nonexistent-epsilond/state: "));
}

void a_read_only_directory_is_an_error(void**) {
  // Root may write anywhere but here: procfs takes no new files from anybody.
  assert_false(static_cast<bool>(save_state("/proc/epsilond-state", bytes_of(kPayload))));
}

void a_directory_without_permission_is_a_permission_error(void** state) {
  if (::geteuid() == 0) skip();
  ::chmod(get(state).name, 0500);
  const Result<void> saved = save_state(get(state).path, bytes_of(kPayload));
  assert_false(static_cast<bool>(saved));
  assert_int_equal(saved.error().code, ErrorCode::kPermission);
}

void a_symbolic_link_is_replaced_and_its_target_untouched(void** state) {
  Directory& directory = get(state);
  FixedString<96> target(directory.name);
  target.append("/target");
  write_file(target, bytes_of("precious"));
  assert_int_equal(::symlink(target.c_str(), directory.path.c_str()), 0);
  assert_true(static_cast<bool>(save_state(directory.path, bytes_of(kPayload))));
  struct stat status {};
  assert_int_equal(::stat(target.c_str(), &status), 0);
  assert_int_equal(status.st_size, 8);
  assert_int_equal(::lstat(directory.path.c_str(), &status), 0);
  assert_true(S_ISREG(status.st_mode));
}

void a_damaged_file_is_set_aside(void** state) {
  Directory& directory = get(state);
  write_file(directory.path, bytes_of("damaged"));
  assert_true(static_cast<bool>(set_aside(directory.path)));
  expect_error(load_state(directory.path, directory.buffer), ErrorCode::kNotFound);
  FixedString<96> aside(directory.path.view());
  aside.append(".damaged");
  expect_error(load_state(aside, directory.buffer), ErrorCode::kMalformed);
}

void what_is_set_aside_stays_as_private_as_it_was(void** state) {
  Directory& directory = get(state);
  assert_true(static_cast<bool>(save_state(directory.path, bytes_of(kPayload))));
  assert_true(static_cast<bool>(set_aside(directory.path)));
  FixedString<96> aside(directory.path.view());
  aside.append(".damaged");
  struct stat status {};
  assert_int_equal(::stat(aside.c_str(), &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
}

void setting_aside_nothing_is_not_found(void** state) {
  const Result<void> aside = set_aside(get(state).path);
  assert_false(static_cast<bool>(aside));
  assert_int_equal(aside.error().code, ErrorCode::kNotFound);
}

void an_impossible_path_is_invalid(void**) {
  static char text[8000];
  std::memset(text, 'x', sizeof text);
  for (const std::string_view path :
       {std::string_view(), std::string_view(text, sizeof text), std::string_view("a\0b", 3)}) {
    const Result<void> saved = save_state(path, bytes_of(kPayload));
    assert_false(static_cast<bool>(saved));
    assert_int_equal(saved.error().code, ErrorCode::kInvalid);
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(what_was_saved_is_loaded, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(an_empty_payload_is_a_payload, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_save_replaces_the_file_and_leaves_nothing_beside_it, make_directory,
                                    remove_directory),
    cmocka_unit_test_setup_teardown(the_mode_is_0600_whatever_the_umask, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(the_layout_is_the_documented_one, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(no_file_is_not_found, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(every_truncation_is_refused, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(every_flipped_bit_is_refused, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(trailing_bytes_are_refused, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_newer_version_is_told_from_damage, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_file_longer_than_the_buffer_is_too_large, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_buffer_of_the_exact_size_is_enough, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_long_file_of_something_else_is_malformed, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(what_is_not_a_regular_file_is_invalid, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(a_save_that_cannot_rename_keeps_the_old_and_cleans_up, make_directory,
                                    remove_directory),
    cmocka_unit_test(a_missing_directory_is_an_error_that_names_the_path),
    cmocka_unit_test(a_read_only_directory_is_an_error),
    cmocka_unit_test_setup_teardown(a_directory_without_permission_is_a_permission_error, make_directory,
                                    remove_directory),
    cmocka_unit_test_setup_teardown(a_symbolic_link_is_replaced_and_its_target_untouched, make_directory,
                                    remove_directory),
    cmocka_unit_test_setup_teardown(a_damaged_file_is_set_aside, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(what_is_set_aside_stays_as_private_as_it_was, make_directory, remove_directory),
    cmocka_unit_test_setup_teardown(setting_aside_nothing_is_not_found, make_directory, remove_directory),
    cmocka_unit_test(an_impossible_path_is_invalid),
};
EPSILOND_TEST_MAIN(kTests)
