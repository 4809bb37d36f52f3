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

// Goes back from a message that a later one names, over all that name the same predecessor: the
// first after it is the commit, and the others are copies of that or came too late.
class Firstborn {
 public:
  bool begun() const { return begun_; }
  void begin(std::uint64_t sequence, const eventstore::Hash& hash,
             const std::optional<eventstore::Hash>& prev) {
    begun_ = true;
    head_ = {sequence, sequence, hash};
    prev_ = prev;
    predecessor_ = false;
  }
  // Takes the message before the last one taken.
  void take(std::uint64_t sequence, const eventstore::Hash& hash,
            const std::optional<eventstore::Hash>& prev) {
    if (hash == prev_) predecessor_ = true;
    if (prev != prev_) return;
    begin(sequence, hash, prev);
  }
  // Nothing when the predecessor is not among what was taken; the first commit of a ledger has none
  // in all of it.
  std::optional<ChainHead> head(bool all_taken) const {
    const bool known = predecessor_ || (all_taken && prev_ == eventstore::Hash{});
    return begun_ && known ? std::optional(head_) : std::nullopt;
  }

 private:
  bool begun_ = false;
  bool predecessor_ = false;
  ChainHead head_;
  std::optional<eventstore::Hash> prev_;
};

// The last message before `end`, and not before `first`, that one after it names and that is no
// copy; `read` is set to it too. Nothing when there is none: what decodes may still be somebody
// else's.
Stored<std::optional<ChainHead>> anchor(Ledger& ledger, std::uint64_t first, std::uint64_t end,
                                        std::uint64_t last) {
  std::set<eventstore::Hash> named;
  Firstborn firstborn;
  for (std::uint64_t sequence = std::min(last, end - 1 + kFirstLook); sequence >= first;
       --sequence) {
    const auto message = ledger.read(sequence);
    if (!message.ok()) return Failure{message.error()};
    if (!message.value()) continue;
    const eventstore::Hash hash = eventstore::hash_of(message.value()->body);
    const auto prev = eventstore::prev_of(message.value()->body);
    if (firstborn.begun()) {
      firstborn.take(sequence, hash, prev);
    } else if (sequence < end && named.contains(hash)) {
      firstborn.begin(sequence, hash, prev);
    } else if (prev) {
      named.insert(*prev);
    }
  }
  return firstborn.head(first == 1);
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
