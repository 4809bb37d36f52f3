// Rebuild: makes the read models anew from the ledgers alone, beside those in use, and puts them in
// their place. It reads the ledgers and nothing else.
#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/store_error.h"
#include "replay/progress.h"

namespace cassette::replay {

struct RebuildOptions {
  ProgressMeter* progress = nullptr;  // counts commits
  std::stop_token stop;
};

struct Rebuilt {
  std::uint64_t generation = 0;
  std::vector<eventstore::Position> positions;  // up to which it is folded
};

// Folds a new generation below `models`, up to the ledgers' heads at start, and makes it the
// current one; a process that serves the models takes it up by itself, and goes on from there. The
// old one goes when nobody reads it. Blocks for as long as folding takes. Failures: those of
// reading and of writing; Unavailable after a stop. The models in use are as they were then.
eventstore::Stored<Rebuilt> rebuild(const std::filesystem::path& models,
                                    const std::vector<eventstore::Ledger*>& ledgers,
                                    const RebuildOptions& options);

}  // namespace cassette::replay
