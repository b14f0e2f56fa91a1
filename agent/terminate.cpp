// What the standard library calls when all is lost. Its own version prints the type of an exception, which we never
// have, and brings a demangler of 70 KB for it.

#include <cstdlib>

namespace __gnu_cxx {

[[noreturn]] void __verbose_terminate_handler();  // NOLINT(bugprone-reserved-identifier)
[[noreturn]] void __verbose_terminate_handler() { std::abort(); }  // NOLINT(bugprone-reserved-identifier)

}  // namespace __gnu_cxx
