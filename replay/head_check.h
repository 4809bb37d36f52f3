// HeadCheck: holds signed heads against ledgers. What was rewritten after a head left the house is
// found here, and nowhere else: a chain of hashes that was computed anew is as good as the old one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/merkle.h"
#include "eventstore/notary_key.h"
#include "replay/findings.h"
#include "replay/progress.h"
#include "replay/signed_head.h"

namespace cassette::replay {

// Whether heads agree with their keys and with one another, whatever the ledgers have: each is
// signed by one of `keys`, none contradicts another. They may be few of many, in any order. `keys`
// empty: the signature must be that of the key each names, which proves only that it was not
// damaged. Findings are BrokenHeads, at the commit where partition 0 of the head ends.
void check_signatures(std::span<const SignedHead> heads,
                      std::span<const eventstore::NotaryPublicKey> keys, Findings& findings);

// One partition's commits against the heads, in one pass. Not thread-safe; one a partition may run
// in a thread of its own, with findings of its own.
class HeadCheck {
 public:
  // `heads` need not be in order.
  HeadCheck(std::uint32_t partition, std::span<const SignedHead> heads, Findings& findings);

  // The next valid commit, from the first on.
  void take(std::uint64_t sequence, const eventstore::Hash& body);
  // After the last one: `read` is the last message that was looked at, void or not.
  void finish(std::uint64_t read);
  // Whether a head was contradicted.
  bool contradicted() const { return contradicted_; }

 private:
  struct Mark {
    PartitionHead end;
    std::uint64_t number = 0;
    domain::Timestamp at;
  };

  void hold_against(const Mark& mark, const eventstore::Hash& body);
  void report(FindingKind kind, std::uint64_t commit, std::string what);

  const std::uint32_t partition_;
  Findings& findings_;
  std::vector<Mark> marks_;  // by size
  std::size_t next_ = 0;
  std::uint64_t last_ = 0;       // sequence of the last commit taken
  std::uint64_t agreed_to_ = 0;  // and of the last one that a head agreed with
  eventstore::MerkleFrontier tree_;
  bool contradicted_ = false;
};

struct HeadCheckOptions {
  std::vector<eventstore::NotaryPublicKey> keys;  // empty: those that the heads name
  // The data folder whose trees tell exactly which commit was changed, where they agree with a
  // head. Empty: the first head that disagrees bounds it.
  std::filesystem::path data;
  ProgressMeter* progress = nullptr;  // counts messages
  std::stop_token stop;
};

// Reads the ledgers up to what the heads name. CutTail, RewrittenHistory and BrokenHeads, each with
// the first position where it shows; none when all heads hold. Unavailable when a ledger can't be
// read or `stop` was asked for. Blocks.
eventstore::Stored<std::vector<Finding>> check_heads(std::span<eventstore::Ledger* const> ledgers,
                                                     std::span<const SignedHead> heads,
                                                     const HeadCheckOptions& options);

}  // namespace cassette::replay
