// Catch-up: folds into an archive what its ledger has more, without deciding or claiming anything.
// An engine does it before it claims, and again and again while it waits for a lease, so that it is
// warm when its turn comes.
#pragma once

#include <functional>

#include "eventstore/archive.h"
#include "eventstore/ledger.h"

namespace cassette::eventstore {

// Blocks until the archive has all that the ledger held at the call, and gives where it stands; or
// earlier, Unavailable, when `give_up` says so between two reads. Failures: Mismatch when the
// ledger is not the one folded before, or holds commits of its own owner outside its chain,
// Corrupt, Unsupported, and what the archive fails with.
Stored<FoldPoint> catch_up(std::uint32_t partition, Ledger& ledger, Archive& archive,
                           const std::function<bool()>& give_up);

}  // namespace cassette::eventstore
