// AppendWorker: the thread on which an engine's one publish in flight blocks, so that the engine
// goes on deciding meanwhile. It appends or confirms as told, and decides nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <condition_variable>
#include <mutex>

#include "eventstore/ledger.h"
#include "eventstore/wakeup.h"

namespace cassette::eventstore {

// Asks for one append, or, without a body, for the leader's last sequence.
struct AppendJob {
  std::uint64_t expected_last = 0;
  std::shared_ptr<const std::string> body;  // null: no append
  std::vector<std::uint32_t> addressed;
};

struct AppendDone {
  AppendJob job;
  AppendResult result;              // of an append
  std::uint64_t last_sequence = 0;  // of a confirmation whose outcome is Stored
};

// Used by one thread, the engine's, whose `wakeup` it notifies when a job is done.
class AppendWorker {
 public:
  AppendWorker(Ledger& ledger, Wakeup& wakeup, std::chrono::milliseconds timeout);
  ~AppendWorker();
  AppendWorker(const AppendWorker&) = delete;
  AppendWorker& operator=(const AppendWorker&) = delete;

  // CHECK-fails while a job is under way: one publish in flight.
  void start(AppendJob job);
  bool busy() const { return busy_; }
  // Whether `poll` has something to give. Cheap enough to be asked between two decisions.
  bool has_finished() const { return finished_.load(std::memory_order_acquire); }
  // The finished job, once; nothing while it is under way. Never blocks.
  std::optional<AppendDone> poll();

 private:
  void run();
  AppendDone perform(AppendJob job);

  Ledger& ledger_;
  Wakeup& wakeup_;
  const std::chrono::milliseconds timeout_;
  bool busy_ = false;  // the engine's own view
  std::atomic<bool> finished_{false};
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<AppendJob> job_;
  std::optional<AppendDone> done_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cassette::eventstore
