// Ledger feed: reads one ledger through its chain on a thread of its own, renders what is public,
// and hands it to the hub's thread. It begins a little before the present, so that the hub's ring
// is warm when clients come back after a restart.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "api/live/hub.h"
#include "api/live/order_facts.h"
#include "eventstore/ledger.h"

namespace cassette::api {

struct FeedParts {
  std::function<bool()> wanted;         // whether events are of use to anybody
  std::function<bool()> levels;         // whether what they touch is
  std::function<void(Recent)> deliver;  // never blocks; `taken` is called for each
  std::function<void(const eventstore::StoreError&)> fail;  // it reads no more
};

// Thread-safe.
class LedgerFeed {
 public:
  // `present`: the commit that the read models have folded, a valid one, or 0. `ledger` and `facts`
  // outlive it.
  LedgerFeed(std::uint32_t partition, eventstore::Ledger& ledger, std::uint64_t present,
             OrderFacts& facts, FeedParts parts);
  ~LedgerFeed();
  LedgerFeed(const LedgerFeed&) = delete;
  LedgerFeed& operator=(const LedgerFeed&) = delete;

  // The hub has taken one delivery.
  void taken();
  void stop();

 private:
  void run(const std::stop_token& stop);
  // Follows from `from`; false when it isn't on the valid chain, as the present one tells.
  bool follow(const std::stop_token& stop, const eventstore::ChainHead& from);
  bool accept(eventstore::Chain& chain, const std::vector<eventstore::Message>& messages);
  void keep(Recent& recent, const eventstore::StoredCommit& commit);
  bool wait_for_room(const std::stop_token& stop);
  void pause(const std::stop_token& stop);

  const std::uint32_t partition_;
  eventstore::Ledger& ledger_;
  const std::uint64_t present_;
  OrderFacts& facts_;
  const FeedParts parts_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int under_way_ = 0;                           // deliveries that were not taken yet
  eventstore::LedgerReader* active_ = nullptr;  // to interrupt
  std::jthread thread_;
};

// The chain's head at a commit that is known to be valid; all zero for 0. Mismatch when the ledger
// has no such message.
eventstore::Stored<eventstore::ChainHead> head_at(eventstore::Ledger& ledger, std::uint64_t commit);

}  // namespace cassette::api
