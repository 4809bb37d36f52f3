// Looks back for a message that a later one names, and goes on from there by the chain's own rule.
#include "replay/heads.h"

#include <algorithm>
#include <set>

#include "eventstore/codec.h"

namespace cassette::replay {

using eventstore::Chain;
using eventstore::ChainHead;
using eventstore::Ledger;
using eventstore::Stored;

namespace {

// Messages that are looked through first; void ones in a row are few. Then eight times as many, and
// so on, up to the whole ledger.
constexpr std::uint64_t kFirstLook = 8;
constexpr std::uint64_t kWider = 8;

// The last message before `end`, and not before `first`, that one after it names; `read` is set to
// it too. Nothing when there is none: what decodes may still be a copy, or somebody else's.
Stored<std::optional<ChainHead>> anchor(Ledger& ledger, std::uint64_t first, std::uint64_t end,
                                        std::uint64_t last) {
  std::set<eventstore::Hash> named;
  for (std::uint64_t sequence = std::min(last, end - 1 + kFirstLook); sequence >= first;
       --sequence) {
    const auto message = ledger.read(sequence);
    if (!message.ok()) return Failure{message.error()};
    if (!message.value()) continue;
    const eventstore::Hash hash = eventstore::hash_of(message.value()->body);
    if (sequence < end && named.contains(hash)) {
      return std::optional(ChainHead{sequence, sequence, hash});
    }
    if (const auto prev = eventstore::prev_of(message.value()->body)) named.insert(*prev);
  }
  return std::optional<ChainHead>();
}

// The head as of `end`, from `start` on.
Stored<ChainHead> follow(std::uint32_t partition, Ledger& ledger, const ChainHead& start,
                         std::uint64_t end) {
  Chain chain(partition, start);
  for (std::uint64_t sequence = start.read + 1; sequence < end; ++sequence) {
    const auto message = ledger.read(sequence);
    if (!message.ok()) return Failure{message.error()};
    if (!message.value()) break;  // a hole: whoever reads will say so
    const auto link = chain.accept(*message.value());
    if (!link.ok()) return Failure{link.error()};
  }
  return chain.head();
}

}  // namespace

Stored<ChainHead> head_before(std::uint32_t partition, Ledger& ledger, std::uint64_t from) {
  const auto last = ledger.last_sequence();
  if (!last.ok()) return Failure{last.error()};
  const std::uint64_t end = std::min(from, last.value() + 1);
  for (std::uint64_t look = kFirstLook; end > 1; look *= kWider) {
    const std::uint64_t first = end > look ? end - look : 1;
    const auto found = anchor(ledger, first, end, last.value());
    if (!found.ok()) return Failure{found.error()};
    if (!found.value() && first > 1) continue;
    auto head = follow(partition, ledger, found.value().value_or(ChainHead{}), end);
    if (head.ok()) head.value().read = from - 1;
    return head;
  }
  return ChainHead{from - 1, 0, {}};
}

Stored<std::uint64_t> last_commit(std::uint32_t partition, Ledger& ledger) {
  const auto last = ledger.last_sequence();
  if (!last.ok()) return Failure{last.error()};
  const auto head = head_before(partition, ledger, last.value() + 1);
  if (!head.ok()) return Failure{head.error()};
  return head.value().commit;
}

}  // namespace cassette::replay
