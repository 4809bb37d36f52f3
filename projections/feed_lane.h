// Lane: one partition's way from its ledger to its feed stream. Private to the feed publisher.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "eventstore/chain.h"
#include "projections/feed_publisher.h"

namespace cassette::projections {

// What its thread tells: never blocks for long.
struct LaneEvents {
  std::function<void(std::uint64_t commit)> published;  // up to and with it
  std::function<void(const eventstore::StoreError&)> failed;
};

class FeedPublisher::Lane {
 public:
  Lane(std::uint32_t partition, eventstore::Ledger& ledger, eventstore::Publisher& feed,
       const FeedPublisherOptions& options, LaneEvents events);

  // The thread ends soon; the destructor waits for it.
  void request_stop();

 private:
  // Why a session ended: whether another one may do better.
  struct Ended {
    eventstore::StoreError error;
    bool for_good = false;
  };
  using Outcome = Result<eventstore::Done, Ended>;
  // What is taken from the ledger and not yet published.
  struct Batch {
    std::vector<eventstore::FeedMessage> messages;
    std::size_t bytes = 0;
  };

  void run();
  // Asks the feed where it stands, and publishes from there on until it is told to stop.
  Outcome session();
  Outcome resume();
  Outcome go_on_in(const FeedEnd& end);
  Outcome follow(eventstore::LedgerReader& reader);
  Outcome take(const eventstore::Message& message);
  void add(const eventstore::StoredCommit& commit, std::optional<std::uint32_t> after);
  Outcome publish();
  // Notes how far the feed is, if that is due.
  Outcome record(std::uint32_t after_batches);
  void complain(const eventstore::StoreError& error);
  void pause();

  static Failure<Ended> of_feed(eventstore::StoreError error);
  static Failure<Ended> of_ledger(eventstore::StoreError error);

  const std::uint32_t partition_;
  eventstore::Ledger& ledger_;
  eventstore::Publisher& feed_;
  const FeedPublisherOptions& options_;
  const LaneEvents events_;
  eventstore::Chain chain_;
  Batch batch_;
  std::uint64_t last_sequence_ = 0;  // of the stream
  std::uint32_t unrecorded_ = 0;     // batches since the last note
  std::uint64_t recorded_ = 0;       // the commit that the last note names
  std::chrono::milliseconds pause_;
  bool silent_ = true;  // until something has gone wrong that was not said yet
  std::mutex mutex_;
  eventstore::LedgerReader* active_ = nullptr;
  std::stop_token stop_;
  std::jthread thread_;
};

}  // namespace cassette::projections
