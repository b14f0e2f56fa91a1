#pragma once
// Who belongs to a tree of processes, and what the tree has used in all, as its processes come and go.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "platform/watch/tree_usage.h"

namespace epsilond::platform {

inline constexpr std::size_t kTreeCounters = kUsageFieldCount - kFirstUsageCounter;
// In the order of the counters of UsageField; processor time in USER_HZ, the others in bytes.
using TreeCounters = std::array<std::uint64_t, kTreeCounters>;

// A process as a listing shows it. Left uninitialised on purpose, as is what holds it: what no process ever needed is not
// touched, and costs no memory.
struct Sighting {
  std::int32_t pid;
  std::int32_t parent_pid;
  std::uint64_t start_ticks;  // USER_HZ after boot
};

struct TreeMember {
  Sighting who;
  // Of the round of readings under way.
  bool read;
  bool gone;  // it had ended when it was to be read
  bool has_io;
  bool has_descriptors;
  bool zombie;
  bool blocked;  // in uninterruptible sleep (state D)
  TreeCounters now;
  std::uint64_t rss_bytes;
  std::uint64_t vmem_bytes;
  std::uint32_t threads;
  std::uint32_t descriptors;
  // Of the last reading of its memory, which may be older.
  bool has_pss;
  bool pss_denied;
  bool has_swap;
  bool too_large;
  bool passed_over;  // by its last turn, being blocked then
  std::uint64_t pss_bytes;
  std::uint64_t swap_bytes;
  // For TreeMembers: of the last round that was settled.
  bool settled;
  bool io_settled;
  bool listed;
  bool alive;
  TreeCounters last;
  TreeCounters owed;  // what it inherits of children that ended, and has been counted already
  TreeCounters due;   // the same, of the round before
};

// Not for several threads at once. All memory is taken by the constructor.
class TreeMembers {
 public:
  static constexpr std::size_t kMost = 512;
  static constexpr std::size_t kMostWaiting = 512;  // children that a listing shows before their parents

  // `ordered`: listings come in the order of pids, as the kernel gives them.
  explicit TreeMembers(bool ordered);

  // A pass over processes: each of them (`is_root`: the tree hangs from it, or from its being listed), then the end.
  // Who is not seen has ended.
  void saw(const Sighting& seen, bool is_root);
  void end_pass();
  void drop_pass();
  // The pass under way has found kMost. Whoever is then not told of by saw() is to be told of by leave_out().
  bool is_full() const { return in_pass_ && found_.size() == kMost; }
  void leave_out() { left_out_ = true; }
  // By the last pass, more processes belonged to the tree than kMost.
  bool overflowed() const { return overflowed_; }

  std::span<TreeMember> all() { return {members_.get(), size_}; }
  std::span<const TreeMember> all() const { return {members_.get(), size_}; }
  // Null if it is none of them.
  TreeMember* find(std::int32_t pid);

  // Members are read in the order of all(). Does this one come before somebody it descends from? Then what it used is in
  // both if it ended between the two readings: look once more whether it is there.
  bool precedes_ancestor(const TreeMember& member);

  // All have been read: adds what they used since the round before to the totals, and forgets those that are gone. Of a
  // member that is read for the first time its whole past counts if it began at `newborn_ticks` or later, else nothing.
  //
  //   total += now - last - what of it was inherited from children that ended and had been counted themselves
  //
  // A parent that never waits inherits nothing; what is expected of it is forgotten after a second round.
  void settle(std::uint64_t newborn_ticks);
  const TreeCounters& totals() const { return totals_; }

  static std::size_t memory_bytes() { return kMost * sizeof(TreeMember) + (kMost + kMostWaiting) * sizeof(Sighting); }

 private:
  class Roster {
   public:
    Roster(Sighting* rows, std::size_t most) : rows_(rows), most_(most) {}
    bool add(const Sighting& row);
    Sighting* find(std::int32_t pid);
    void sort();  // and each pid once
    void clear() { size_ = 0, sorted_ = true; }
    std::size_t size() const { return size_; }
    std::span<Sighting> rows() { return {rows_, size_}; }

   private:
    Sighting* rows_;
    std::size_t most_;
    std::size_t size_ = 0;
    bool sorted_ = true;
  };

  void bequeath(const TreeMember& ended);
  void remove_unlisted();
  void add_newcomers();

  const bool ordered_;
  std::unique_ptr<TreeMember[]> members_;  // by pid
  std::unique_ptr<Sighting[]> sightings_;
  std::size_t size_ = 0;
  Roster found_;    // by the pass under way
  Roster waiting_;  // whose parent may yet be found
  bool in_pass_ = false;
  bool left_out_ = false;  // in the pass under way
  bool overflowed_ = false;
  TreeCounters totals_{};
};

}  // namespace epsilond::platform
