// Durability is believed from what real servers show.
#include <array>

#include "eventstore/durability.h"
#include "tests/support/nats_fixture.h"

namespace cassette::test {
namespace {

using eventstore::Durability;
using eventstore::DurabilityEvidence;
using eventstore::StoreError;

struct Evidence {
  std::vector<std::uint32_t> replicas{1};
  std::vector<std::string> monitors;
  std::string server;

  eventstore::Stored<eventstore::Done> prove(Durability wanted) const {
    return prove_durability(
        wanted, {.replicas = replicas, .monitors = monitors, .connected_server = server});
  }
};

Evidence evidence_of(const NatsFixture& nats) {
  return {.replicas = {1}, .monitors = {nats.monitor_url()}, .server = nats.connect()->server_id()};
}

void check_unproven(const eventstore::Stored<eventstore::Done>& result) {
  REQUIRE_FALSE(result.ok());
  CHECK_MESSAGE(result.error().kind == StoreError::Kind::Unsupported, result.error().what);
}

TEST_CASE("a server that syncs always proves fsync, and one that does not proves only relaxed") {
  const NatsFixture always;
  const NatsFixture lazy({.sync_always = false});
  CHECK(evidence_of(always).prove(Durability::Fsync).ok());
  CHECK(evidence_of(always).prove(Durability::Relaxed).ok());
  check_unproven(evidence_of(lazy).prove(Durability::Fsync));
  CHECK(evidence_of(lazy).prove(Durability::Relaxed).ok());
}

TEST_CASE("another server's monitor proves nothing of this one") {
  const NatsFixture ours;
  const NatsFixture other;
  Evidence evidence = evidence_of(ours);
  evidence.monitors = {other.monitor_url()};
  check_unproven(evidence.prove(Durability::Fsync));
}

TEST_CASE("fsync needs the monitor of every replica, each server counted once") {
  const NatsFixture nats;
  Evidence evidence = evidence_of(nats);
  evidence.replicas = {1, 3};
  check_unproven(evidence.prove(Durability::Fsync));
  evidence.monitors = {nats.monitor_url(), nats.monitor_url(), nats.monitor_url()};
  check_unproven(evidence.prove(Durability::Fsync));
  evidence.monitors.clear();
  check_unproven(evidence.prove(Durability::Fsync));
}

TEST_CASE("replicated needs three replicas of every stream") {
  Evidence evidence;
  check_unproven(evidence.prove(Durability::Replicated));
  evidence.replicas = {3, 1};
  check_unproven(evidence.prove(Durability::Replicated));
  evidence.replicas = {3, 5};
  CHECK(evidence.prove(Durability::Replicated).ok());
}

TEST_CASE("a monitor that isn't there, or is none, is unavailable") {
  NatsFixture nats;
  Evidence evidence = evidence_of(nats);
  for (const std::string& url :
       {nats.url(), std::string("http://"), "http" + nats.url().substr(4)}) {
    evidence.monitors = {url};
    const auto result = evidence.prove(Durability::Fsync);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().kind == StoreError::Kind::Unavailable);
  }
  evidence.monitors = {nats.monitor_url()};
  nats.server().stop();
  const auto result = evidence.prove(Durability::Fsync);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().kind == StoreError::Kind::Unavailable);
}

}  // namespace
}  // namespace cassette::test
