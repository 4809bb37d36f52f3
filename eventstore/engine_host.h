// EngineHost: the engines of this process, one a partition, and the leases that let them serve.
// It routes commands to them and decides nothing. The api sees it as the CommandGateway.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "eventstore/command_gateway.h"
#include "eventstore/engine.h"
#include "eventstore/key_value.h"
#include "eventstore/lease.h"

namespace cassette::eventstore {

struct EngineHostOptions {
  domain::Policy policy;
  std::string ledger_id;  // of a new ledger
  LeaseHolder self;
  bool node_is_ours = false;  // the data folder of self.node is locked by this process
  bool take_over = false;     // overwrite the leases at the start
  EngineLimits limits{};      // of each engine
};

// Borrowed, and outlive the host: one ledger and one archive a partition, in their order.
struct EngineHostParts {
  std::vector<Ledger*> ledgers;
  std::vector<Archive*> archives;
  KeyValue& leases;
  std::function<domain::Timestamp()> clock;
  std::function<std::string()> new_owner_id;
};

// What became of one partition's engine, for whoever asks after its health.
struct EngineHealth {
  std::uint32_t partition = 0;
  bool serving = false;
  bool unsound = false;  // its ledger is not the one folded before: a person must look
  std::string trouble;   // empty while all is well; of the archive also while serving
};

class EngineHost : public CommandGateway {
 public:
  EngineHost(EngineHostOptions options, EngineHostParts parts);
  ~EngineHost() override;
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;

  void submit(Request request, std::function<void(Reply)> done) override;
  std::vector<Position> heads() const override;
  std::uint32_t partitions() const override { return static_cast<std::uint32_t>(engines_.size()); }

  std::vector<EngineHealth> health() const;

  // Whether a partition whose lease may be ours is not served yet, and has not failed either: true
  // at the start, until each is served, waits for another's lease, or says what is in the way.
  bool claiming() const;

  // Takes no more commands, answers those it has, brings the archives up to the ledgers and gives
  // up the leases. False when `timeout` passed first. Blocks.
  bool stop(std::chrono::milliseconds timeout);

 private:
  void keep_leases();
  // False when there is no word from the bucket: to be tried again.
  bool take_over(std::uint32_t partition);
  void beat(std::uint32_t partition);

  const EngineHostOptions options_;
  EngineHostParts parts_;
  std::vector<std::unique_ptr<LedgerTail>> tails_;  // none with one partition
  std::vector<std::unique_ptr<Engine>> engines_;
  std::vector<Lease> leases_;
  std::atomic<bool> looked_{false};  // at every lease, once
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread keeper_;
};

}  // namespace cassette::eventstore
