#include "platform/host/resident.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

// clang-format off
#include "tests/support/cmocka_cpp.h"
// clang-format on

using epsilond::platform::could_take;
using epsilond::platform::give_back;
using epsilond::platform::give_back_code;
using epsilond::platform::give_back_heap;

namespace {

constexpr std::size_t kPages = 4;

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

// Four pages of 'x' from the kernel.
int make_pages(void** state) {
  void* const pages =
      ::mmap(nullptr, kPages * page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return -1;
  auto* const bytes = static_cast<std::byte*>(pages);
  for (std::size_t i = 0; i < kPages * page_bytes(); ++i) bytes[i] = std::byte{'x'};
  *state = pages;
  return 0;
}
int drop_pages(void** state) { return ::munmap(*state, kPages * page_bytes()); }

void whole_pages_are_given_back_and_the_edges_are_kept(void** state) {
  auto* const bytes = static_cast<std::byte*>(*state);
  const std::size_t page = page_bytes();
  give_back(std::span(bytes + page / 2, 3 * page));  // the second and the third page, and halves of two others

  std::array<unsigned char, kPages> resident{};
  assert_int_equal(::mincore(*state, kPages * page, resident.data()), 0);
  assert_true((resident[0] & 1) == 1 && (resident[3] & 1) == 1);
  assert_true((resident[1] & 1) == 0 && (resident[2] & 1) == 0);
  assert_int_equal(std::to_integer<int>(bytes[page - 1]), 'x');
  assert_int_equal(std::to_integer<int>(bytes[3 * page]), 'x');
  assert_int_equal(std::to_integer<int>(bytes[page]), 0);
}

void what_holds_no_whole_page_is_kept(void** state) {
  auto* const bytes = static_cast<std::byte*>(*state);
  give_back(std::span(bytes + 1, page_bytes()));
  give_back(std::span(bytes, std::size_t{0}));
  assert_int_equal(std::to_integer<int>(bytes[1]), 'x');
  assert_int_equal(std::to_integer<int>(bytes[page_bytes()]), 'x');
}

void memory_is_there_until_there_is_none(void**) {
  rlimit before{};
  assert_int_equal(::getrlimit(RLIMIT_AS, &before), 0);
  assert_true(could_take(1 << 20));
  rlimit few = before;
  few.rlim_cur = 1 << 20;  // less than what is mapped already
  assert_int_equal(::setrlimit(RLIMIT_AS, &few), 0);
  // qemu 7.2 says so and sets none, for it would be the emulator's, too: getrlimit() gives the old limit.
  rlimit now{};
  assert_int_equal(::getrlimit(RLIMIT_AS, &now), 0);
  if (now.rlim_cur != few.rlim_cur) skip();
  const bool taken = could_take(1 << 20);
  assert_int_equal(::setrlimit(RLIMIT_AS, &before), 0);
  assert_false(taken);
}

int twice(int number) { return 2 * number; }

void code_that_was_given_back_runs_as_before(void**) {
  int (*volatile function)(int) = twice;
  assert_int_equal(function(21), 42);
  give_back_code();
  assert_int_equal(function(21), 42);
}

void what_is_allocated_stays_when_what_was_freed_goes(void**) {
  std::vector<std::string> kept;
  for (int i = 0; i < 64; ++i) {
    const std::string freed(100'000, 'f');
    kept.emplace_back(freed.size() / 100, 'k');
  }
  give_back_heap();
  for (const std::string& text : kept) assert_true(text == std::string(1000, 'k'));
}

}  // namespace

static const CMUnitTest kTests[] = {
    cmocka_unit_test_setup_teardown(whole_pages_are_given_back_and_the_edges_are_kept, make_pages, drop_pages),
    cmocka_unit_test_setup_teardown(what_holds_no_whole_page_is_kept, make_pages, drop_pages),
    cmocka_unit_test(memory_is_there_until_there_is_none),
    cmocka_unit_test(code_that_was_given_back_runs_as_before),
    cmocka_unit_test(what_is_allocated_stays_when_what_was_freed_goes),
};
EPSILOND_TEST_MAIN(kTests)
