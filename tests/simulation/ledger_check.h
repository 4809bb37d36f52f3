// LedgerCheck: reads what stands in the ledgers after all, and holds it against itself, against the
// reference, and against everything that clients were answered.
#pragma once

#include <vector>

#include "eventstore/commit.h"
#include "tests/simulation/reference.h"
#include "tests/simulation/world.h"

namespace cassette::sim {

// The valid commits of every partition, in its order. Ends the run when one does not follow the one
// before, runs back in time, comes of an owner who had lost the partition, or has seen what is not.
std::vector<std::vector<eventstore::StoredCommit>> read_ledgers(World& world);

// Folds them into a reference, in causal order, which judges every event; and judges every answer
// on the way: each must be right at some moment between its question and itself.
Reference judge(const World& world,
                const std::vector<std::vector<eventstore::StoredCommit>>& ledgers);

}  // namespace cassette::sim
