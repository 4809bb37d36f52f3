// An engine that nobody asks for anything: it finds out by itself what has become of its partition.
#include <doctest/doctest.h>

#include "eventstore/codec.h"
#include "tests/support/engine_rig.h"

using namespace cassette;
using namespace cassette::eventstore;
using namespace cassette::testing;

namespace {

// A commit of another owner behind the last one.
void commit_as_another(MemoryLedger& ledger) {
  const std::uint64_t last = ledger.last_sequence().value();
  Commit commit;
  commit.prev = hash_of(ledger.read(last).value()->body);
  commit.owner = "somebody-else";
  commit.at = domain::Timestamp{1'700'000'000'000'001};
  std::string body;
  encode(commit, body);
  const auto stored = ledger.append(last, body, {}, std::chrono::seconds(1));
  REQUIRE(stored.outcome == AppendOutcome::Stored);
}

}  // namespace

// It went on serving what it knew, and the reservations of its successor's orders did not end,
// until somebody asked it for something.
TEST_CASE("AnIdleOwnerNoticesThatItIsNoneAnyMore") {
  EngineRig rig;
  rig.start();
  commit_as_another(rig.ledger());
  CHECK(rig.eventually_ends(0, TenureEnd::Fenced));
}
