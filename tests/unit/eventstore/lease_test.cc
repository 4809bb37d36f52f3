// Leases between engine hosts, on a clock that the test moves.
#include "eventstore/lease.h"

#include "eventstore/memory_key_value.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::eventstore {
namespace {

using std::chrono::milliseconds;

struct Clock {
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  void pass(milliseconds time) { now += time; }
};

Lease lease_of(KeyValue& bucket, const std::string& owner, bool node_is_ours = false) {
  return Lease(bucket, 0, {.owner = owner, .node = "node of " + owner, .beat = 0}, node_is_ours);
}

bool beat(Lease& lease, const Clock& clock) {
  const auto held = lease.beat(clock.now);
  REQUIRE(held.ok());
  CHECK(held.value() == lease.held());
  return held.value();
}

TEST_CASE("a free lease is taken, and kept by beating") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease first = lease_of(bucket, "first");
  CHECK_FALSE(first.held());
  for (int i = 0; i < 20; ++i) {
    CHECK(beat(first, clock));
    clock.pass(kLeaseBeat);
  }
  CHECK(first.holder().owner == "first");
}

TEST_CASE("a lease whose holder beats is never another's") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease first = lease_of(bucket, "first");
  Lease second = lease_of(bucket, "second");
  for (int i = 0; i < 20; ++i) {
    CHECK(beat(first, clock));
    CHECK_FALSE(beat(second, clock));
    clock.pass(kLeaseBeat);
  }
  CHECK(second.holder().owner == "first");
}

TEST_CASE("a lease whose holder is silent for the timeout, as seen by the waiter, is taken") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease first = lease_of(bucket, "first");
  Lease second = lease_of(bucket, "second");
  CHECK(beat(first, clock));
  clock.pass(10 * kLeaseTimeout);  // nobody looked: no silence was seen yet
  CHECK_FALSE(beat(second, clock));
  clock.pass(kLeaseTimeout - milliseconds(1));
  CHECK_FALSE(beat(second, clock));
  clock.pass(milliseconds(1));
  CHECK(beat(second, clock));
}

TEST_CASE("a holder that was silent too long learns that it lost its lease, and waits") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease first = lease_of(bucket, "first");
  Lease second = lease_of(bucket, "second");
  CHECK(beat(first, clock));
  CHECK_FALSE(beat(second, clock));
  clock.pass(kLeaseTimeout);
  CHECK(beat(second, clock));
  CHECK_FALSE(beat(first, clock));
  CHECK(first.holder().owner == "second");
}

TEST_CASE("a change of the lease starts the waiter's patience anew") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease first = lease_of(bucket, "first");
  Lease second = lease_of(bucket, "second");
  CHECK(beat(first, clock));
  CHECK_FALSE(beat(second, clock));
  clock.pass(kLeaseTimeout - milliseconds(1));
  CHECK(beat(first, clock));
  clock.pass(milliseconds(1));
  CHECK_FALSE(beat(second, clock));
  clock.pass(kLeaseTimeout);
  CHECK(beat(second, clock));
}

TEST_CASE("a released lease is taken at once") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease first = lease_of(bucket, "first");
  Lease second = lease_of(bucket, "second");
  CHECK(beat(first, clock));
  CHECK_FALSE(beat(second, clock));
  REQUIRE(first.release().ok());
  CHECK_FALSE(first.held());
  CHECK(beat(second, clock));
}

TEST_CASE("releasing a lease that another took does nothing to it") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease first = lease_of(bucket, "first");
  Lease second = lease_of(bucket, "second");
  CHECK(beat(first, clock));
  REQUIRE(second.take_over().ok());
  REQUIRE(first.release().ok());
  CHECK(beat(second, clock));
  CHECK_FALSE(beat(first, clock));
}

TEST_CASE("taking over wins at once, and the former holder sees it at its next beat") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease first = lease_of(bucket, "first");
  Lease second = lease_of(bucket, "second");
  CHECK(beat(first, clock));
  REQUIRE(second.take_over().ok());
  CHECK(second.held());
  CHECK_FALSE(beat(first, clock));
  CHECK(beat(second, clock));
}

TEST_CASE("a dead predecessor's lease on the same data folder is taken at once") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease dead(bucket, 0, {.owner = "dead", .node = "here", .beat = 0}, true);
  CHECK(beat(dead, clock));
  Lease elsewhere(bucket, 0, {.owner = "elsewhere", .node = "there", .beat = 0}, true);
  CHECK_FALSE(beat(elsewhere, clock));
  Lease unlocked(bucket, 0, {.owner = "unlocked", .node = "here", .beat = 0}, false);
  CHECK_FALSE(beat(unlocked, clock));
  Lease successor(bucket, 0, {.owner = "successor", .node = "here", .beat = 0}, true);
  CHECK(beat(successor, clock));
}

TEST_CASE("an own write whose answer was lost counts as ours") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease first = lease_of(bucket, "first");
  CHECK(beat(first, clock));
  Lease same = lease_of(bucket, "first");  // knows no revision
  CHECK(beat(same, clock));
}

TEST_CASE("each partition has a lease of its own") {
  MemoryKeyValue bucket;
  Clock clock;
  Lease zero(bucket, 0, {.owner = "first", .node = "", .beat = 0}, false);
  Lease one(bucket, 1, {.owner = "second", .node = "", .beat = 0}, false);
  CHECK(beat(zero, clock));
  CHECK(beat(one, clock));
}

}  // namespace
}  // namespace cassette::eventstore
