// Chain: which messages of a ledger stream are its commits, and which are void.
// Every fold (engine, archive, projector, verify) reads through one, so that all agree.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

// How far a fold has come. All zero before the first message.
struct ChainHead {
  std::uint64_t read = 0;    // sequence of the last message looked at, void or not
  std::uint64_t commit = 0;  // sequence of the last valid commit
  Hash hash{};               // of that commit's body

  bool operator==(const ChainHead&) const = default;
};

// Not a commit that names the last one's hash. Skipped by every fold, reported by verify.
struct VoidMessage {
  std::uint64_t sequence = 0;
  std::string why;
};

using Link = std::variant<StoredCommit, VoidMessage>;

// One partition's chain. Not thread-safe.
class Chain {
 public:
  explicit Chain(std::uint32_t partition, ChainHead head = {})
      : partition_(partition), head_(head) {}

  // Takes the next message. Failures: Corrupt when `message` does not follow the last one read (a
  // hole), Unsupported when a valid successor can't be understood. The head stays then.
  Stored<Link> accept(const Message& message);

  const ChainHead& head() const { return head_; }

 private:
  std::uint32_t partition_;
  ChainHead head_;
};

// Checks that `ledger` still holds the commit that `head` ends with: Mismatch when it is shorter or
// has another body there. Blocks for one or two reads of the leader.
Stored<Done> check_head(Ledger& ledger, const ChainHead& head);

}  // namespace cassette::eventstore
