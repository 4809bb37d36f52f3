// PartitionRun: audits one partition in a thread of its own, and hands a note of each message to
// the audit of all partitions.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "eventstore/ledger.h"
#include "replay/commit_screen.h"
#include "replay/commit_source.h"
#include "replay/head_check.h"
#include "replay/note_queue.h"
#include "replay/partition_audit.h"
#include "replay/timed_findings.h"

namespace cassette::replay {

// Which of how many, and how much of it.
struct PartitionTask {
  std::uint32_t partition = 0;
  std::uint32_t partitions = 1;
  std::uint64_t end = 0;          // the last message to read, unless more is asked for
  std::uint64_t judged_from = 0;  // commits up to it are folded and not judged
  std::span<const SignedHead> heads;
};

// Made, run and asked by one thread.
class PartitionRun {
 public:
  // Starts the thread. `ledger` and the heads must outlive it.
  PartitionRun(const PartitionTask& task, eventstore::Ledger& ledger);
  // Stops it, wherever it is.
  ~PartitionRun();
  PartitionRun(const PartitionRun&) = delete;
  PartitionRun& operator=(const PartitionRun&) = delete;

  // The next note, until `pop`; null at the end. Blocks for what is still being audited.
  Note* peek() { return notes_.peek(); }
  void pop() { notes_.pop(); }
  // Goes on to message `end`, if the ledger has it by now. False when it hasn't, or after an error.
  bool extend_to(std::uint64_t end);

  // Nothing more is wanted, but what must hold at the end. Returns at once.
  void finish() { notes_.finish(); }
  // Nothing at all is wanted any more.
  void stop();
  // Waits for the thread, after one of both. What is below may be asked afterwards only.
  void join();
  const PartitionAudit& audit() const { return audit_; }
  TimedFindings& findings() { return findings_; }

 private:
  void run();
  // Audits what is there up to the end. False when it could not.
  bool audit_all();
  Note note_of(const SourceItem& item);
  Note note_of(const eventstore::StoreError& error);
  // The message is not there, and later ones were.
  bool is_gone(std::uint64_t sequence);
  // What comes after the message names other commits than it, and none names it.
  bool is_replaced(std::uint64_t sequence);

  eventstore::Ledger& ledger_;
  TimedFindings findings_;
  PartitionAudit audit_;
  std::optional<HeadCheck> heads_;
  NoteQueue notes_;
  CommitScreen screen_;
  CommitSource source_;
  bool ended_ = false;  // at a hole: there is nothing behind it
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace cassette::replay
