// MemoryPublisher: the feed's streams in memory, for tests and as the model that JetStream's is
// compared with. It forgets when it is told to, never by age, since it knows no clock.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "eventstore/publisher.h"

namespace cassette::eventstore {

// Unavailable only when told to be; never blocks. Thread-safe.
class MemoryPublisher : public Publisher {
 public:
  Stored<Done> open_stream(std::uint32_t partition, const FeedOptions& options) override;
  Stored<FeedState> state(std::uint32_t partition) override;
  Stored<Done> publish(std::uint32_t partition, std::uint64_t expected_last,
                       std::span<const FeedMessage> messages) override;
  Stored<Done> record(std::uint32_t partition, std::uint64_t last_sequence,
                      const FeedPoint& point) override;
  Stored<std::vector<FeedConsumer>> consumers(std::uint32_t partition) override;
  Stored<Done> renew_stream(std::uint32_t partition, const FeedOptions& options,
                            const std::map<std::string, std::uint64_t>& starts) override;

  // A consumer that has acknowledged all up to `sequence`, and where each one is to go on.
  void set_consumer(std::uint32_t partition, const std::string& name, std::uint64_t sequence);
  std::uint64_t next_of(std::uint32_t partition, const std::string& name) const;

  // What the stream holds, and what it was last opened with.
  std::vector<FeedMessage> held(std::uint32_t partition) const;
  FeedOptions options(std::uint32_t partition) const;

  // Faults. From now on, or no longer, every call is Unavailable.
  void set_down(bool down);
  // The oldest `count` messages go, as retention takes them.
  void expire(std::uint32_t partition, std::size_t count);
  // The newest `count` messages go, as a power cut takes what was not on disk.
  void lose(std::uint32_t partition, std::size_t count);
  // Somebody removes the stream; what was recorded stays.
  void remove(std::uint32_t partition);

 private:
  struct Stream {
    std::uint64_t created = 0;  // tells this stream from the one before it
    FeedOptions options;
    std::deque<FeedMessage> messages;
    std::uint64_t last = 0;
    std::map<std::string, std::uint64_t> acknowledged;  // by consumer
  };
  struct Record {
    FeedPoint point;
    std::uint64_t last = 0;
    std::uint64_t created = 0;
  };

  // Null when there is none.
  Stream* find(std::uint32_t partition);
  const Stream& at(std::uint32_t partition) const { return streams_.at(partition); }

  mutable std::mutex mutex_;
  std::map<std::uint32_t, Stream> streams_;
  std::map<std::uint32_t, Record> records_;
  std::uint64_t created_ = 0;
  bool down_ = false;
};

}  // namespace cassette::eventstore
