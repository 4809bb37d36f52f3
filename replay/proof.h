// Proof: what shows, with a signed head and its public key and nothing else, that a commit is in
// the ledger that was signed, or that a later head goes on from an earlier one. docs/audit.md
// specifies both documents.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/result.h"
#include "eventstore/commit_tree.h"
#include "eventstore/ledger.h"
#include "replay/signed_head.h"

namespace cassette::replay {

inline constexpr std::uint32_t kProofVersion = 1;

// That a commit is one of those below the head's root.
struct InclusionProof {
  std::uint32_t v = kProofVersion;
  std::string kind = "inclusion";
  std::string position;     // "0:1841"
  std::uint64_t index = 0;  // of the commit's leaf
  eventstore::MerklePath path;
  std::string body;  // the commit, as it stands in the ledger
  SignedHead head;

  static void fields(auto& self, auto&& visit) {
    visit("v", self.v);
    visit("kind", self.kind);
    visit("position", self.position);
    visit("index", self.index);
    visit("path", self.path);
    visit("body", self.body);
    visit("head", self.head);
  }
};

// That every partition's commits of `since` are the first ones of `head`.
struct ConsistencyProof {
  std::uint32_t v = kProofVersion;
  std::string kind = "consistency";
  std::vector<eventstore::MerklePath> paths;  // by partition
  SignedHead since;
  SignedHead head;

  static void fields(auto& self, auto&& visit) {
    visit("v", self.v);
    visit("kind", self.kind);
    visit("paths", self.paths);
    visit("since", self.since);
    visit("head", self.head);
  }
};

using Proof = std::variant<InclusionProof, ConsistencyProof>;

// Why there is none.
struct NoProof {
  enum class Kind {
    NoSuchHead,    // no head of that number
    NotCovered,    // the head ends before the commit
    NoSuchCommit,  // no valid commit stands there
    NotInOrder,    // the head to begin with is the later one
    Failed,        // the ledger or the tree can't be read, or they contradict the head
  };
  Kind kind = Kind::Failed;
  std::string what;
};

// Each proof that is given was checked first. Block for a few reads.
Result<InclusionProof, NoProof> prove_inclusion(eventstore::Ledger& ledger,
                                                const eventstore::CommitTree& tree,
                                                eventstore::Position position,
                                                const SignedHead& head);
// `trees` are all partitions, in their order.
Result<ConsistencyProof, NoProof> prove_consistency(
    std::span<const eventstore::CommitTree* const> trees, const SignedHead& since,
    const SignedHead& head);

std::string to_json(const Proof& proof);
// Corrupt when it is no proof.
eventstore::Stored<Proof> parse_proof(std::string_view text);

// The reason why a proof proves nothing; empty when it holds. `head` is the one that is trusted:
// the proof must be about it. Signatures are not looked at here.
std::string objection(const InclusionProof& proof, const SignedHead& head);
std::string objection(const ConsistencyProof& proof, const SignedHead& head);

}  // namespace cassette::replay
