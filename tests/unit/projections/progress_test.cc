// Waiting for positions and ticks: who waits is woken by what it waits for, and by nothing less.
#include "projections/progress.h"

#include <doctest/doctest.h>

#include <future>

using namespace cassette;
using eventstore::Position;
using projections::Progress;
using Waited = Progress::Waited;

namespace {

using Positions = std::vector<Position>;

Progress::Clock::time_point in(std::chrono::milliseconds time) {
  return Progress::Clock::now() + time;
}
constexpr std::chrono::minutes kLong{1};
constexpr std::chrono::milliseconds kShort{1};

}  // namespace

TEST_CASE("what is folded already needs no wait") {
  Progress progress({{0, 5}, {1, 3}});
  CHECK((progress.wait_for(Positions{{0, 5}, {1, 2}}, in(kShort)) == Waited::Reached));
  CHECK((progress.wait_for(Positions{}, in(kShort)) == Waited::Reached));
}

TEST_CASE("a wait ends when every position is there") {
  Progress progress({{0, 0}, {1, 0}});
  auto waiting = std::async(std::launch::async, [&] {
    return progress.wait_for(Positions{{0, 2}, {1, 1}}, in(kLong));
  });
  progress.advance({{0, 2}, {1, 0}});
  progress.advance({{0, 2}, {1, 1}});
  CHECK((waiting.get() == Waited::Reached));
  CHECK_EQ(progress.tick(), 2);
}

TEST_CASE("a partition that there isn't is never reached") {
  Progress progress({{0, 9}});
  CHECK((progress.wait_for(Positions{{1, 1}}, in(kShort)) == Waited::TimedOut));
}

TEST_CASE("a failure ends the waits that it leaves hopeless, and no other") {
  Progress progress({{0, 4}});
  auto waiting = std::async(std::launch::async, [&] {
    return progress.wait_for(Positions{{0, 5}}, in(kLong));
  });
  progress.fail({eventstore::StoreError::Kind::Corrupt, "a hole"});
  progress.fail({eventstore::StoreError::Kind::Full, "and more"});
  CHECK((waiting.get() == Waited::Failed));
  CHECK((progress.wait_for(Positions{{0, 4}}, in(kShort)) == Waited::Reached));
  CHECK_EQ(progress.failure()->what, "a hole");
}

TEST_CASE("a tick never goes back, and wakes who waits beyond it") {
  Progress progress({{0, 0}}, 7);
  auto waiting = std::async(std::launch::async, [&] { return progress.wait_beyond(7, in(kLong)); });
  progress.raise_tick(3);
  CHECK_EQ(progress.tick(), 7);
  progress.raise_tick(9);
  CHECK((waiting.get() == Waited::Reached));
}

TEST_CASE("closing sends all waiters on") {
  Progress progress({{0, 0}});
  auto waiting = std::async(std::launch::async, [&] {
    return progress.wait_for(Positions{{0, 1}}, in(kLong));
  });
  progress.close();
  CHECK((waiting.get() == Waited::Closed));
}

TEST_CASE("whoever begins to wait is told of, and counted while it waits") {
  Progress progress({{0, 0}});
  std::promise<void> began;
  progress.tell_of_waits([&] { began.set_value(); });
  CHECK_FALSE(progress.awaited());
  CHECK((progress.wait_for(Positions{{0, 0}}, in(kLong)) == Waited::Reached));
  auto waiting = std::async(std::launch::async, [&] {
    return progress.wait_for(Positions{{0, 1}}, in(kLong));
  });
  began.get_future().wait();
  CHECK(progress.awaited());
  progress.advance({{0, 1}});
  CHECK((waiting.get() == Waited::Reached));
  CHECK_FALSE(progress.awaited());
  progress.tell_of_waits({});
  CHECK((progress.wait_for(Positions{{0, 2}}, in(kShort)) == Waited::TimedOut));
}
