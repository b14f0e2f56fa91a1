#pragma once
// CMocka from C++. Include it last: it defines macros (fail, skip) that break the standard library's headers.
//
// A failed assertion jumps out without running destructors, so a frame that asserts holds only trivially destructible
// objects: build everything else in setup, keep it in *state, free it in teardown.

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <csetjmp>

extern "C" {
#include <cmocka.h>
}

// Runs all tests, or the one named by the first argument; naming a test that does not exist is a failure.
#define EPSILOND_TEST_MAIN(tests)                                              \
  int main(int argc, char** argv) {                                            \
    if (argc > 1) {                                                            \
      bool known = false;                                                      \
      for (const CMUnitTest& test : tests) known |= !std::strcmp(test.name, argv[1]); \
      if (!known) {                                                            \
        std::fprintf(stderr, "no such test: %s\n", argv[1]);                   \
        return 1;                                                              \
      }                                                                        \
      cmocka_set_test_filter(argv[1]);                                         \
    }                                                                          \
    return cmocka_run_group_tests(tests, nullptr, nullptr);                    \
  }
