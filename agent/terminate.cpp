// What the standard library calls when all is lost. Its own version prints the type of an exception, which we never
// have, and brings a demangler of 70 KB for it.

#include <cstdlib>

// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming): the library chose the names.
namespace __gnu_cxx {

[[noreturn]] void __verbose_terminate_handler();
[[noreturn]] void __verbose_terminate_handler() { std::abort(); }

}  // namespace __gnu_cxx
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)
