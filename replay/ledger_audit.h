// LedgerAudit: takes what the partitions' audits say of their commits in an order in which causes
// precede effects, and checks what partitions say of one another.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "eventstore/ledger.h"
#include "replay/partition_run.h"
#include "replay/reaction_audit.h"
#include "replay/timed_findings.h"
#include "replay/verify.h"

namespace cassette::replay {

// Not thread-safe. One run of verify.
class LedgerAudit {
 public:
  // `ends` are the last messages to read. Starts a thread a partition, which reads on while it is
  // asked for commits that others have seen; `options` as in verify, and a cut is not read beyond.
  // All must outlive it.
  LedgerAudit(std::span<eventstore::Ledger* const> ledgers, const std::vector<std::uint64_t>& ends,
              const VerifyOptions& options);

  // Takes one message. False when there is none left, or when it can't go on: then `error` says
  // why.
  bool step();
  // After the last step. Waits for what the partitions judge at their ends.
  VerifyReport report();

  std::uint64_t messages() const { return report_.commits + report_.void_messages; }

 private:
  // A commit as others may have seen it.
  struct Milestone {
    std::uint64_t commit = 0;
    domain::Timestamp at;
    eventstore::Hash hash{};
  };
  struct Track {
    std::uint32_t partition = 0;
    std::unique_ptr<PartitionRun> run;
    std::vector<Milestone> history;  // of its commits; those that all have seen are forgotten
    std::map<std::uint32_t, eventstore::Seen> seen;
    bool whole = true;

    std::uint64_t last_commit() const { return history.empty() ? 0 : history.back().commit; }
  };

  // The track whose next message is to be taken; null when none has one.
  Track* next();
  // Some other's commit, which `note` has seen, comes first.
  bool must_wait(const CommitNote& note);
  void take(CommitNote& note, Track& track);
  void take(const StrayNote& note, Track& track);
  void take(const eventstore::StoreError& error, Track& track);
  void check_seen(const CommitNote& note, Track& track);
  void check_milestone(const CommitNote& note, std::uint32_t other, const eventstore::Seen& seen);
  static const Milestone* milestone(const Track& track, std::uint64_t commit);
  void forget_milestones();
  static void forget_before(Track& track, std::uint64_t commit);
  void check_ledger_ids();
  void compare_records();
  void compare_record(const domain::OrderId& id, const domain::OrderPart& part,
                      eventstore::Position position);
  std::vector<Finding> all_findings();

  const VerifyOptions& options_;
  TimedFindings findings_;
  ReactionAudit reactions_;
  std::vector<Track> tracks_;
  bool whole_ = true;              // every partition is
  const Track* unread_ = nullptr;  // whose next message can't be understood
  VerifyReport report_;
};

}  // namespace cassette::replay
