// Outcome: what must be so once everything has come to rest and stopped: archives and read models
// are what the ledgers say.
#pragma once

#include "tests/simulation/ledger_check.h"

namespace cassette::sim {

// Ends the run when they are not.
void check_outcome(World& world, const std::vector<std::vector<eventstore::StoredCommit>>& ledgers,
                   const Reference& reference);

}  // namespace cassette::sim
