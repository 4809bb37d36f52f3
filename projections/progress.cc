// Positions and ticks behind one lock, which nobody holds for longer than it takes to look.
#include "projections/progress.h"

#include <algorithm>

namespace cassette::projections {

using eventstore::Position;

Progress::Progress(std::vector<Position> positions, std::uint64_t tick)
    : positions_(std::move(positions)), tick_(tick) {}

void Progress::advance(std::vector<Position> positions) {
  const std::lock_guard lock(mutex_);
  positions_ = std::move(positions);
  ++tick_;
  wake();
}

void Progress::fail(eventstore::StoreError why) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(why);
  wake();
}

void Progress::raise_tick(std::uint64_t tick) {
  const std::lock_guard lock(mutex_);
  if (tick <= tick_) return;
  tick_ = tick;
  wake();
}

void Progress::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  wake();
}

void Progress::wake() {
  for (Waiter* waiter : waiters_) {
    if (over(*waiter)) waiter->woken.notify_one();
  }
}

void Progress::tell_of_waits(std::function<void()> told) {
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
}

std::vector<Position> Progress::positions() const {
  const std::lock_guard lock(mutex_);
  return positions_;
}

std::uint64_t Progress::tick() const {
  const std::lock_guard lock(mutex_);
  return tick_;
}

std::optional<eventstore::StoreError> Progress::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

bool Progress::reached(const Waiter& waiter) const {
  if (waiter.wanted.empty()) return tick_ > waiter.beyond_tick;
  return std::ranges::all_of(waiter.wanted, [this](const Position& each) {
    return each.partition < positions_.size() && each.commit <= positions_[each.partition].commit;
  });
}

Progress::Waited Progress::wait(Waiter& waiter, Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (!over(waiter)) {
    waiters_.push_back(&waiter);
    waiting_.store(waiters_.size(), std::memory_order_release);
    if (told_) told_();
    waiter.woken.wait_until(lock, deadline, [&] { return over(waiter); });
    std::erase(waiters_, &waiter);
    waiting_.store(waiters_.size(), std::memory_order_release);
  }
  if (reached(waiter)) return Waited::Reached;
  if (closed_) return Waited::Closed;
  return failure_ ? Waited::Failed : Waited::TimedOut;
}

Progress::Waited Progress::wait_for(std::span<const Position> wanted, Clock::time_point deadline) {
  if (wanted.empty()) return Waited::Reached;
  Waiter waiter{wanted, 0, {}};
  return wait(waiter, deadline);
}

Progress::Waited Progress::wait_beyond(std::uint64_t tick, Clock::time_point deadline) {
  Waiter waiter{{}, tick, {}};
  return wait(waiter, deadline);
}

}  // namespace cassette::projections
