// CommitMerge: the valid commits of all partitions, one after another, each after those that it has
// seen. It judges nothing: void messages are counted, and a broken chain is an error.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "eventstore/ledger.h"
#include "eventstore/store_error.h"
#include "replay/commit_source.h"

namespace cassette::replay {

// One thread uses it; one more reads each ledger. The ledgers must outlive it.
class CommitMerge {
 public:
  // All partitions in their order, up to the heads found now. Blocks for a read of each leader.
  static eventstore::Stored<CommitMerge> open(std::span<eventstore::Ledger* const> ledgers);

  // `ends`: the last message to read of each.
  CommitMerge(std::span<eventstore::Ledger* const> ledgers, const std::vector<std::uint64_t>& ends);

  // The next commit, the earliest by time of those that wait for no other; nothing after the last.
  // Blocks while it is being read. Failures: Corrupt at a hole, or for commits that have seen what
  // comes after them; those of reading, after which it is of no more use.
  eventstore::Stored<std::optional<eventstore::StoredCommit>> next();

  // Messages taken, void ones included, and how many there are in all.
  std::uint64_t taken() const { return taken_; }
  std::uint64_t total() const { return total_; }
  std::uint64_t void_messages() const { return void_messages_; }

 private:
  struct Track {
    Track(std::uint32_t partition, eventstore::Ledger& ledger, std::uint64_t end)
        : source(partition, ledger, end) {}

    CommitSource source;
    std::uint64_t reached = 0;  // the last message taken
  };

  // Drops what stands before the track's next commit; null at its end.
  eventstore::Stored<eventstore::StoredCommit*> front(Track& track);
  bool must_wait(const eventstore::StoredCommit& stored);

  // They hold threads, and stay where they are, also when the merge is moved.
  std::unique_ptr<std::deque<Track>> tracks_;
  std::uint64_t taken_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t void_messages_ = 0;
};

}  // namespace cassette::replay
