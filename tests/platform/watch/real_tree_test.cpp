// A real tree: this test forks a child, which forks on its order, takes memory, processor time and descriptors, and says
// what it took by its own getrusage().

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <utility>

#include "platform/kernel/process_table.h"
#include "platform/watch/process_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
#include "tests/support/near.h"
// clang-format on

using epsilond::platform::ProcessTree;
using epsilond::platform::ProcRoot;
using epsilond::platform::Result;
using epsilond::platform::TreeRoots;
using epsilond::platform::UsageField;

namespace {

constexpr std::size_t kGrabBytes = std::size_t{64} << 20;
constexpr int kDescriptors = 20;
constexpr double kBurnS = 0.3;
constexpr std::size_t kWriteBytes = std::size_t{4} << 20;
// The kernel counts processor time in hundredths, in each of the figures that are compared.
constexpr double kTickS = 0.01;

enum class Order : char { kGrab, kFork, kBurnInChild, kBurn, kOpen, kWrite, kEnd };

bool is_between(double value, double low, double high) { return value >= low && value <= high; }

double used_s(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void burn() {
  const double until = used_s(RUSAGE_SELF) + kBurnS;
  while (used_s(RUSAGE_SELF) < until) {
  }
}

void write_much() {
  static char block[1 << 16];
  char name[] = "/tmp/epsilond-test-XXXXXX";
  const int file = ::mkstemp(name);
  for (std::size_t written = 0; written < kWriteBytes; written += sizeof block)
    if (::write(file, block, sizeof block) < 0) break;
  ::unlink(name);
  ::close(file);
}

void obey(Order order) {
  switch (order) {
    case Order::kGrab: {
      auto* const memory = static_cast<volatile char*>(std::malloc(kGrabBytes));
      for (std::size_t i = 0; i < kGrabBytes; i += 512) memory[i] = 1;
      break;
    }
    case Order::kFork:
      if (::fork() == 0) {
        ::pause();
        ::_exit(0);
      }
      break;
    case Order::kBurnInChild: {
      const pid_t child = ::fork();
      if (child == 0) {
        burn();
        ::_exit(0);
      }
      ::waitpid(child, nullptr, 0);
      break;
    }
    case Order::kBurn:
      burn();
      break;
    case Order::kOpen:
      for (int i = 0; i < kDescriptors; ++i) (void)::open("/dev/null", O_RDONLY | O_CLOEXEC);
      break;
    case Order::kWrite:
      write_much();
      break;
    case Order::kEnd:
      ::kill(0, SIGKILL);
  }
}

// The child: an answer of its processor time, with that of children it waited for, to each order, and one before the
// first: from then on it has its own descriptors only.
[[noreturn]] void serve(int orders, int answers) {
  ::setpgid(0, 0);
  constexpr double kReady = 0.0;
  if (::write(answers, &kReady, sizeof kReady) != sizeof kReady) ::_exit(1);
  Order order{};
  while (::read(orders, &order, sizeof order) == sizeof order) {
    obey(order);
    const double used = used_s(RUSAGE_SELF) + used_s(RUSAGE_CHILDREN);
    if (::write(answers, &used, sizeof used) != sizeof used) break;
  }
  ::kill(0, SIGKILL);
  ::_exit(0);
}

struct State {
  std::unique_ptr<ProcRoot> root;
  std::unique_ptr<ProcessTree> tree;
  pid_t child = 0;
  int orders = -1;
  int answers = -1;

  void look() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    (void)tree->find();
    (void)tree->read(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
    tree->read_all_memory();
  }
  // Returns the processor time that the child says it and its children used.
  double tell(Order order) {
    double used = -1.0;
    if (::write(orders, &order, sizeof order) != sizeof order) return used;
    if (::read(answers, &used, sizeof used) != sizeof used) return -1.0;
    look();
    return used;
  }
  bool has(UsageField field) const { return tree->usage().has(field); }
  double value(UsageField field) const { return has(field) ? tree->usage().value(field) : -1.0; }
  double cpu_s() const { return value(UsageField::kUserSeconds) + value(UsageField::kSystemSeconds); }
};

int set_up(void** state) {
  int orders[2];
  int answers[2];
  if (::pipe2(orders, O_CLOEXEC) != 0 || ::pipe2(answers, O_CLOEXEC) != 0) return -1;
  auto* const made = new State;
  *state = made;
  made->child = ::fork();
  if (made->child == 0) {
    ::close(orders[1]);
    ::close(answers[0]);
    serve(orders[0], answers[1]);
  }
  ::close(orders[0]);
  ::close(answers[1]);
  made->orders = orders[1];
  made->answers = answers[0];
  double ready = -1.0;
  if (::read(made->answers, &ready, sizeof ready) != sizeof ready) return -1;
  Result<ProcRoot> root = ProcRoot::make("");
  if (!root) return -1;
  made->root = std::make_unique<ProcRoot>(std::move(*root));
  TreeRoots roots;
  roots.pid = made->child;
  made->tree = std::make_unique<ProcessTree>(*made->root, roots, epsilond::platform::thread_cpu_time);
  made->look();
  return 0;
}

int tear_down(void** state) {
  auto* const made = static_cast<State*>(*state);
  if (made->child > 0) {
    ::kill(made->child, SIGKILL);
    ::kill(-made->child, SIGKILL);
    ::waitpid(made->child, nullptr, 0);
  }
  ::close(made->orders);
  ::close(made->answers);
  delete made;
  return 0;
}

State& state_of(void** state) { return *static_cast<State*>(*state); }

void memory_that_a_child_takes_is_seen(void** state) {
  State& test = state_of(state);
  const double rss = test.value(UsageField::kRssBytes);
  const double pss = test.value(UsageField::kPssBytes);
  const double vmem = test.value(UsageField::kVmemBytes);
  assert_true(test.tell(Order::kGrab) >= 0.0);
  // A sanitizer keeps an eighth of it beside it.
  const double grab = kGrabBytes;
  assert_true(is_between(test.value(UsageField::kRssBytes) - rss, 0.97 * grab, 1.3 * grab));
  assert_true(test.value(UsageField::kVmemBytes) - vmem >= grab);
  if (pss < 0.0 || !test.has(UsageField::kPssBytes)) skip();  // a kernel before 4.14
  assert_true(is_between(test.value(UsageField::kPssBytes) - pss, 0.97 * grab, 1.3 * grab));
}

void processes_and_descriptors_are_counted(void** state) {
  State& test = state_of(state);
  assert_near(test.value(UsageField::kProcesses), 1, 0, 0);
  const double open = test.value(UsageField::kDescriptors);
  assert_true(open >= 2);
  assert_true(test.tell(Order::kOpen) >= 0.0);
  assert_near(test.value(UsageField::kDescriptors) - open, kDescriptors, 0, 0);
  assert_true(test.tell(Order::kFork) >= 0.0);
  assert_near(test.value(UsageField::kProcesses), 2, 0, 0);
  assert_near(test.value(UsageField::kThreads), 2, 0, 0);
  assert_near(test.value(UsageField::kDescriptors), 2 * (open + kDescriptors), 0, 0);
}

void processor_time_is_that_of_getrusage(void** state) {
  State& test = state_of(state);
  const double said_before = test.tell(Order::kOpen);
  const double before = test.cpu_s();
  const double said = test.tell(Order::kBurn) - said_before;
  assert_true(said >= kBurnS);
  assert_near(test.cpu_s() - before, said, 4 * kTickS, 0);
}

void what_a_child_used_stays_when_it_ends(void** state) {
  State& test = state_of(state);
  const double said_before = test.tell(Order::kOpen);
  const double before = test.cpu_s();
  const double said = test.tell(Order::kBurnInChild) - said_before;
  assert_true(said >= kBurnS);
  assert_near(test.cpu_s() - before, said, 6 * kTickS, 0);
  assert_near(test.value(UsageField::kProcesses), 1, 0, 0);
}

void bytes_written_are_counted(void** state) {
  State& test = state_of(state);
  if (!test.has(UsageField::kWriteChars)) skip();  // a kernel without I/O accounting
  const double before = test.value(UsageField::kWriteChars);
  assert_true(test.tell(Order::kWrite) >= 0.0);
  // The answer to the order is a write too.
  assert_true(is_between(test.value(UsageField::kWriteChars) - before, kWriteBytes, kWriteBytes + 100));
}

void who_is_not_root_sees_all_but_what_is_private(void** state) {
  State& test = state_of(state);
  if (::geteuid() != 0) skip();
  constexpr uid_t kNobody = 65534;
  if (::seteuid(kNobody) != 0) skip();
  test.look();
  test.look();
  const bool back = ::seteuid(0) == 0;
  assert_true(back);
  assert_near(test.value(UsageField::kProcesses), 1, 0, 0);
  assert_true(test.has(UsageField::kRssBytes) && test.has(UsageField::kUserSeconds));
  assert_true(test.has(UsageField::kSwapBytes));
  assert_false(test.has(UsageField::kReadBytes) || test.has(UsageField::kPssBytes));
  assert_true(test.tree->denied(UsageField::kReadBytes) && test.tree->denied(UsageField::kWriteChars));
  assert_true(test.tree->denied(UsageField::kPssBytes));
  test.look();
  assert_true(test.has(UsageField::kReadBytes));
  assert_false(test.tree->denied(UsageField::kReadBytes) || test.tree->denied(UsageField::kPssBytes));
}

void a_tree_that_ended_is_gone(void** state) {
  State& test = state_of(state);
  const double before = test.cpu_s();
  (void)test.tell(Order::kEnd);
  ::waitpid(test.child, nullptr, 0);
  test.child = 0;
  test.look();
  assert_false(test.has(UsageField::kProcesses));
  assert_true(test.cpu_s() >= before);
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(memory_that_a_child_takes_is_seen, set_up, tear_down),
    cmocka_unit_test_setup_teardown(processes_and_descriptors_are_counted, set_up, tear_down),
    cmocka_unit_test_setup_teardown(processor_time_is_that_of_getrusage, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_a_child_used_stays_when_it_ends, set_up, tear_down),
    cmocka_unit_test_setup_teardown(bytes_written_are_counted, set_up, tear_down),
    cmocka_unit_test_setup_teardown(who_is_not_root_sees_all_but_what_is_private, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_tree_that_ended_is_gone, set_up, tear_down),
};
EPSILOND_TEST_MAIN(kTests)
