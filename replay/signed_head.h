// SignedHead: what the notary vouches for at one moment: where every partition's chain stood, and
// the root of the Merkle tree over its commits. docs/audit.md says what that proves.
// Values, their text and their signature; whether a ledger agrees is head_check.h's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/values.h"
#include "eventstore/commit.h"
#include "eventstore/notary_key.h"
#include "eventstore/store_error.h"

namespace cassette::replay {

// The format's version, written as `"v"`.
inline constexpr std::uint32_t kHeadVersion = 1;
// A head's line, in bytes: a thousand partitions stay far below.
inline constexpr std::size_t kMaxHeadBytes = 512 * 1024;

// Of one partition; all zero when it held no commit yet.
struct PartitionHead {
  std::uint64_t commit = 0;  // sequence of its last valid commit
  eventstore::Hash hash{};   // of that commit's body
  std::uint64_t size = 0;    // valid commits up to it: leaves of the tree
  eventstore::Hash root{};   // of the tree (eventstore/merkle.h); of no leaves: SHA-256 of nothing

  static void fields(auto& self, auto&& visit) {
    visit("commit", self.commit);
    visit("hash", self.hash);
    visit("size", self.size);
    visit("root", self.root);
  }
  bool operator==(const PartitionHead&) const = default;
};

struct SignedHead {
  std::uint32_t v = kHeadVersion;
  std::string ledger_id;
  std::uint64_t number = 0;               // of this notary's heads, from 1 without gaps
  domain::Timestamp at;                   // by the notary's clock; never before the head before
  eventstore::Hash prev{};                // hash_of the head before; zeros before the first
  std::vector<PartitionHead> partitions;  // all, in their order
  std::string key;                        // NotaryPublicKey::text of whoever signed
  std::string signature;                  // hexadecimal; empty: not signed yet

  static void fields(auto& self, auto&& visit) {
    visit("v", self.v);
    visit("ledgerId", self.ledger_id);
    visit("number", self.number);
    visit("at", self.at);
    visit("prev", self.prev);
    visit("partitions", self.partitions);
    visit("key", self.key);
    visit("signature", self.signature);
  }
  bool operator==(const SignedHead&) const = default;
};

// One line of JSON, without the line feed: members in the order above and no spaces.
std::string to_line(const SignedHead& head);

// The line without its signature: what is signed, for kHeadPurpose.
std::string signed_text(const SignedHead& head);

// SHA-256 of signed_text: what the next head's `prev` names.
eventstore::Hash hash_of(const SignedHead& head);

// With `key` and `signature` filled in. The same for the same head.
SignedHead sign(SignedHead head, const eventstore::NotaryKey& key);

// From exactly what to_line writes, line feeds after it aside. Corrupt otherwise; Unsupported for
// another version. The signature is not looked at.
eventstore::Stored<SignedHead> parse_head(std::string_view line);

// From lines, one head each, such as heads.jsonl. Empty lines are passed over; of a last line that
// is not whole yet nothing is taken unless it is the only one.
eventstore::Stored<std::vector<SignedHead>> parse_heads(std::string_view lines);

// Mismatch, saying what is wrong, unless `key` signed it as it is.
eventstore::Stored<eventstore::Done> verify_signature(const SignedHead& head,
                                                      const eventstore::NotaryPublicKey& key);

// Mismatch unless `next` is the head after `last`: of the same ledger, with the next number, naming
// its hash, and nowhere less. Sizes that are the same must have the same root.
eventstore::Stored<eventstore::Done> verify_succession(const SignedHead& last,
                                                       const SignedHead& next);

}  // namespace cassette::replay
