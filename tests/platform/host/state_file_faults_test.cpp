// Whatever system call goes wrong, the state on disk is the old one or the new one, whole.

#include <dirent.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "platform/host/state_file.h"
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

using Bytes = std::span<const std::byte>;

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

struct Bench {
  TempTree tree;
  std::string path = tree.path() + "/state";
  std::string before = std::string(3000, 'o');
  std::string after = std::string(5000, 'n');
  std::array<std::byte, 8192> buffer{};

  bool holds(std::string_view payload) {
    const Undisturbed quiet;
    const Result<Bytes> loaded = load_state(path, buffer);
    return loaded && std::string_view(reinterpret_cast<const char*>(loaded->data()), loaded->size()) == payload;
  }
  std::string text() const {
    const Undisturbed quiet;
    return TempTree::content_of(path);
  }
  std::size_t entries() const {
    const Undisturbed quiet;
    DIR* const listing = ::opendir(tree.path().c_str());
    std::size_t count = 0;
    while (::readdir(listing) != nullptr) ++count;
    ::closedir(listing);
    return count - 2;  // "." and ".."
  }
  mode_t mode() const {
    const Undisturbed quiet;
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
  }
  void put_before() { static_cast<void>(static_cast<bool>(save_state(path, bytes_of(before)))); }

  Outcome save(Durability durability) {
    const Result<void> saved = save_state(path, bytes_of(after), durability);
    const bool is_new = holds(after);
    if (saved && !is_new) return wrong("it was saved, and is not there");
    if (!is_new && !holds(before)) return wrong("neither the old nor the new state is there");
    if (entries() != 1 && !epsilond::tests::all_calls_fail()) return wrong("something was left beside it");
    return outcome_of(saved);
  }
  Outcome save_again(Durability durability) {
    if (!save_state(path, bytes_of(after), durability) || !holds(after)) return wrong("it cannot be saved");
    if (mode() != 0600) return wrong("another mode");
    return entries() == 1 ? done() : wrong("something is left beside it");
  }
  FaultReport try_saving(const char* name, Durability durability) {
    return try_every_fault({.name = name,
                            .begin = [this] { put_before(); },
                            .act = [this, durability] { return save(durability); },
                            .again = [this, durability] { return save_again(durability); }});
  }

  Outcome load() {
    const Result<Bytes> loaded = load_state(path, buffer);
    if (!loaded) return refused(loaded.error());
    const std::string_view payload(reinterpret_cast<const char*>(loaded->data()), loaded->size());
    return payload == before ? done() : wrong("another state");
  }
  FaultReport try_loading() {
    return try_every_fault({.name = "state file, load",
                            .begin = [this] { put_before(); },
                            .act = [this] { return load(); },
                            .again = [this] { return load(); }});
  }

  Outcome replace() {
    const Result<void> replaced = replace_text(path, after);
    const std::string now = text();
    if (replaced && now != after) return wrong("it was written, and is not there");
    if (now != before && now != after) return wrong("neither the old nor the new text is there");
    return outcome_of(replaced);
  }
  Outcome replace_again() {
    if (!replace_text(path, after) || text() != after || mode() != 0644) return wrong("it cannot be written");
    return entries() == 1 ? done() : wrong("something is left beside it");
  }
  FaultReport try_replacing() {
    return try_every_fault({.name = "text file, replace",
                            .begin = [this] { std::ofstream(path, std::ios::trunc) << before; },
                            .act = [this] { return replace(); },
                            .again = [this] { return replace_again(); }});
  }

  Outcome tidy() {
    remove_leftovers(path);
    return holds(before) ? done() : wrong("the state itself is gone");
  }
  FaultReport try_tidying() {
    return try_every_fault({.name = "state file, remove leftovers",
                            .begin =
                                [this] {
                                  put_before();
                                  tree.write("state.tmp.99999999", "half");
                                },
                            .act = [this] { return tidy(); },
                            .again =
                                [this] {
                                  const Outcome tidied = tidy();
                                  return entries() == 1 ? tidied : wrong("a leftover is left");
                                }});
  }
};

int set_up(void** state) {
  *state = new Bench;
  return 0;
}
int tear_down(void** state) {
  delete static_cast<Bench*>(*state);
  return 0;
}
Bench& get(void** state) { return *static_cast<Bench*>(*state); }

void saving_leaves_the_old_state_or_the_new(void** state) {
  assert_survived(get(state).try_saving("state file, save", Durability::kAgainstCrash));
}
void saving_without_the_disk_leaves_the_old_state_or_the_new(void** state) {
  assert_survived(get(state).try_saving("state file, save without a sync", Durability::kAgainstKill));
}
void loading_gives_the_state_or_says_why_not(void** state) { assert_survived(get(state).try_loading()); }
void replacing_a_text_leaves_the_old_one_or_the_new(void** state) { assert_survived(get(state).try_replacing()); }
void removing_leftovers_never_touches_the_state(void** state) { assert_survived(get(state).try_tidying()); }

const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(saving_leaves_the_old_state_or_the_new, set_up, tear_down),
    cmocka_unit_test_setup_teardown(saving_without_the_disk_leaves_the_old_state_or_the_new, set_up, tear_down),
    cmocka_unit_test_setup_teardown(loading_gives_the_state_or_says_why_not, set_up, tear_down),
    cmocka_unit_test_setup_teardown(replacing_a_text_leaves_the_old_one_or_the_new, set_up, tear_down),
    cmocka_unit_test_setup_teardown(removing_leftovers_never_touches_the_state, set_up, tear_down),
};

}  // namespace

EPSILOND_TEST_MAIN(kTests)
