// Heads: where a ledger's chain stands at a place in its middle, found without reading it all.
#pragma once

#include <cstdint>

#include "eventstore/chain.h"
#include "eventstore/ledger.h"

namespace cassette::replay {

// What message `from` should follow. Blocks for a few reads; the fewer of the messages around it
// are commits of the chain, the more.
eventstore::Stored<eventstore::ChainHead> head_before(std::uint32_t partition,
                                                      eventstore::Ledger& ledger,
                                                      std::uint64_t from);

// The last commit, which void messages may follow; 0 when there is none.
eventstore::Stored<std::uint64_t> last_commit(std::uint32_t partition, eventstore::Ledger& ledger);

}  // namespace cassette::replay
