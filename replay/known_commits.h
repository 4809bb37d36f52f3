// KnownCommits: what somebody else has read and judged already, so that a tree need not read it
// again. Bounded: what there is no room for is read.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "eventstore/commit.h"

namespace cassette::replay {

// Waiting in a partition, at most: 10 MB.
inline constexpr std::size_t kMaxKnownCommits = 50'000;

// A valid commit of a chain, without its events.
struct KnownCommit {
  std::uint64_t commit = 0;
  eventstore::Hash hash{};
  eventstore::Hash prev{};
  domain::Timestamp at;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> seen;  // partition and commit

  static KnownCommit of(const eventstore::StoredCommit& stored) {
    KnownCommit known{
        stored.position.commit, stored.hash, stored.commit.prev, stored.commit.at, {}};
    for (const auto& [partition, seen] : stored.commit.seen) {
      known.seen.emplace_back(partition, seen.commit);
    }
    return known;
  }
};

// Thread-safe.
class KnownCommits {
 public:
  void offer(const eventstore::StoredCommit& stored) {
    const std::lock_guard lock(mutex_);
    std::vector<KnownCommit>& waiting = waiting_[stored.position.partition];
    if (waiting.size() < kMaxKnownCommits) waiting.push_back(KnownCommit::of(stored));
  }
  // All that were offered since the last time, in that order.
  std::vector<KnownCommit> take(std::uint32_t partition) {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_[partition], {});
  }

 private:
  std::mutex mutex_;
  std::map<std::uint32_t, std::vector<KnownCommit>> waiting_;
};

}  // namespace cassette::replay
