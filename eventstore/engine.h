// Engine: the one that may append to a partition, while it holds the lease.
// It is a thread and its inbox; each period of ownership is a Tenure. It never takes a lease by
// itself: who hosts it grants and revokes.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "eventstore/tenure.h"

namespace cassette::eventstore {

class Engine {
 public:
  Engine(EngineOptions options, EngineParts parts);
  // Stops as by `stop`, and waits.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Any thread, never blocks. Unavailable at once when the inbox is full or it is stopping; while
  // another engine owns the partition, soon.
  void submit(Submission submission);

  // The lease is ours, or is not any more. Any thread. A grant is void when a tenure has ended
  // since `ends` were counted: what was known of the lease then may be old.
  void grant(std::uint64_t ends);
  void revoke();
  bool granted() const { return signals_.granted; }
  bool serving() const { return signals_.serving; }
  // The last commit acknowledged to this engine; 0 before its first.
  std::uint64_t head() const { return signals_.head; }
  // How many tenures have ended.
  std::uint64_t ends() const { return ends_; }
  // How the last tenure ended; nothing while there was none. Unsound ones are not worth another.
  std::optional<TenureEnd> last_end() const;
  // Why it does not serve, or soon won't; empty while all is well.
  std::string trouble() const;

  // Takes nothing more in, answers what it has, and brings the archive up to the ledger, for at
  // most `timeout`. False when that did not suffice. Blocks.
  bool stop(std::chrono::milliseconds timeout);

 private:
  void run();
  void keep_warm();
  void refuse_inbox(const std::string& why);
  void note(TenureEnd how, const std::string& trouble);

  const EngineOptions options_;
  EngineParts parts_;
  EngineSignals signals_;
  Inbox inbox_;
  Wakeup wakeup_;
  Archiver archiver_;
  std::atomic<std::uint64_t> ends_{0};
  mutable std::mutex mutex_;
  std::string trouble_;
  std::optional<TenureEnd> last_end_;
  std::thread thread_;
};

}  // namespace cassette::eventstore
