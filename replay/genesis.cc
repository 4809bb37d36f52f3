// Follows the chain to its first commit.
#include "replay/genesis.h"

#include <variant>

#include "eventstore/chain.h"

namespace cassette::replay {

using eventstore::Stored;
using eventstore::StoreError;

Stored<domain::LedgerCreated> genesis_of(std::uint32_t partition, eventstore::Ledger& ledger) {
  const auto last = ledger.last_sequence();
  if (!last.ok()) return Failure{last.error()};
  eventstore::Chain chain(partition);
  for (std::uint64_t sequence = 1; sequence <= last.value(); ++sequence) {
    const auto message = ledger.read(sequence);
    if (!message.ok()) return Failure{message.error()};
    if (!message.value()) break;
    const auto link = chain.accept(*message.value());
    if (!link.ok()) return Failure{link.error()};
    const auto* stored = std::get_if<eventstore::StoredCommit>(&link.value());
    if (stored == nullptr) continue;
    return std::get<domain::LedgerCreated>(stored->commit.events.front().event);
  }
  return Failure{
      StoreError{StoreError::Kind::Corrupt,
                 "the ledger of partition " + std::to_string(partition) + " has no first commit"}};
}

}  // namespace cassette::replay
