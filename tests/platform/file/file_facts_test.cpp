#include "platform/file/file_facts.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "tests/support/temp_tree.h"

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::ErrorCode;
using epsilond::platform::file_facts;
using epsilond::platform::FileFacts;
using epsilond::platform::may_write_in;
using epsilond::platform::Result;
using epsilond::tests::TempTree;

namespace {

constexpr std::chrono::seconds kThen{1'700'000'000};

int make_tree(void** state) {
  auto* const tree = new TempTree;
  *state = tree;
  tree->write("file", "12345");
  tree->link("link", tree->path() + "/file");
  tree->link("astray", tree->path() + "/nowhere");
  const timeval then[2] = {{.tv_sec = kThen.count(), .tv_usec = 0}, {.tv_sec = kThen.count(), .tv_usec = 0}};
  return ::utimes((tree->path() + "/file").c_str(), then);
}
int destroy(void** state) {
  delete static_cast<TempTree*>(*state);
  return 0;
}

Result<FileFacts> facts_of(void** state, const char* name) {
  return file_facts(static_cast<TempTree*>(*state)->path() + "/" + name);
}

bool bind_socket(void** state, const char* name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = static_cast<TempTree*>(*state)->path() + "/" + name;
  std::copy(path.begin(), path.end(), address.sun_path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return bound;
}

bool writable(void** state, const char* name) {
  return may_write_in(static_cast<TempTree*>(*state)->path() + "/" + name);
}

void a_file_and_a_link_to_it_have_the_same_facts(void** state) {
  for (const char* const name : {"file", "link"}) {
    const Result<FileFacts> facts = facts_of(state, name);
    assert_true(static_cast<bool>(facts));
    assert_int_equal(facts->bytes, 5);
    assert_int_equal(facts->uid, ::geteuid());
    assert_false(facts->is_socket || facts->is_directory);
    assert_true(facts->modified == kThen);
  }
}

void directories_and_sockets_are_told_apart(void** state) {
  assert_true(bind_socket(state, "socket"));
  const Result<FileFacts> socket = facts_of(state, "socket");
  assert_true(socket && socket->is_socket && !socket->is_directory);
  const Result<FileFacts> directory = facts_of(state, ".");
  assert_true(directory && directory->is_directory && !directory->is_socket);
}

void what_is_not_there_says_why_without_its_path(void** state) {
  for (const char* const name : {"nowhere", "astray"}) {
    const Result<FileFacts> facts = facts_of(state, name);
    assert_false(static_cast<bool>(facts));
    assert_int_equal(facts.error().code, ErrorCode::kNotFound);
    assert_true(facts.error().context.view() == "No such file or directory");
  }
}

void a_directory_of_ones_own_may_be_written_in_and_one_that_is_not_there_may_not(void** state) {
  assert_true(writable(state, "."));
  assert_false(writable(state, "nowhere"));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(a_file_and_a_link_to_it_have_the_same_facts, make_tree, destroy),
    cmocka_unit_test_setup_teardown(directories_and_sockets_are_told_apart, make_tree, destroy),
    cmocka_unit_test_setup_teardown(what_is_not_there_says_why_without_its_path, make_tree, destroy),
    cmocka_unit_test_setup_teardown(a_directory_of_ones_own_may_be_written_in_and_one_that_is_not_there_may_not,
                                    make_tree, destroy),
};
EPSILOND_TEST_MAIN(kTests)
