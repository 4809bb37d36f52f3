// Verify: reads every partition's ledger from its first message, folds it, and holds every commit
// against the rules, and the whole against signed heads. It appends nothing and asks no engine;
// damage is what it is there to find.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "eventstore/ledger.h"
#include "eventstore/notary_key.h"
#include "replay/cut.h"
#include "replay/findings.h"
#include "replay/progress.h"
#include "replay/signed_head.h"

namespace cassette::replay {

// Void messages and orders named in a report one by one; the others are counted.
inline constexpr std::size_t kMaxListed = 100;

struct VoidFound {
  eventstore::Position position;
  std::string why;
};

struct VerifyReport {
  Verdict verdict = Verdict::CouldNotRun;
  std::string error;  // why it could not run, or not read on; empty otherwise
  // The message that `error` is of, when it follows the last commit and can't be understood.
  std::optional<eventstore::Position> unread;
  std::string ledger_id;
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t void_messages = 0;
  std::uint64_t bytes = 0;                    // of all bodies
  std::uint64_t pending_reactions = 0;        // the ledgers end before they were run: not unsound
  std::vector<eventstore::Position> heads;    // the last commit of each partition
  std::vector<eventstore::Position> trusted;  // up to these nothing was judged but the chain
  std::uint64_t signed_heads = 0;             // held against the ledgers
  std::vector<VoidFound> voids;               // the first kMaxListed
  // By the time of the commit at which they show; empty when sound. One of each kind and partition.
  std::vector<Finding> findings;
};

struct VerifyOptions {
  ProgressMeter* progress = nullptr;  // counts messages
  std::stop_token stop;               // asked between commits: then it could not run
  // Held against the ledgers, and against one another.
  std::vector<SignedHead> heads;
  // Who may have signed them. Empty: whoever a head names, which proves only that it is whole.
  std::vector<eventstore::NotaryPublicKey> keys;
  // The data folder whose trees tell exactly which commit was changed, where they agree with a
  // head. Empty: the first head that disagrees bounds it.
  std::filesystem::path data;
  // Up to there the ledgers are folded as they are, since what follows was decided on that state,
  // and only the chain is judged: that it leads to what the head names. `keys` must hold its key.
  std::optional<SignedHead> since;
  // Nothing behind it is read. It must be closed under `seen`, as that of a time is.
  std::optional<Cut> until;
};

// `ledgers` are all partitions in their order. Reads up to the heads found at start, and what these
// have seen of others; ledgers may grow meanwhile. Each partition is audited in a thread of its
// own, and read in another; this one judges what they say of one another, in causal order: what it
// has judged at any time is a cut that is closed under `seen`. Blocks for as long as that takes.
VerifyReport verify(std::span<eventstore::Ledger* const> ledgers, const VerifyOptions& options);

}  // namespace cassette::replay
