// Verdict: one line, and the end.
#include "tests/simulation/verdict.h"

#include <cstdio>
#include <cstdlib>

#include "tests/simulation/scheduler.h"

namespace cassette::sim {
namespace {

[[noreturn]] void say(const char* kind, const std::string& what, Exit how) {
  const double seconds = started() ? static_cast<double>(now()) / kSecond : 0;
  std::printf("%s after %.6f s: %s\n", kind, seconds, what.c_str());
  leave(how);
}

}  // namespace

void wrong(const std::string& what) {
  say("WRONG", what, Exit::Wrong);
}

void stalled(const std::string& why) {
  say("STALLED", why, Exit::Stalled);
}

void leave(Exit how) {
  std::fflush(stdout);
  std::fflush(stderr);
  std::_Exit(static_cast<int>(how));
}

}  // namespace cassette::sim
