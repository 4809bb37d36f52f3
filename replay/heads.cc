// Looks back from a message for the one that it should name.
#include "replay/heads.h"

#include "eventstore/codec.h"

namespace cassette::replay {

using eventstore::ChainHead;
using eventstore::Ledger;
using eventstore::Stored;

namespace {

// Void messages in a row that are looked through; there is hardly ever one.
constexpr std::uint64_t kMaxLookBack = 64;

}  // namespace

Stored<ChainHead> head_before(Ledger& ledger, std::uint64_t from) {
  ChainHead head{from - 1, 0, {}};
  for (std::uint64_t back = 1; back < from && back <= kMaxLookBack; ++back) {
    const auto message = ledger.read(from - back);
    if (!message.ok()) return Failure{message.error()};
    if (!message.value() || !eventstore::decode(message.value()->body).ok()) continue;
    head.commit = from - back;
    head.hash = eventstore::hash_of(message.value()->body);
    break;
  }
  return head;
}

Stored<std::uint64_t> last_commit(std::uint32_t partition, Ledger& ledger) {
  const auto last = ledger.last_sequence();
  if (!last.ok()) return Failure{last.error()};
  const std::uint64_t first = last.value() > kMaxLookBack ? last.value() - kMaxLookBack : 1;
  auto head = head_before(ledger, first);
  if (!head.ok()) return Failure{std::move(head).error()};
  eventstore::Chain chain(partition, head.value());
  for (std::uint64_t sequence = first; sequence <= last.value(); ++sequence) {
    const auto message = ledger.read(sequence);
    if (!message.ok()) return Failure{message.error()};
    if (!message.value()) break;  // a hole: whoever reads will say so
    const auto link = chain.accept(*message.value());
    if (!link.ok()) return Failure{link.error()};
  }
  return chain.head().commit;
}

}  // namespace cassette::replay
