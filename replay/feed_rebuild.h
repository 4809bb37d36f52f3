// Feed rebuild: the feed's streams made anew from the ledgers alone, with the same ids, and every
// consumer moved to the first event that it has not acknowledged.
#pragma once

#include <vector>

#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/publisher.h"
#include "eventstore/store_error.h"
#include "replay/rebuild.h"

namespace cassette::replay {

struct FeedRebuilt {
  std::vector<eventstore::Position> positions;  // up to which it is published
  std::size_t consumers = 0;                    // that were moved
};

// Nobody else may publish meanwhile. Blocks for as long as reading and publishing take. Cut short,
// it is begun anew, by another run, or publishing is gone on with by `up`: no consumer loses its
// place. Failures: those of reading the ledgers and of writing to the feed's server; Unavailable
// after a stop.
eventstore::Stored<FeedRebuilt> rebuild_feed(const std::vector<eventstore::Ledger*>& ledgers,
                                             eventstore::Publisher& feed,
                                             const eventstore::FeedOptions& streams,
                                             const RebuildOptions& options);

}  // namespace cassette::replay
