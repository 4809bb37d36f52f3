// Publisher: the feed's streams, one a partition, on a server of their own. It keeps messages and
// how far they go, and knows nothing of what they mean. The in-memory and the JetStream
// implementation pass one contract suite.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::eventstore {

// The bucket, on the feed's server, with how far each partition is published.
inline constexpr std::string_view kFeedBucket = "cassette-feed";

// "FEED-0", and what it takes: "feed.0.>".
std::string feed_stream(std::uint32_t partition);
std::string feed_subjects(std::uint32_t partition);

// One event as vendors get it. `id` is its `Nats-Msg-Id`, the same at every replay; `commit_hash`
// is of the commit that holds it.
struct FeedMessage {
  std::string subject;
  std::string id;
  std::string body;
  Hash commit_hash{};

  bool operator==(const FeedMessage&) const = default;
};

// How long a feed keeps what it published; the oldest goes first. The ledger keeps all.
struct FeedOptions {
  std::chrono::hours max_age{30 * 24};
  std::uint64_t max_bytes = 0;  // a stream; 0: no limit. The server sets it aside on its disk.
  std::uint32_t replicas = 1;
};

// All public events up to and with this commit are published.
struct FeedPoint {
  std::uint64_t commit = 0;
  Hash hash{};  // of its body

  bool operator==(const FeedPoint&) const = default;
};

struct FeedLast {
  std::string id;
  Hash commit_hash{};

  bool operator==(const FeedLast&) const = default;
};

struct FeedState {
  std::uint64_t last_sequence = 0;  // of the stream, also when that message is held no more
  std::optional<FeedLast> last;     // the last message, while it is held
  // As `record` left it; absent when it tells of more than the stream has, or of another stream.
  std::optional<FeedPoint> recorded;
};

// A consumer on a feed's stream, and the first message that it may not have acknowledged: by id
// where the stream holds it; else `ahead` says how many after the last one published it is, 1 for
// the very next.
struct FeedConsumer {
  std::string name;
  std::string next;
  std::uint64_t ahead = 0;

  bool operator==(const FeedConsumer&) const = default;
};

// Thread-safe, but a partition has one caller at a time. Every call blocks for round trips. All
// fail with Unavailable when there is no answer in time, and with Full as the server says it.
class Publisher {
 public:
  virtual ~Publisher() = default;

  // Makes the partition's stream; one that is there gets these options. Finishes a `renew_stream`
  // that was cut short. Mismatch: a stream of that name was made for something else.
  virtual Stored<Done> open_stream(std::uint32_t partition, const FeedOptions& options) = 0;

  // Mismatch: no such stream. Corrupt: the last message is not an event.
  virtual Stored<FeedState> state(std::uint32_t partition) = 0;

  // Stores the messages after `expected_last`, in order, and waits for all to be acknowledged. A
  // message is stored only when the one before it is. After a failure some of the first may be
  // stored, also yet to come; what is, `state` tells. Conflict: the stream's last sequence is
  // another. Mismatch: no such stream.
  virtual Stored<Done> publish(std::uint32_t partition, std::uint64_t expected_last,
                               std::span<const FeedMessage> messages) = 0;

  // Notes how far `last_sequence` brings the feed, for when the stream holds no message that tells.
  virtual Stored<Done> record(std::uint32_t partition, std::uint64_t last_sequence,
                              const FeedPoint& point) = 0;

  // The durable ones. Nobody may publish from here to the end of `renew_stream`. Mismatch: no such
  // stream.
  virtual Stored<std::vector<FeedConsumer>> consumers(std::uint32_t partition) = 0;

  // Replaces the stream by an empty one with the same consumers, or makes it: each gets what will
  // be stored from the sequence that `starts` names, from the first where it names none. Cut short,
  // the next `open_stream` or `renew_stream` goes on with what the first one was told.
  virtual Stored<Done> renew_stream(std::uint32_t partition, const FeedOptions& options,
                                    const std::map<std::string, std::uint64_t>& starts) = 0;
};

}  // namespace cassette::eventstore
