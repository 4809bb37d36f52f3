// JetStreamPublisher: the feed's streams on a nats-server. Private to eventstore/jetstream*:
// everyone else gets a Publisher from JetStreamConnection.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/jetstream_handles.h"
#include "eventstore/key_value.h"
#include "eventstore/publisher.h"

namespace cassette::eventstore {

// A consumer of a stream that is being renewed, and the number of the event that it gets next
// there.
struct KeptConsumer {
  std::string name;
  std::string config;  // JSON
  std::uint64_t start = 0;

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("config", self.config);
    visit("start", self.start);
  }
};

// Has a connection of its own, which goes before the subscriptions: NATS.c 3.4 does not survive the
// end of one while a message for it comes in (see JetStreamReader).
class JetStreamPublisher final : public Publisher {
 public:
  // Connects as `options` say, and makes or opens kFeedBucket.
  static Stored<std::unique_ptr<Publisher>> open(const JetStreamOptions& options);
  JetStreamPublisher(std::unique_ptr<JetStreamLink> link, std::unique_ptr<KeyValue> bucket);
  ~JetStreamPublisher() override;
  JetStreamPublisher(const JetStreamPublisher&) = delete;
  JetStreamPublisher& operator=(const JetStreamPublisher&) = delete;

  Stored<Done> open_stream(std::uint32_t partition, const FeedOptions& options) override;
  Stored<FeedState> state(std::uint32_t partition) override;
  Stored<Done> publish(std::uint32_t partition, std::uint64_t expected_last,
                       std::span<const FeedMessage> messages) override;
  Stored<Done> record(std::uint32_t partition, std::uint64_t last_sequence,
                      const FeedPoint& point) override;
  Stored<std::vector<FeedConsumer>> consumers(std::uint32_t partition) override;
  Stored<Done> renew_stream(std::uint32_t partition, const FeedOptions& options,
                            const std::map<std::string, std::uint64_t>& starts) override;

 private:
  using Clock = std::chrono::steady_clock;

  // Where the answers to one partition's messages come in.
  struct Inbox {
    SubscriptionHandle subscription;
    std::string prefix;
    std::uint64_t batches = 0;     // published so far: an answer says which one it belongs to
    std::uint64_t reconnects = 0;  // of the connection, when the last batch was begun
  };

  Stored<Inbox*> inbox_of(std::uint32_t partition);
  Stored<Done> publish_slice(std::uint32_t partition, std::uint64_t expected_last,
                             std::span<const FeedMessage> messages);
  // How many of the messages went out, and in `failure` why not all.
  std::size_t send(const Inbox& inbox, std::uint64_t expected_last,
                   std::span<const FeedMessage> messages, std::optional<StoreError>& failure);
  natsStatus next_answer(const Inbox& inbox, Clock::time_point deadline, MessageHandle& answer);
  Stored<Done> await_answers(std::uint32_t partition, const Inbox& inbox,
                             std::uint64_t expected_last, std::size_t sent);

  // Nothing when the stream doesn't hold it.
  Stored<std::optional<FeedLast>> event_at(std::uint32_t partition, std::uint64_t sequence);
  Stored<FeedConsumer> place_of(std::uint32_t partition, const std::string& name,
                                std::uint64_t next);
  Stored<Done> keep_consumers(std::uint32_t partition,
                              const std::map<std::string, std::uint64_t>& starts);
  Stored<Done> finish_renewal(std::uint32_t partition, const FeedOptions& options);
  Stored<std::vector<KeptConsumer>> kept_consumers(std::uint32_t partition);
  Stored<std::vector<std::string>> kept_keys(std::uint32_t partition);
  Stored<Done> forget_consumers(std::uint32_t partition);
  // Makes the kept ones that the stream has come to, and looks for the others at each publish.
  Stored<Done> go_on_making_consumers(std::uint32_t partition, std::uint64_t last_sequence);
  Stored<Done> make_consumers(std::uint32_t partition, std::uint64_t last_sequence);

  std::unique_ptr<JetStreamLink> link_;
  std::unique_ptr<KeyValue> bucket_;
  std::mutex mutex_;  // of the maps; what they hold is its partition's caller's
  std::map<std::uint32_t, Inbox> inboxes_;
  std::map<std::uint32_t, std::vector<KeptConsumer>> awaited_;
};

// ---- shared by its files

// Makes the stream, or gives the one there is these options. Mismatch when it isn't a feed's.
Stored<Done> ensure_feed_stream(const JetStreamLink& link, std::uint32_t partition,
                                const FeedOptions& options);
Stored<StreamInfoHandle> feed_stream_info(const JetStreamLink& link, std::uint32_t partition);

// A durable consumer as the server knows it.
struct KnownConsumer {
  std::string name;
  std::string config;              // JSON
  std::uint64_t acknowledged = 0;  // the stream sequence up to which all is
};

Stored<std::vector<KnownConsumer>> known_consumers(JetStreamLink& link, std::uint32_t partition);
// Makes one with this configuration, but for where it starts: at the first message, or at the one
// `start`, which the stream has or is to get next. An empty stream takes no other place.
Stored<Done> make_consumer(JetStreamLink& link, std::uint32_t partition, const std::string& name,
                           const std::string& config, std::uint64_t start);
Stored<Done> delete_feed_stream(const JetStreamLink& link, std::uint32_t partition);

}  // namespace cassette::eventstore
