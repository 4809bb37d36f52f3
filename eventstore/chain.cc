// Chain: judges each message by its body's `prev`. It reads nothing itself but for check_head.
#include "eventstore/chain.h"

#include "eventstore/codec.h"

namespace cassette::eventstore {
namespace {

// The reason why `commit` can't follow `head`; empty when it can.
std::string objection(const ChainHead& head, const Commit& commit) {
  if (commit.prev != head.hash) return "prev is not the hash of the last commit";
  if (head.commit > 0) return {};
  const bool creates = !commit.events.empty() &&
                       std::holds_alternative<domain::LedgerCreated>(commit.events.front().event);
  return creates ? std::string() : "the first commit does not begin with LedgerCreated";
}

std::string place(std::uint32_t partition, std::uint64_t sequence) {
  return "message " + format(Position{partition, sequence});
}

Failure<StoreError> failure(StoreError::Kind kind, std::string what) {
  return Failure{StoreError{kind, std::move(what)}};
}

}  // namespace

Stored<Link> Chain::accept(const Message& message) {
  const std::string where = place(partition_, message.sequence);
  if (message.sequence != head_.read + 1) {
    return failure(StoreError::Kind::Corrupt,
                   where + " follows " + std::to_string(head_.read) + ": the ledger has a hole");
  }
  Result<Commit, DecodeError> decoded = decode(message.body);
  if (!decoded && decoded.error().kind == DecodeError::Kind::Unsupported &&
      prev_of(message.body) == head_.hash) {
    return failure(StoreError::Kind::Unsupported, where + ": " + decoded.error().what);
  }
  head_.read = message.sequence;
  std::string why = decoded ? objection(head_, decoded.value()) : decoded.error().what;
  if (!why.empty()) return Link{VoidMessage{message.sequence, std::move(why)}};
  head_.commit = message.sequence;
  head_.hash = hash_of(message.body);
  return Link{StoredCommit{Position{partition_, message.sequence}, head_.hash, message.body.size(),
                           std::move(decoded).value()}};
}

Stored<Done> check_head(Ledger& ledger, const ChainHead& head) {
  const auto last = ledger.last_sequence();
  if (!last) return Failure{last.error()};
  if (last.value() < head.read) {
    return failure(StoreError::Kind::Mismatch,
                   "the ledger ends at " + std::to_string(last.value()) + ", but was read up to " +
                       std::to_string(head.read) + " before");
  }
  if (head.commit == 0) return Done{};
  const auto message = ledger.read(head.commit);
  if (!message) return Failure{message.error()};
  if (!message.value() || hash_of(message.value()->body) != head.hash) {
    return failure(StoreError::Kind::Mismatch, "commit " + std::to_string(head.commit) +
                                                   " of the ledger is not the one read before");
  }
  return Done{};
}

}  // namespace cassette::eventstore
