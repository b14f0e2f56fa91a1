#include "platform/watch/tree_members.h"

#include <algorithm>

#include "platform/kernel/pid_rows.h"

namespace epsilond::platform {
namespace {

constexpr std::int32_t kNobody = 0;  // no process has this number
constexpr std::size_t kFirstIo = static_cast<std::size_t>(UsageField::kReadChars) - kFirstUsageCounter;
constexpr int kMostAncestors = 64;

bool is_same(const Sighting& a, const Sighting& b) { return a.pid == b.pid && a.start_ticks == b.start_ticks; }

// `growth` less what of `debt` it covers; `debt` becomes what is left of it.
std::uint64_t paid(std::uint64_t growth, std::uint64_t& debt) {
  const std::uint64_t part = std::min(growth, debt);
  debt -= part;
  return growth - part;
}

}  // namespace

bool TreeMembers::Roster::add(const Sighting& row) {
  if (size_ == most_) return false;
  sorted_ = sorted_ && (size_ == 0 || rows_[size_ - 1].pid < row.pid);
  rows_[size_++] = row;
  return true;
}

Sighting* TreeMembers::Roster::find(std::int32_t pid) { return find_pid(rows(), sorted_, pid); }

void TreeMembers::Roster::sort() {
  // By insertion: all but those that waited for their parents are in order already.
  for (std::size_t i = 1; i < size_ && !sorted_; ++i) {
    const Sighting row = rows_[i];
    std::size_t place = i;
    for (; place > 0 && rows_[place - 1].pid > row.pid; --place) rows_[place] = rows_[place - 1];
    rows_[place] = row;
  }
  // The list of a control group may name a process twice.
  const auto twice = [](const Sighting& a, const Sighting& b) { return a.pid == b.pid; };
  size_ = static_cast<std::size_t>(std::unique(rows_, rows_ + size_, twice) - rows_);
  sorted_ = true;
}

TreeMembers::TreeMembers(bool ordered)
    : ordered_(ordered),
      members_(std::make_unique_for_overwrite<TreeMember[]>(kMost)),
      sightings_(std::make_unique_for_overwrite<Sighting[]>(kMost + kMostWaiting)),
      found_(sightings_.get(), kMost),
      waiting_(sightings_.get() + kMost, kMostWaiting) {}

TreeMember* TreeMembers::find(std::int32_t pid) {
  TreeMember* const end = members_.get() + size_;
  TreeMember* const place = std::lower_bound(members_.get(), end, pid, [](const TreeMember& member, std::int32_t sought) {
    return member.who.pid < sought;
  });
  return place != end && place->who.pid == pid ? place : nullptr;
}

void TreeMembers::saw(const Sighting& seen, bool is_root) {
  if (!in_pass_) {
    in_pass_ = true;
    left_out_ = false;
    found_.clear();
    waiting_.clear();
    for (TreeMember& member : all()) member.alive = false;
  }
  if (TreeMember* const known = find(seen.pid); known != nullptr && is_same(known->who, seen)) known->alive = true;
  bool belongs = is_root || found_.find(seen.parent_pid) != nullptr;
  const bool waits = !ordered_ || seen.parent_pid > seen.pid || waiting_.find(seen.parent_pid) != nullptr;
  // Where too many wait, who is known to be a parent is believed to be one still.
  if (!belongs && waits && !waiting_.add(seen)) belongs = find(seen.parent_pid) != nullptr;
  if (belongs && !found_.add(seen)) left_out_ = true;
}

void TreeMembers::end_pass() {
  if (!in_pass_) {
    // Nothing at all was listed.
    found_.clear();
    waiting_.clear();
    left_out_ = false;
    for (TreeMember& member : all()) member.alive = false;
  }
  in_pass_ = false;
  for (bool grew = true; grew;) {
    grew = false;
    for (Sighting& child : waiting_.rows()) {
      if (child.parent_pid == kNobody || found_.find(child.parent_pid) == nullptr) continue;
      if (!found_.add(child)) left_out_ = true;
      child.parent_pid = kNobody;
      grew = true;
    }
  }
  found_.sort();
  overflowed_ = left_out_;
  for (TreeMember& member : all()) {
    const Sighting* const found = found_.find(member.who.pid);
    member.listed = found != nullptr && is_same(member.who, *found);
    if (member.listed) member.who.parent_pid = found->parent_pid;
  }
  for (const TreeMember& member : all())
    if (!member.listed && !member.alive) bequeath(member);
  remove_unlisted();
  add_newcomers();
}

void TreeMembers::drop_pass() { in_pass_ = false; }

void TreeMembers::remove_unlisted() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    if (!members_[i].listed) continue;
    if (kept != i) members_[kept] = members_[i];
    ++kept;
  }
  size_ = kept;
}

void TreeMembers::add_newcomers() {
  // Both lists are in the order of pids: they are merged from their ends, where there is room.
  const std::span<Sighting> found = found_.rows();
  std::size_t old = size_;
  std::size_t place = found.size();
  size_ = place;
  for (std::size_t i = found.size(); i > 0 && place > old;) {
    const Sighting& row = found[--i];
    if (old > 0 && members_[old - 1].who.pid == row.pid) {
      members_[--place] = members_[--old];
      continue;
    }
    TreeMember& member = members_[--place];
    member = TreeMember{};
    member.who = row;
    member.listed = true;
  }
}

bool TreeMembers::precedes_ancestor(const TreeMember& member) {
  const TreeMember* ancestor = find(member.who.parent_pid);
  for (int i = 0; i < kMostAncestors && ancestor != nullptr; ++i) {
    if (ancestor->who.pid > member.who.pid) return true;
    ancestor = find(ancestor->who.parent_pid);
  }
  return false;
}

void TreeMembers::bequeath(const TreeMember& ended) {
  std::int32_t pid = ended.who.parent_pid;
  for (int i = 0; i < kMostAncestors; ++i) {
    TreeMember* const heir = find(pid);
    if (heir == nullptr) return;
    if (heir->listed && !heir->gone) {
      // With what it was to inherit itself.
      for (std::size_t c = 0; c < kTreeCounters; ++c) heir->owed[c] += ended.last[c] + ended.owed[c] + ended.due[c];
      return;
    }
    pid = heir->who.parent_pid;
  }
}

void TreeMembers::settle(std::uint64_t newborn_ticks) {
  for (const TreeMember& ended : all()) {
    if (!ended.gone) continue;
    bequeath(ended);
    // A child of it that has ended since it was read, which is not known yet, was inherited by whoever inherits of it.
    for (TreeMember& child : all())
      if (child.who.parent_pid == ended.who.pid) child.who.parent_pid = ended.who.parent_pid;
  }
  for (TreeMember& member : all()) {
    member.listed = !member.gone;
    if (member.gone) continue;
    const bool newborn = member.who.start_ticks >= newborn_ticks;
    for (std::size_t c = 0; c < kTreeCounters; ++c) {
      const bool is_io = c >= kFirstIo;
      if (is_io && !member.has_io) continue;
      const bool known = is_io ? member.io_settled : member.settled;
      const std::uint64_t before = known ? member.last[c] : newborn ? 0 : member.now[c];
      const std::uint64_t growth = member.now[c] > before ? member.now[c] - before : 0;
      totals_[c] += paid(paid(growth, member.due[c]), member.owed[c]);
      member.last[c] = std::max(member.now[c], before);
    }
    member.settled = true;
    member.io_settled = member.io_settled || member.has_io;
    member.due = member.owed;
    member.owed = {};
    member.read = false;
  }
  remove_unlisted();
}

}  // namespace epsilond::platform
