// Random lives of a tree whose parents wait for their children: whatever it does between and during readings, what was
// counted is what it used.

#include <algorithm>
#include <memory>
#include <vector>

#include "platform/watch/tree_members.h"
#include "tests/support/rng.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::TreeMember;
using epsilond::platform::TreeMembers;
using epsilond::tests::Rng;
using epsilond::tests::test_seed;

namespace {

constexpr std::int32_t kRoot = 100;
constexpr std::int32_t kLastPid = 260;  // numbers begin anew soon and often
constexpr std::size_t kMostAlive = 40;

struct Process {
  std::int32_t pid;
  std::int32_t parent;
  std::uint64_t start;
  std::uint64_t own;
  std::uint64_t inherited;
};

class Life {
 public:
  explicit Life(std::uint64_t seed) : rng_(seed) { processes_.push_back({kRoot, 1, 1, 0, 0}); }

  void happen() {
    ++now_;
    const std::size_t chosen = rng_.below(processes_.size());
    switch (rng_.below(4)) {
      case 0:
        if (processes_.size() < kMostAlive) fork(processes_[chosen].pid);
        break;
      case 1:
        if (processes_[chosen].pid != kRoot && is_leaf(processes_[chosen].pid)) end(chosen);
        break;
      default:
        const std::uint64_t ticks = rng_.below(50);
        processes_[chosen].own += ticks;
        used_ += ticks;
    }
  }
  void happen(std::size_t most) {
    for (std::size_t i = rng_.below(most + 1); i > 0; --i) happen();
  }
  void pass() {
    std::sort(processes_.begin(), processes_.end(), [](const Process& a, const Process& b) { return a.pid < b.pid; });
    for (const Process& process : processes_)
      members_.saw({process.pid, process.parent, process.start}, process.pid == kRoot);
    members_.end_pass();
  }
  bool read_next() {
    for (TreeMember& member : members_.all()) {
      if (member.read) continue;
      read(member);
      return true;
    }
    return false;
  }
  void settle() {
    for (TreeMember& member : members_.all())
      if (members_.precedes_ancestor(member)) member.gone = member.gone || !is_there(member);
    members_.settle(0);
  }
  // A whole round while nothing happens.
  void round() {
    pass();
    while (read_next()) {
    }
    settle();
  }

  std::uint64_t counted() const { return members_.totals()[0]; }
  std::uint64_t used() const { return used_; }
  std::size_t members() { return members_.all().size(); }
  std::size_t alive() const { return processes_.size(); }
  std::size_t below(std::size_t limit) { return rng_.below(limit); }

 private:
  Process* find(std::int32_t pid) {
    for (Process& process : processes_)
      if (process.pid == pid) return &process;
    return nullptr;
  }
  bool is_leaf(std::int32_t pid) const {
    return std::none_of(processes_.begin(), processes_.end(), [pid](const Process& other) { return other.parent == pid; });
  }
  void fork(std::int32_t parent) {
    do {
      last_pid_ = last_pid_ == kLastPid ? 2 : last_pid_ + 1;
    } while (find(last_pid_) != nullptr);
    processes_.push_back({last_pid_, parent, now_, 0, 0});
  }
  void end(std::size_t index) {
    const Process ended = processes_[index];
    find(ended.parent)->inherited += ended.own + ended.inherited;
    processes_.erase(processes_.begin() + static_cast<std::ptrdiff_t>(index));
  }
  bool is_there(const TreeMember& member) {
    const Process* const process = find(member.who.pid);
    return process != nullptr && process->start == member.who.start_ticks;
  }
  void read(TreeMember& member) {
    member.read = true;
    member.gone = !is_there(member);
    if (member.gone) return;
    const Process* const process = find(member.who.pid);
    member.now[0] = process->own + process->inherited;
  }

  Rng rng_;
  std::uint64_t now_ = 1;
  std::uint64_t used_ = 0;
  std::int32_t last_pid_ = kRoot;
  std::vector<Process> processes_;
  TreeMembers members_{true};
};

int set_up(void** state) {
  *state = new std::unique_ptr<Life>;
  return 0;
}

int tear_down(void** state) {
  delete static_cast<std::unique_ptr<Life>*>(*state);
  return 0;
}

Life& begin_life(void** state, std::uint64_t seed) {
  auto& life = *static_cast<std::unique_ptr<Life>*>(*state);
  life = std::make_unique<Life>(seed);
  return *life;
}

void what_happens_between_readings_is_counted_to_the_tick(void** state) {
  const std::uint64_t seed = test_seed();
  for (std::uint64_t i = 0; i < 50; ++i) {
    Life& life = begin_life(state, seed + i);
    for (int round = 0; round < 100; ++round) {
      life.happen(30);
      life.round();
      assert_int_equal(life.counted(), life.used());
      assert_int_equal(life.members(), life.alive());
    }
  }
}

void what_happens_during_readings_is_never_counted_twice_and_all_in_the_end(void** state) {
  const std::uint64_t seed = test_seed();
  for (std::uint64_t i = 0; i < 200; ++i) {
    Life& life = begin_life(state, seed + i);
    std::uint64_t before = 0;
    for (int round = 0; round < 50; ++round) {
      life.pass();
      for (bool more = true; more;) {
        life.happen(3);
        if (life.below(10) == 0) life.pass();
        more = life.read_next();
      }
      life.settle();
      assert_true(life.counted() >= before);
      assert_true(life.counted() <= life.used());
      before = life.counted();
    }
    life.round();
    life.round();
    assert_int_equal(life.counted(), life.used());
  }
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(what_happens_between_readings_is_counted_to_the_tick, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_happens_during_readings_is_never_counted_twice_and_all_in_the_end, set_up,
                                    tear_down),
};
EPSILOND_TEST_MAIN(kTests)
