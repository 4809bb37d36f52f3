// Progress: how far the read models are, and waiting for them to come further.
// It counts and wakes; it knows neither ledgers nor documents.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::projections {

// Thread-safe. Each waiter is woken once, when what it waits for has come: a batch wakes nobody
// whose turn it isn't.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Waited { Reached, TimedOut, Failed, Closed };

  // Starts at `positions`, one a partition in their order.
  explicit Progress(std::vector<eventstore::Position> positions, std::uint64_t tick = 0);

  // A batch is in place: its positions are as given, and the tick is one more.
  void advance(std::vector<eventstore::Position> positions);
  // The fold has stopped for good. The first reason counts.
  void fail(eventstore::StoreError why);
  // The tick is at least `tick` from now on.
  void raise_tick(std::uint64_t tick);
  // Another progress takes over: all waiters return.
  void close();

  std::vector<eventstore::Position> positions() const;
  std::uint64_t tick() const;
  std::optional<eventstore::StoreError> failure() const;

  // Whether anybody waits. Lock-free.
  bool awaited() const { return waiting_.load(std::memory_order_acquire) > 0; }
  // Calls `told` whenever somebody begins to wait, from that thread; it must not block nor call
  // back. An empty one ends it: no call is under way any more then.
  void tell_of_waits(std::function<void()> told);

  // A position of a partition that there isn't is never reached.
  Waited wait_for(std::span<const eventstore::Position> wanted, Clock::time_point deadline);
  Waited wait_beyond(std::uint64_t tick, Clock::time_point deadline);

 private:
  // One thread that waits, on its own stack.
  struct Waiter {
    std::span<const eventstore::Position> wanted;
    std::uint64_t beyond_tick = 0;
    std::condition_variable woken;
  };

  bool reached(const Waiter& waiter) const;
  bool over(const Waiter& waiter) const { return failure_ || closed_ || reached(waiter); }
  Waited wait(Waiter& waiter, Clock::time_point deadline);
  void wake();

  mutable std::mutex mutex_;
  std::vector<Waiter*> waiters_;
  std::atomic<std::size_t> waiting_{0};  // as many as there are waiters
  std::function<void()> told_;
  std::vector<eventstore::Position> positions_;
  std::uint64_t tick_ = 0;
  std::optional<eventstore::StoreError> failure_;
  bool closed_ = false;
};

}  // namespace cassette::projections
