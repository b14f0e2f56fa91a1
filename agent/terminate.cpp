// What the standard library calls when all is lost. Its own version of the first prints the type of an exception, which
// we never have, and brings a demangler of 70 KB for it.

#include "agent/terminate.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "agent/exit_code.h"

// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming): the library chose the names.
namespace __gnu_cxx {

void __verbose_terminate_handler();  // as the library declares it: without [[noreturn]]
void __verbose_terminate_handler() { std::abort(); }

}  // namespace __gnu_cxx
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

namespace epsilond::agent {
namespace {

char last_words[64];
std::size_t last_words_size = 0;

// Nothing is thrown that could be caught, and to say more takes memory.
[[noreturn]] void end_without_memory() {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, last_words, last_words_size);
  ::_exit(kExitUnavailable);
}

}  // namespace

void say_when_out_of_memory(const char* program) {
  const int size = std::snprintf(last_words, sizeof last_words, "%s: out of memory\n", program);
  last_words_size = std::min(static_cast<std::size_t>(std::max(size, 0)), sizeof last_words - 1);
  std::set_new_handler(end_without_memory);
}

}  // namespace epsilond::agent
