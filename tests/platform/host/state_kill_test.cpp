// The state file under what ends programs and disks: a kill at any moment, a full disk, a disk that is read-only.

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <string_view>

#include "platform/fixed_string.h"
#include "platform/host/state_file.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;

namespace {

constexpr int kKills = 1000;
constexpr std::size_t kWords = 1500;  // of a payload: three pages, so that a torn write would show
using Words = std::array<std::uint64_t, kWords>;

// What a writer that is killed leaves to its parent.
struct Shared {
  // The newest that save_state() has returned from. ARMv5 would need a library for an atomic one of 64 bits.
  std::atomic<std::uint32_t> saved{0};
};

struct Bench {
  char directory[64] = "/tmp/epsilond-test-XXXXXX";
  FixedString<96> path;
  Shared* shared = nullptr;
  std::array<std::byte, kStateHeaderBytes + sizeof(Words)> buffer{};
};

Bench& get(void** state) { return *static_cast<Bench*>(*state); }

int setup(void** state) {
  auto* bench = new Bench;
  *state = bench;
  if (::mkdtemp(bench->directory) == nullptr) return -1;
  bench->path.append(bench->directory);
  bench->path.append("/state");
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return -1;
  bench->shared = new (memory) Shared;
  return 0;
}

int entries(const char* name, bool remove) {
  DIR* directory = ::opendir(name);
  int count = 0;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || entry->d_name[1] == '.')) continue;
    ++count;
    if (remove) ::unlinkat(::dirfd(directory), entry->d_name, 0);
  }
  ::closedir(directory);
  return count;
}

int teardown(void** state) {
  Bench& bench = get(state);
  entries(bench.directory, true);
  ::rmdir(bench.directory);
  ::munmap(bench.shared, sizeof(Shared));
  delete &bench;
  return 0;
}

Result<void> save(const Bench& bench, std::uint64_t number, Durability durability) {
  Words words;
  words.fill(number);
  return save_state(bench.path, std::as_bytes(std::span(words)), durability);
}

// The number that the file holds; 0 if there is none, and ~0 if it is not whole or not of one save.
std::uint64_t load(Bench& bench) {
  const Result<std::span<const std::byte>> bytes = load_state(bench.path, bench.buffer);
  if (!bytes) return bytes.error().code == ErrorCode::kNotFound ? 0 : ~std::uint64_t{0};
  if (bytes->size() != sizeof(Words)) return ~std::uint64_t{0};
  Words words;
  std::memcpy(words.data(), bytes->data(), sizeof words);
  for (const std::uint64_t word : words)
    if (word != words[0]) return ~std::uint64_t{0};
  return words[0];
}

[[noreturn]] void save_for_ever(const Bench& bench, std::uint64_t from, Durability durability) {
  for (std::uint64_t number = from;; ++number) {
    if (!save(bench, number, durability)) ::_exit(1);
    bench.shared->saved.store(static_cast<std::uint32_t>(number));
  }
}

// A writer that saves and saves is killed at a random moment, a thousand times over.
void kill_writers(Bench& bench, Durability durability, int kills) {
  epsilond::tests::Rng random(epsilond::tests::test_seed());
  std::uint64_t held = load(bench);
  for (int i = 0; i < kills; ++i) {
    const pid_t writer = ::fork();
    if (writer == 0) save_for_ever(bench, held + 1, durability);
    assert_true(writer > 0);
    ::usleep(static_cast<useconds_t>(random.uniform() * 4000.0));
    ::kill(writer, SIGKILL);
    int status = 0;
    assert_int_equal(::waitpid(writer, &status, 0), writer);
    assert_true(WIFSIGNALED(status));  // and not by an error of its own
    const std::uint64_t now = load(bench);
    if (now == ~std::uint64_t{0}) fail_msg("after kill %d the file is not whole", i);
    if (now < bench.shared->saved.load()) fail_msg("after kill %d what was saved is lost", i);
    held = now;
  }
  assert_true(held > 0);
  remove_leftovers(bench.path);
  assert_int_equal(entries(bench.directory, false), 1);
}

void after_a_thousand_kills_the_file_is_whole_and_nothing_saved_is_lost(void** state) {
  kill_writers(get(state), Durability::kAgainstCrash, kKills);
}

void without_waiting_for_the_disk_a_kill_loses_nothing_either(void** state) {
  kill_writers(get(state), Durability::kAgainstKill, kKills / 4);
}

