// Verify: reads every partition's ledger from its first message, folds it, and holds every commit
// against the rules. It appends nothing and asks no engine; damage is what it is there to find.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "eventstore/ledger.h"
#include "replay/findings.h"
#include "replay/progress.h"

namespace cassette::replay {

// Void messages and orders named in a report one by one; the others are counted.
inline constexpr std::size_t kMaxListed = 100;

struct VoidFound {
  eventstore::Position position;
  std::string why;
};

struct VerifyReport {
  Verdict verdict = Verdict::CouldNotRun;
  std::string error;  // why it could not run; empty otherwise
  std::string ledger_id;
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t void_messages = 0;
  std::uint64_t bytes = 0;                  // of all bodies
  std::uint64_t pending_reactions = 0;      // the ledgers end before they were run: not unsound
  std::vector<eventstore::Position> heads;  // the last commit of each partition
  std::vector<VoidFound> voids;             // the first kMaxListed
  std::vector<Finding> findings;            // in the order found; empty when sound
};

struct VerifyOptions {
  ProgressMeter* progress = nullptr;  // counts messages
  std::stop_token stop;               // asked between commits: then it could not run
};

// `ledgers` are all partitions in their order. Reads up to the heads found at start; ledgers may
// grow meanwhile. Blocks for as long as that takes. One thread reads each ledger; this one folds.
VerifyReport verify(std::span<eventstore::Ledger* const> ledgers, const VerifyOptions& options);

}  // namespace cassette::replay
