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
  if (waiters_ > 0) changed_.notify_all();
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

template <class Reached>
Progress::Waited Progress::wait(Clock::time_point deadline, const Reached& reached) {
  std::unique_lock lock(mutex_);
  ++waiters_;
  changed_.wait_until(lock, deadline, [&] { return reached() || failure_ || closed_; });
  --waiters_;
  if (reached()) return Waited::Reached;
  if (closed_) return Waited::Closed;
  return failure_ ? Waited::Failed : Waited::TimedOut;
}

Progress::Waited Progress::wait_for(std::span<const Position> wanted, Clock::time_point deadline) {
  return wait(deadline, [&] {
    return std::ranges::all_of(wanted, [this](const Position& each) {
      return each.partition < positions_.size() && each.commit <= positions_[each.partition].commit;
    });
  });
}

Progress::Waited Progress::wait_beyond(std::uint64_t tick, Clock::time_point deadline) {
  return wait(deadline, [&] { return tick_ > tick; });
}

}  // namespace cassette::projections
