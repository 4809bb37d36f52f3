// FeedPublisher: brings the ledgers' public events to the feed, each once and in order, and goes on
// where the feed stands. It keeps no place of its own: the feed says what it has, and the ledger is
// held against that at every start.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eventstore/ledger.h"
#include "eventstore/publisher.h"

namespace cassette::projections {

// What is published together, at most, but for the last commit: bytes of bodies, and messages.
inline constexpr std::size_t kMaxFeedBatchBytes = 1 << 20;
inline constexpr std::size_t kMaxFeedBatchMessages = 1000;

struct FeedPublisherOptions {
  eventstore::FeedOptions stream;
  // Between two tries while the feed's server is away: from this, doubling, up to `max_pause`.
  std::chrono::milliseconds min_pause{100};
  std::chrono::milliseconds max_pause{10'000};
  // A reader that has nothing new waits so long, and then notes how far the feed is.
  std::chrono::milliseconds idle{1000};
  // Batches after which that is noted in any case.
  std::uint32_t record_every = 64;
};

// Where the feed stands by what its stream says: the last event published; with an index past all
// others for a commit that is published whole. Nothing before the first.
struct FeedEnd {
  eventstore::EventRef ref;
  eventstore::Hash hash{};  // of the commit's body
};
inline constexpr std::uint32_t kWholeCommit = UINT32_MAX;
// Corrupt when the last message's id is not one of this partition.
eventstore::Stored<std::optional<FeedEnd>> end_of_feed(std::uint32_t partition,
                                                       const eventstore::FeedState& state);

// Any thread.
class FeedPublisher {
 public:
  // One thread a partition, in the order of `ledgers`, which outlive it, as `feed` does. Returns at
  // once: a feed that is away is waited for, for ever, and is no failure.
  FeedPublisher(const std::vector<eventstore::Ledger*>& ledgers, eventstore::Publisher& feed,
                FeedPublisherOptions options);
  ~FeedPublisher();
  FeedPublisher(const FeedPublisher&) = delete;
  FeedPublisher& operator=(const FeedPublisher&) = delete;

  // Ends all threads; what was not published is when it is started again. Blocks for at most one
  // batch. Twice is no error.
  void stop();

  // The last commit of each partition that is published and acknowledged, all before it too; 0
  // while the feed has not been asked.
  std::vector<eventstore::Position> positions() const;

  // Waits until all of them are; false when `timeout` passed first, or one of them never will be.
  bool await(std::span<const eventstore::Position> wanted, std::chrono::milliseconds timeout) const;

  // Why a partition is published no more, with its name: the ledger is another or shorter than the
  // one that the feed holds (Mismatch), can't be read on (Corrupt, Unsupported), or the feed's
  // stream is something else's. Nothing while all is well, and while a server is only away.
  std::optional<eventstore::StoreError> failure() const;

 private:
  class Lane;

  void advance(const eventstore::Position& position);
  void fail(std::uint32_t partition, const eventstore::StoreError& error);

  const FeedPublisherOptions options_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::uint64_t> commits_;  // by partition
  std::vector<std::optional<eventstore::StoreError>> failures_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace cassette::projections
