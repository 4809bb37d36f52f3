// CommitSource: reads one partition's ledger ahead of whoever audits it, in a thread of its own.
// It hashes and decodes each message once, and judges nothing but the chain.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "eventstore/chain.h"
#include "eventstore/ledger.h"

namespace cassette::replay {

// A message outside the chain. `commit` when its body is nevertheless a commit's.
struct StrayMessage {
  std::uint64_t sequence = 0;
  std::string why;
  std::uint64_t bytes = 0;
  std::optional<eventstore::Commit> commit;
  eventstore::Hash hash{};
};

// An error is the last item: Corrupt at a hole, Unsupported, Unavailable.
using SourceItem = std::variant<eventstore::StoredCommit, StrayMessage, eventstore::StoreError>;

// One thread takes from it.
class CommitSource {
 public:
  // Is shown each commit by the reading thread, before anyone can take it, in their order.
  using Look = std::function<void(const eventstore::StoredCommit&)>;

  // Reads from message 1 to message `end`. `ledger` must outlive it.
  CommitSource(std::uint32_t partition, eventstore::Ledger& ledger, std::uint64_t end,
               Look look = {});
  ~CommitSource();
  CommitSource(const CommitSource&) = delete;
  CommitSource& operator=(const CommitSource&) = delete;

  // The next item, until `pop`; null after the last. Blocks for what is still being read.
  SourceItem* peek();
  void pop();

  // Ends reading, and whoever waits in `peek`, which gives Unavailable then. Any thread.
  void stop();

  // Goes on to message `end`, if the ledger has it by now. False when it hasn't, or after an error.
  bool extend_to(std::uint64_t end);

  std::uint32_t partition() const { return partition_; }
  std::uint64_t end() const { return end_; }

 private:
  using Batch = std::vector<SourceItem>;

  void run();
  // Until the ledger is to be left: by a stop or an error, which is handed on.
  void follow(eventstore::LedgerReader& reader);
  Batch accepted(eventstore::Chain& chain, const std::vector<eventstore::Message>& messages);
  bool hand_on(Batch batch, std::size_t bytes);
  void fail(eventstore::StoreError error);
  void refill();

  const std::uint32_t partition_;
  eventstore::Ledger& ledger_;
  std::uint64_t end_;
  const Look look_;
  Batch taken_;  // of the taking thread
  std::size_t next_ = 0;
  std::uint64_t reached_ = 0;  // the last message taken
  bool failed_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<Batch, std::size_t>> waiting_;  // with their bytes
  std::size_t waiting_bytes_ = 0;
  eventstore::LedgerReader* active_ = nullptr;  // to interrupt
  bool stopping_ = false;
  std::thread thread_;
};

// The message that an item is or, of an error, the one after the last.
std::uint64_t sequence_of(const SourceItem& item, std::uint64_t last);

}  // namespace cassette::replay
