// SeedBatch: runs many seeds, each in a process of its own, a few at a time, and says how each that
// was not sound ended.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "tests/simulation/run.h"
#include "tests/simulation/verdict.h"

namespace cassette::sim {

struct BatchOptions {
  unsigned jobs = 1;
  unsigned limit_seconds = 120;  // of real time for one seed; then it has stalled
  bool verbose = false;
  bool stop_at_first = false;
};

// What became of a batch. `worst` is of the first seed that was not sound.
struct BatchResult {
  Exit worst = Exit::Sound;
  std::uint64_t seeds = 0;
  std::uint64_t failed = 0;
  Summary sum;  // the trace is the last one's
};

// Runs the seeds that `next` gives, until it gives none. Blocks.
BatchResult run_batch(const BatchOptions& options,
                      const std::function<std::optional<std::uint64_t>()>& next);

}  // namespace cassette::sim
