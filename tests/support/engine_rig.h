// EngineRig: engines over ledgers and archives in memory, one a partition, with a clock that the
// test moves. It does the wiring that a host does, and nothing that an engine should do itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eventstore/codec.h"
#include "eventstore/engine.h"
#include "eventstore/memory_archive.h"
#include "eventstore/memory_ledger.h"

namespace cassette::testing {

class EngineRig {
 public:
  struct Options {
    std::uint32_t partitions = 1;
    domain::Policy policy = {};
    std::size_t inbox_capacity = 16384;
    // What the engines append to, when not the rig's own ledgers.
    std::vector<eventstore::Ledger*> ledgers = {};
    // What they fold into, when not the rig's own archives.
    std::vector<eventstore::Archive*> archives = {};
    std::chrono::milliseconds give_up_after{10000};
  };

  explicit EngineRig(Options options);
  EngineRig() : EngineRig(Options{}) {}
  ~EngineRig() { stop(); }
  EngineRig(const EngineRig&) = delete;
  EngineRig& operator=(const EngineRig&) = delete;

  // Starts an engine for each partition and waits until all serve.
  void start();
  // The same without waiting.
  void launch();
  // Waits until the partition's last tenure has ended this way, 10 s at most.
  bool eventually_ends(std::uint32_t partition, eventstore::TenureEnd how);
  // Drains and ends them; ledgers and archives stay.
  void stop();

  // Sends the command to its partition and waits for the reply, 10 s at most.
  eventstore::Reply execute(domain::Command command, std::string id = "",
                            std::string digest = "digest");
  void submit(eventstore::Request request, std::function<void(eventstore::Reply)> done);

  eventstore::Engine& engine(std::uint32_t partition = 0) { return *engines_.at(partition); }
  eventstore::MemoryLedger& ledger(std::uint32_t partition = 0) { return *memory_.at(partition); }
  eventstore::MemoryArchive& archive(std::uint32_t partition = 0) {
    return *archives_.at(partition);
  }
  std::uint32_t home(std::string_view id) const {
    return eventstore::partition_of(id, options_.partitions);
  }
  // An id that lives in the partition: `prefix` and a number.
  std::string id_at(std::uint32_t partition, const std::string& prefix) const;

  // Every valid commit of the partition so far.
  std::vector<eventstore::StoredCommit> commits(std::uint32_t partition = 0);
  // Folds all ledgers; the state of the partition that holds `id`.
  domain::Marketplace fold(std::uint32_t partition = 0);
  // Waits until what `condition` says of the folded partition holds, 10 s at most.
  bool eventually(std::uint32_t partition,
                  const std::function<bool(const domain::Marketplace&)>& condition);

  std::atomic<std::int64_t> now_micros{1'700'000'000'000'000};
  std::atomic<int> clock_reads{0};  // by the engines

 private:
  Options options_;
  std::vector<std::unique_ptr<eventstore::MemoryLedger>> memory_;
  std::vector<std::unique_ptr<eventstore::MemoryArchive>> archives_;
  std::vector<std::unique_ptr<eventstore::LedgerTail>> tails_;
  std::vector<std::unique_ptr<eventstore::Engine>> engines_;
  std::atomic<int> owners_{0};
};

// A vendor with a product and stock, all by commands that must be accepted.
void stock_up(EngineRig& rig, const std::string& vendor, const std::string& product,
              domain::Quantity quantity);
domain::PlaceOrder order_of(const std::string& order, const std::string& vendor,
                            const std::string& product, domain::Quantity quantity);

}  // namespace cassette::testing
