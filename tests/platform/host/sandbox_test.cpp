// What the sandbox forbids, by trying it, and what it leaves, by doing it; each time in a process of its own.

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "platform/host/file_access.h"
#include "platform/host/privileges.h"
#include "platform/host/system_call_filter.h"
#include "tests/platform/host/fenced_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using namespace epsilond::platform;
using epsilond::tests::in_a_process;
using epsilond::tests::left_with;

namespace {

constexpr int kRefused = 200;  // the sandbox itself: this kernel, or this emulator, has none

template <typename Do>
int filtered(Do what) {
  return in_a_process([what] {
    static_cast<void>(give_up_privileges(nullptr));
    if (!filter_system_calls()) return kRefused;
    return what();
  });
}

bool was_killed_for_it(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS; }
// errno for what failed, 0 for what did not.
int outcome(long result) { return result < 0 ? errno : 0; }

bool has_filter() {
  return !left_with(filtered([] { return 0; }), kRefused);
}

#define SKIP_WITHOUT_FILTER() \
  if (!has_filter()) skip()

void another_program_and_another_process_kill(void**) {
  SKIP_WITHOUT_FILTER();
  assert_true(was_killed_for_it(filtered([] {
    char* const none[] = {nullptr};
    return outcome(::execve("/bin/true", none, none));
  })));
  assert_true(was_killed_for_it(
      filtered([] { return outcome(::syscall(SYS_execveat, -1, "/bin/true", nullptr, nullptr, 0)); })));
  assert_true(was_killed_for_it(filtered([] { return ::fork() == 0 ? 0 : 1; })));
  assert_true(was_killed_for_it(filtered([] { return outcome(::syscall(SYS_clone3, nullptr, 0)); })));
}

void looking_into_others_and_changing_the_system_kill(void**) {
  SKIP_WITHOUT_FILTER();
  assert_true(was_killed_for_it(filtered([] { return outcome(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); })));
  assert_true(was_killed_for_it(filtered([] { return outcome(::mount("none", "/mnt", "tmpfs", 0, nullptr)); })));
  assert_true(was_killed_for_it(filtered([] { return outcome(::unshare(CLONE_NEWUSER)); })));
  for (const long number : {SYS_process_vm_readv, SYS_bpf, SYS_io_uring_setup, SYS_init_module, SYS_setns, SYS_keyctl,
                            SYS_perf_event_open, SYS_userfaultfd, SYS_pivot_root, SYS_kexec_load})
    assert_true(was_killed_for_it(filtered([number] { return outcome(::syscall(number, 0, 0, 0, 0, 0)); })));
}

void the_numbers_of_another_processor_kill(void**) {
  SKIP_WITHOUT_FILTER();
#if defined(__x86_64__)
  // 20 is getpid() of i386, and writev() here.
  assert_true(was_killed_for_it(filtered([] {
    long number = 20;
    asm volatile("int $0x80" : "+a"(number) : : "memory");
    return 0;
  })));
#else
  skip();  // this processor has the numbers of no other
#endif
}

void what_a_libc_may_try_is_refused_with_an_error(void**) {
  SKIP_WITHOUT_FILTER();
  assert_true(left_with(filtered([] { return outcome(::setuid(0)); }), EPERM));
  assert_true(left_with(filtered([] { return outcome(::setgid(0)); }), EPERM));
  assert_true(left_with(filtered([] { return outcome(::chown("/", 0, 0)); }), EPERM));
  assert_true(left_with(filtered([] { return outcome(::sethostname("x", 1)); }), EPERM));
  assert_true(left_with(filtered([] { return outcome(::syscall(SYS_prctl, 0, 0, 0, 0, 0)); }), EPERM));
}

void a_reload_may_set_how_late_a_tick_may_be(void**) {
  SKIP_WITHOUT_FILTER();
  assert_true(left_with(filtered([] { return outcome(::prctl(PR_SET_TIMERSLACK, 1'000'000UL, 0, 0, 0)); }), 0));
  assert_true(left_with(filtered([] { return outcome(::prctl(PR_SET_DUMPABLE, 1UL, 0, 0, 0)); }), EPERM));
}

void a_call_that_is_newer_than_the_agent_is_unknown(void**) {
  SKIP_WITHOUT_FILTER();
  assert_true(left_with(filtered([] { return outcome(::syscall(5000)); }), ENOSYS));
  assert_true(left_with(filtered([] { return outcome(::syscall(437, -100, "/", nullptr, 0)); }), ENOSYS));  // openat2
}

void only_local_and_internet_sockets_are_made(void**) {
  SKIP_WITHOUT_FILTER();
  for (const int family : {AF_PACKET, AF_NETLINK, AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_UNSPEC})
    assert_true(left_with(filtered([family] { return outcome(::socket(family, SOCK_DGRAM, 0)); }), EPERM));
  for (const int family : {AF_UNIX, AF_INET})
    assert_true(left_with(filtered([family] { return outcome(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }), 0));
  assert_false(left_with(filtered([] { return outcome(::socket(AF_INET6, SOCK_STREAM, 0)); }), EPERM));
}

void no_process_is_sent_a_signal_but_may_be_asked_after(void**) {
  SKIP_WITHOUT_FILTER();
  assert_true(left_with(filtered([] { return outcome(::kill(::getppid(), SIGTERM)); }), EPERM));
  assert_true(left_with(filtered([] { return outcome(::kill(::getpid(), 0)); }), 0));
  assert_true(left_with(filtered([] {
                          ::raise(SIGTERM);
                          return errno;
                        }),
                        EPERM));
  const int aborted = filtered([]() -> int { ::abort(); });
  assert_true(WIFSIGNALED(aborted) && WTERMSIG(aborted) == SIGABRT);
}

void no_memory_becomes_executable(void**) {
  SKIP_WITHOUT_FILTER();
  assert_true(left_with(filtered([] {
                          void* const page =
                              ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                          return page == MAP_FAILED ? errno : 0;
                        }),
                        EPERM));
  assert_true(left_with(filtered([] {
                          void* const page =
                              ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                          if (page == MAP_FAILED) return 1;
                          if (::mprotect(page, 4096, PROT_READ) != 0) return 2;
                          return outcome(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
                        }),
                        EPERM));
}

// Files

struct Tree : epsilond::tests::FencedTree {
  std::vector<FilePath> left;
};

Tree& get(void** state) { return *static_cast<Tree*>(*state); }

int setup(void** state) {
  auto* const tree = new Tree;
  *state = tree;
  tree->plant();
  tree->left = {{"/proc"}, {tree->at("readable/config")}, {tree->at("missing")}, {tree->at("own"), true}};
  return ::symlink(tree->at("other/secret").c_str(), tree->at("own/link").c_str());
}

int teardown(void** state) {
  delete static_cast<Tree*>(*state);
  return 0;
}

template <typename Do>
int restricted(Tree& tree, Do what) {
  return in_a_process([&] {
    static_cast<void>(give_up_privileges(nullptr));
    if (!restrict_files(tree.left)) return kRefused;
    return what();
  });
}

#define SKIP_WITHOUT_LANDLOCK(tree) \
  if (left_with(restricted(tree, [] { return 0; }), kRefused)) skip()

int opening(Tree& tree, const char* path, int flags) {
  return restricted(tree, [&] { return outcome(::open(tree.at(path).c_str(), flags, 0600)); });
}

void files_elsewhere_are_neither_read_nor_written_nor_made(void** state) {
  Tree& tree = get(state);
  SKIP_WITHOUT_LANDLOCK(tree);
  assert_true(left_with(opening(tree, "other/secret", O_RDONLY), EACCES));
  assert_true(left_with(opening(tree, "other/secret", O_WRONLY), EACCES));
  assert_true(left_with(opening(tree, "own/link", O_RDONLY), EACCES));
  assert_true(left_with(opening(tree, "other/new", O_WRONLY | O_CREAT), EACCES));
  assert_true(left_with(opening(tree, "other", O_RDONLY | O_DIRECTORY), EACCES));
  assert_true(left_with(opening(tree, "readable/config", O_WRONLY), EACCES));
  assert_true(left_with(opening(tree, "/etc/passwd", O_RDONLY), EACCES));
  assert_true(left_with(opening(tree, "/proc/self/comm", O_WRONLY), EACCES));
}

void nothing_is_made_moved_or_removed_elsewhere(void** state) {
  Tree& tree = get(state);
  SKIP_WITHOUT_LANDLOCK(tree);
  assert_true(left_with(restricted(tree, [&] { return outcome(::unlink(tree.at("other/secret").c_str())); }), EACCES));
  assert_true(left_with(restricted(tree, [&] { return outcome(::mkdir(tree.at("other/d").c_str(), 0700)); }), EACCES));
  assert_true(left_with(
      restricted(tree,
                 [&] { return outcome(::rename(tree.at("own/state").c_str(), tree.at("other/secret").c_str())); }),
      EACCES));
  assert_true(left_with(restricted(tree, [&] { return outcome(::symlink("/", tree.at("own/l").c_str())); }), EACCES));
}

void what_was_allowed_is_read_written_renamed_and_removed(void** state) {
  Tree& tree = get(state);
  SKIP_WITHOUT_LANDLOCK(tree);
  assert_true(left_with(opening(tree, "readable/config", O_RDONLY), 0));
  assert_true(left_with(opening(tree, "/proc/1/stat", O_RDONLY), 0));
  assert_true(left_with(restricted(tree,
                                   [&] {
                                     const std::string fresh = tree.at("own/state.tmp");
                                     const std::string old = tree.at("own/state");
                                     const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
                                     if (fd < 0 || ::write(fd, "new", 3) != 3 || ::fsync(fd) != 0) return 1;
                                     if (::rename(fresh.c_str(), old.c_str()) != 0) return 2;
                                     if (::truncate(old.c_str(), 1) != 0) return 3;
                                     return outcome(::unlink(old.c_str()));
                                   }),
                        0));
  assert_true(
      left_with(restricted(tree,
                           [&] {
                             sockaddr_un address{};
                             address.sun_family = AF_UNIX;
                             std::snprintf(address.sun_path, sizeof address.sun_path, "%s", tree.at("own/s").c_str());
                             const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
                             return outcome(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
                           }),
                0));
}

void other_processes_are_not_looked_into_but_counted(void** state) {
  Tree& tree = get(state);
  SKIP_WITHOUT_LANDLOCK(tree);
  char io[64];
  char stat[64];
  std::snprintf(io, sizeof io, "/proc/%d/io", static_cast<int>(::getpid()));
  std::snprintf(stat, sizeof stat, "/proc/%d/stat", static_cast<int>(::getpid()));
  const auto reading = [&](const char* path) {
    return restricted(tree, [path] {
      char text[16];
      const int fd = ::open(path, O_RDONLY);
      return fd < 0 ? errno : outcome(::read(fd, text, sizeof text));
    });
  };
  assert_true(left_with(reading(io), EACCES));
  assert_true(left_with(reading(stat), 0));
}

const CMUnitTest kTests[] = {
    cmocka_unit_test(another_program_and_another_process_kill),
    cmocka_unit_test(looking_into_others_and_changing_the_system_kill),
    cmocka_unit_test(the_numbers_of_another_processor_kill),
    cmocka_unit_test(what_a_libc_may_try_is_refused_with_an_error),
    cmocka_unit_test(a_reload_may_set_how_late_a_tick_may_be),
    cmocka_unit_test(a_call_that_is_newer_than_the_agent_is_unknown),
    cmocka_unit_test(only_local_and_internet_sockets_are_made),
    cmocka_unit_test(no_process_is_sent_a_signal_but_may_be_asked_after),
    cmocka_unit_test(no_memory_becomes_executable),
    cmocka_unit_test_setup_teardown(files_elsewhere_are_neither_read_nor_written_nor_made, setup, teardown),
    cmocka_unit_test_setup_teardown(nothing_is_made_moved_or_removed_elsewhere, setup, teardown),
    cmocka_unit_test_setup_teardown(what_was_allowed_is_read_written_renamed_and_removed, setup, teardown),
    cmocka_unit_test_setup_teardown(other_processes_are_not_looked_into_but_counted, setup, teardown),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
