// Archiver: the thread that folds acknowledged commits into the archive, behind the engine.
// It never reads the ledger: what it is given is in it already, and in order.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "eventstore/archive.h"
#include "eventstore/wakeup.h"

namespace cassette::eventstore {

// Thread-safe; `give` is for one thread at a time. Notifies `wakeup` after each fold.
class Archiver {
 public:
  Archiver(Archive& archive, Wakeup& wakeup);
  ~Archiver();
  Archiver(const Archiver&) = delete;
  Archiver& operator=(const Archiver&) = delete;

  // False while more waits to be folded than memory should hold: decide nothing new meanwhile.
  bool has_room() const;
  // The fold stands at `point` after `commit`, which its callers may be reading too.
  void give(std::shared_ptr<const AppendedCommit> commit, FoldPoint point);
  // Waits until all that was given is folded; false when `timeout` passed first.
  bool drain(std::chrono::milliseconds timeout);
  // Drops what was given and not folded: the ledger has it.
  void reset();
  // Why folding does not get on, if so. It is tried again.
  std::optional<std::string> failure() const;

 private:
  void run();
  // A fold may wait no longer for more to come.
  bool ripe() const;
  void fold(std::unique_lock<std::mutex>& lock);

  Archive& archive_;
  Wakeup& wakeup_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<const AppendedCommit>> waiting_;
  FoldPoint point_;
  std::atomic<std::size_t> waiting_bytes_{0};
  bool folding_ = false;
  int draining_ = 0;         // threads that wait for it
  std::uint64_t epoch_ = 0;  // counts resets
  std::optional<std::string> failure_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cassette::eventstore
