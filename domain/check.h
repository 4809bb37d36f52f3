// CHECK: our own bugs stop the process at once, with file, line and the broken condition.
// It is always on and is never used for bad input or for a failing world.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace cassette {

// What a failed CHECK calls before it stops the process; null: nothing. It may throw instead, and
// only an auditor's does: to it a ledger that contradicts itself is a finding, not our bug.
inline thread_local void (*check_handler)(const char* file, int line,
                                          const char* condition) = nullptr;

[[noreturn]] inline void check_failed(const char* file, int line, const char* condition) {
  if (check_handler != nullptr) check_handler(file, line, condition);
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
