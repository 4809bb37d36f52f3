// Progress: how far the read models are, and waiting for them to come further.
// It counts and wakes; it knows neither ledgers nor documents.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::projections {

// Thread-safe. Waiters cost nothing while there are none, and one wake-up a batch.
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

  // A position of a partition that there isn't is never reached.
  Waited wait_for(std::span<const eventstore::Position> wanted, Clock::time_point deadline);
  Waited wait_beyond(std::uint64_t tick, Clock::time_point deadline);

 private:
  template <class Reached>
  Waited wait(Clock::time_point deadline, const Reached& reached);
  void wake();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<eventstore::Position> positions_;
  std::uint64_t tick_ = 0;
  std::size_t waiters_ = 0;
  std::optional<eventstore::StoreError> failure_;
  bool closed_ = false;
};

}  // namespace cassette::projections
