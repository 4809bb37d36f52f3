// Verdict: how a simulation ends when it does not end well. Each way has an exit status of its own.
#pragma once

#include <string>

namespace cassette::sim {

enum class Exit : int {
  Sound = 0,
  Wrong = 1,  // an answer, a commit, a document: something is not what it must be
  Usage = 2,
  Stalled = 3,  // nothing comes of it any more
  Crashed = 4,  // by a CHECK or a signal
};

// Says what is wrong and ends the process, without destructors: threads that were killed still hold
// what is theirs.
[[noreturn]] void wrong(const std::string& what);
[[noreturn]] void stalled(const std::string& why);
[[noreturn]] void leave(Exit how);

}  // namespace cassette::sim
