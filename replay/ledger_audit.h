// LedgerAudit: takes the partitions' commits in an order in which causes precede effects, and
// checks what partitions say of one another.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "eventstore/ledger.h"
#include "replay/commit_source.h"
#include "replay/partition_audit.h"
#include "replay/reaction_audit.h"
#include "replay/verify.h"

namespace cassette::replay {

// Not thread-safe. One run of verify.
class LedgerAudit {
 public:
  // `ends` are the last messages to read. The ledgers must outlive it.
  LedgerAudit(std::span<eventstore::Ledger* const> ledgers, const std::vector<std::uint64_t>& ends);

  // Takes one message. False when there is none left, or when it can't go on: then `error` says
  // why.
  bool step();
  // After the last step.
  VerifyReport report();

  std::uint64_t messages() const { return report_.commits + report_.void_messages; }

 private:
  struct Track {
    Track(std::uint32_t partition, std::uint32_t partitions, eventstore::Ledger& ledger,
          std::uint64_t end, Findings& findings)
        : source(partition, ledger, end), audit(partition, partitions, findings) {}

    CommitSource source;
    PartitionAudit audit;
    std::map<std::uint32_t, eventstore::Seen> seen;
  };

  // The track whose next message is to be taken; null when none has one.
  Track* next();
  // Some other's commit, which `stored` has seen, comes first.
  bool must_wait(const eventstore::StoredCommit& stored);
  void take(const eventstore::StoredCommit& stored, Track& track);
  void take(const StrayMessage& message, Track& track);
  void take(const eventstore::StoreError& error, Track& track);
  void check_seen(const eventstore::StoredCommit& stored, Track& track);
  void check_milestone(const eventstore::StoredCommit& stored, std::uint32_t other,
                       const eventstore::Seen& seen);
  void forget_milestones();
  void check_ledger_ids();
  void compare_records();
  void compare_record(const domain::OrderId& id, const domain::OrderPart& part,
                      eventstore::Position position);

  Findings findings_;
  ReactionAudit reactions_;
  std::deque<Track> tracks_;  // they hold threads, and stay where they are
  bool whole_ = true;         // every partition is
  VerifyReport report_;
};

}  // namespace cassette::replay
