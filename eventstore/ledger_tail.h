// LedgerTail: reads one partition's ledger once for all engines of the process that react to it.
// It hands out valid commits in order; whether a commit concerns an engine is the engine's
// business.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "eventstore/chain.h"
#include "eventstore/commit.h"
#include "eventstore/ledger.h"
#include "eventstore/wakeup.h"

namespace cassette::eventstore {

// A commit and the partitions that its header says it has reactions for.
struct TailItem {
  StoredCommit stored;
  std::vector<std::uint32_t> addressed;
};

// Thread-safe. Must outlive its subscriptions; `ledger` must outlive it.
class LedgerTail {
 public:
  // One engine's place in the tail. Used by one thread; ends with its destruction.
  class Subscription {
   public:
    Subscription(LedgerTail& tail, std::uint64_t id) : tail_(tail), id_(id) {}
    ~Subscription() { tail_.unsubscribe(id_); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    // The commits after those taken before, at most `max`; empty when there are none yet. Once they
    // are taken it fails with what stopped the tail (Corrupt, Mismatch, Unsupported). Never blocks.
    Stored<std::vector<std::shared_ptr<const TailItem>>> take(std::size_t max) {
      return tail_.take(id_, max);
    }

   private:
    LedgerTail& tail_;
    const std::uint64_t id_;
  };

  LedgerTail(std::uint32_t partition, Ledger& ledger);
  ~LedgerTail();
  LedgerTail(const LedgerTail&) = delete;
  LedgerTail& operator=(const LedgerTail&) = delete;

  std::uint32_t partition() const { return partition_; }

  // Starts after `from`, and notifies `wakeup` when there is more. Mismatch when the ledger does
  // not hold that commit any more. Blocks for a read of the leader.
  Stored<std::unique_ptr<Subscription>> subscribe(const Seen& from, Wakeup& wakeup);

 private:
  struct Reader {
    std::uint64_t id = 0;
    Seen taken;  // the last commit
    Wakeup* wakeup = nullptr;
  };

  Stored<std::vector<std::shared_ptr<const TailItem>>> take(std::uint64_t id, std::size_t max);
  void unsubscribe(std::uint64_t id);
  void run();
  // Follows from `restart_` until another restart is asked for or the tail stops.
  void follow();
  void accept(Chain& chain, const std::vector<Message>& messages);
  // Begins again at `from` in a while, unless told otherwise first.
  void retry(const ChainHead& from);
  // What every `take` fails with, until a restart.
  void fail(const StoreError& error);
  // Asks for a restart from where the slowest reader is.
  void begin_anew();
  void forget_taken();
  bool wait_for_room();

  const std::uint32_t partition_;
  Ledger& ledger_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Reader> readers_;
  std::uint64_t next_id_ = 1;
  std::optional<ChainHead> restart_;  // where to begin anew
  std::deque<std::shared_ptr<const TailItem>> items_;
  std::uint64_t first_after_ = 0;  // items_ hold everything after this commit
  std::size_t bytes_ = 0;
  std::optional<StoreError> failure_;
  LedgerReader* active_ = nullptr;  // to interrupt
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cassette::eventstore
