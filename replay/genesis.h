// Genesis: the first commit of a ledger, which says what ledger it is.
#pragma once

#include <cstdint>

#include "domain/ledger_facts.h"
#include "eventstore/ledger.h"
#include "eventstore/store_error.h"

namespace cassette::replay {

// Looks over void messages before it. Corrupt when the ledger holds none. Blocks for a read or two.
eventstore::Stored<domain::LedgerCreated> genesis_of(std::uint32_t partition,
                                                     eventstore::Ledger& ledger);

}  // namespace cassette::replay
