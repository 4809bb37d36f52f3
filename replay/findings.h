// Findings: what an auditor holds against a ledger, each with the first place where it shows.
// It collects and counts; judging is the audits'.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "domain/fields.h"
#include "eventstore/commit.h"

namespace cassette::replay {

// What the caller's exit status says: 0, 1, 2.
enum class Verdict { Sound, Unsound, CouldNotRun };

enum class FindingKind {
  Hole,              // a message is missing
  SeveredChain,      // a commit was changed or replaced after the next one named its hash
  WrongGenesis,      // commit 1 does not fit this partition and these ledgers
  Unclaimed,         // an owner commits without having claimed the partition
  TimeRunsBack,      // a commit is earlier than the one before, or than one that it has seen
  SeenRunsBack,      // less of another partition was seen than before
  SeenUnknown,       // what was seen of another partition is not there
  RepeatedCommand,   // a command's id was accepted twice within its memory
  Misplaced,         // an event whose entity lives in another partition
  IllegalEvent,      // an event that contradicts the state it was decided on
  BrokenInvariant,   // a state that must not be
  WrongCause,        // an event whose cause is not there, or calls for something else
  MissingReaction,   // an event's call was seen and not answered
  RepeatedReaction,  // an event's call was answered more than once
  DifferentRecord,   // an order's record of a sub-order is not what its vendor decided
  CutTail,           // the ledger ends before what a signed head names
  RewrittenHistory,  // a signed head names another commit, hash or root than the ledger has
  BrokenHeads,       // a signed head is not its key's, or contradicts another one
};

struct Finding {
  FindingKind kind = FindingKind::Hole;
  eventstore::Position position;  // the first one
  std::uint64_t count = 1;        // of this kind in this partition
  std::string what;               // of the first
};

class Findings {
 public:
  // Kept when it is the first of its kind in its partition, else counted.
  void add(FindingKind kind, eventstore::Position position, std::string what);
  // One that counts for several, likewise.
  void add(Finding finding);

  const std::vector<Finding>& all() const { return findings_; }

 private:
  std::vector<Finding> findings_;  // in the order found
};

}  // namespace cassette::replay

template <>
struct cassette::EnumNames<cassette::replay::Verdict> {
  static constexpr std::array<std::string_view, 3> values{"sound", "unsound", "could-not-run"};
};
template <>
struct cassette::EnumNames<cassette::replay::FindingKind> {
  static constexpr std::array<std::string_view, 18> values{"hole",
                                                           "severed-chain",
                                                           "wrong-genesis",
                                                           "unclaimed",
                                                           "time-runs-back",
                                                           "seen-runs-back",
                                                           "seen-unknown",
                                                           "repeated-command",
                                                           "misplaced",
                                                           "illegal-event",
                                                           "broken-invariant",
                                                           "wrong-cause",
                                                           "missing-reaction",
                                                           "repeated-reaction",
                                                           "different-record",
                                                           "cut-tail",
                                                           "rewritten-history",
                                                           "broken-heads"};
};
