// Run: one simulation, from its seed to its verdict.
#pragma once

#include "tests/simulation/plan.h"

namespace cassette::sim {

// What a sound run says of itself.
struct Summary {
  std::uint64_t trace = 0;  // the same for the same seed and code
  std::uint64_t switches = 0;
  std::uint64_t commits = 0;
  std::uint64_t answers = 0;
  Nanos time = 0;  // virtual
};

// Takes over the process: there is one run in it. Returns when all is sound; else it ends the
// process (verdict.h).
Summary run(const Plan& plan);

}  // namespace cassette::sim
