// Wakeup: how one thread sleeps until any of several sources has work for it.
// It carries no work itself, and takes a lock only when the sleeper may be asleep.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace cassette::eventstore {

class Wakeup {
 public:
  // Any thread. Whatever was written before is seen by the sleeper after its `wait`.
  void notify() {
    if (pending_.exchange(true, std::memory_order_acq_rel)) return;
    // Told outside of the lock, which the sleeper takes first of all.
    { const std::lock_guard lock(mutex_); }
    sleeper_.notify_one();
  }

  // The one sleeper's. Returns after a `notify` since the last return, or after `timeout`.
  void wait(std::chrono::microseconds timeout) {
    if (!pending_.load(std::memory_order_acquire)) {
      std::unique_lock lock(mutex_);
      sleeper_.wait_for(lock, timeout, [this] { return pending_.load(std::memory_order_acquire); });
    }
    pending_.exchange(false, std::memory_order_acq_rel);
  }

 private:
  std::atomic<bool> pending_{false};
  std::mutex mutex_;
  std::condition_variable sleeper_;
};

}  // namespace cassette::eventstore
