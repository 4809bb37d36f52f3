// CHECK: our own bugs stop the process at once, with file, line and the broken condition.
// It is always on and is never used for bad input or for a failing world.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace cassette {

[[noreturn]] inline void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace cassette

#define CASSETTE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::cassette::check_failed(__FILE__, __LINE__, #condition))

// Bodies write CHECK. Headers write CASSETTE_CHECK, since a test that includes them means its
// framework's macro of that name.
#ifndef CHECK
#define CHECK(condition) CASSETTE_CHECK(condition)
#endif