void leftovers_of_the_living_and_what_only_looks_alike_stay(void** state) {
  Bench& bench = get(state);
  const pid_t living = ::getppid();
  FixedString<128> name;
  char suffix[40];
  std::snprintf(suffix, sizeof suffix, ".tmp.%ld", static_cast<long>(living));
  for (const char* end :
       std::initializer_list<const char*>{suffix, ".tmp.999999999", ".tmp.12x", ".tmp.", ".open", ".damaged"}) {
    name.assign(bench.path);
    name.append(end);
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    ::close(fd);
  }
  remove_leftovers(bench.path);
  assert_int_equal(entries(bench.directory, false), 5);
  name.assign(bench.path);
  name.append(".tmp.999999999");
  assert_int_equal(::access(name.c_str(), F_OK), -1);
}

// Runs in a process of its own, whose limits and mounts die with it. Its exit code is what went wrong: 0 nothing.
enum Outcome { kAsItShould = 0, kSaved, kOldLost, kLeftBehind, kCannotTest = 77 };

int in_a_child(Bench& bench, int (*test)(Bench&)) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(test(bench));
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int save_fails_and_the_old_stays(Bench& bench, std::uint64_t old) {
  if (save(bench, old + 1, Durability::kAgainstCrash)) return kSaved;
  if (save(bench, old + 1, Durability::kAgainstKill)) return kSaved;
  if (load(bench) != old) return kOldLost;
  return entries(bench.directory, false) == 1 ? kAsItShould : kLeftBehind;
}

int on_a_full_quota(Bench& bench) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{4096, 4096};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return kCannotTest;
  return save_fails_and_the_old_stays(bench, 7);
}

// On a disk of its own, of `options`, at the directory of the bench.
bool mount_disk(const Bench& bench, const char* options) {
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", bench.directory, "tmpfs", 0, options) == 0;
}

int on_a_full_disk(Bench& bench) {
  if (!mount_disk(bench, "size=20k")) return kCannotTest;  // one file of 12 KB, and no room for a second
  if (!save(bench, 7, Durability::kAgainstCrash)) return kCannotTest;
  return save_fails_and_the_old_stays(bench, 7);
}

int on_a_disk_without_inodes(Bench& bench) {
  if (!mount_disk(bench, "size=1m,nr_inodes=2")) return kCannotTest;
  if (!save(bench, 7, Durability::kAgainstCrash)) return kCannotTest;
  return save_fails_and_the_old_stays(bench, 7);
}

int on_a_read_only_disk(Bench& bench) {
  if (!mount_disk(bench, "size=1m")) return kCannotTest;
  if (!save(bench, 7, Durability::kAgainstCrash)) return kCannotTest;
  if (::mount(nullptr, bench.directory, nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) return kCannotTest;
  return save_fails_and_the_old_stays(bench, 7);
}

void expect_in_child(Bench& bench, int (*test)(Bench&)) {
  const int outcome = in_a_child(bench, test);
  if (outcome == kCannotTest) {
    print_message("this machine does not let us mount a disk\n");
    skip();
  }
  assert_int_equal(outcome, kAsItShould);
}

void with_a_full_quota_the_old_file_stays(void** state) {
  assert_true(static_cast<bool>(save(get(state), 7, Durability::kAgainstCrash)));
  expect_in_child(get(state), on_a_full_quota);
}
void on_a_full_disk_the_old_file_stays(void** state) { expect_in_child(get(state), on_a_full_disk); }
void on_a_disk_without_inodes_the_old_file_stays(void** state) {
  expect_in_child(get(state), on_a_disk_without_inodes);
}
void on_a_read_only_disk_the_old_file_stays(void** state) { expect_in_child(get(state), on_a_read_only_disk); }

void a_removed_state_is_gone_and_to_remove_nothing_is_no_error(void** state) {
  Bench& bench = get(state);
  assert_true(static_cast<bool>(save(bench, 7, Durability::kAgainstKill)));
  assert_true(static_cast<bool>(remove_state(bench.path)));
  assert_int_equal(load(bench), 0);
  assert_true(static_cast<bool>(remove_state(bench.path)));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(after_a_thousand_kills_the_file_is_whole_and_nothing_saved_is_lost, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(without_waiting_for_the_disk_a_kill_loses_nothing_either, setup, teardown),
    cmocka_unit_test_setup_teardown(leftovers_of_the_living_and_what_only_looks_alike_stay, setup, teardown),
    cmocka_unit_test_setup_teardown(with_a_full_quota_the_old_file_stays, setup, teardown),
    cmocka_unit_test_setup_teardown(on_a_full_disk_the_old_file_stays, setup, teardown),
    cmocka_unit_test_setup_teardown(on_a_disk_without_inodes_the_old_file_stays, setup, teardown),
    cmocka_unit_test_setup_teardown(on_a_read_only_disk_the_old_file_stays, setup, teardown),
    cmocka_unit_test_setup_teardown(a_removed_state_is_gone_and_to_remove_nothing_is_no_error, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
