// The chain: which messages are commits, which are void, and what stops a reader.
#include "eventstore/chain.h"
#include "eventstore/codec.h"
#include "eventstore/memory_ledger.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {
namespace {

using namespace eventstore;
using namespace domain;

std::string body_of(const Hash& prev, Event event) {
  Commit commit;
  commit.at = {1'795'468'020'123'456};
  commit.prev = prev;
  commit.owner = "owner";
  commit.events.push_back({std::move(event), {}, "", {}});
  std::string body;
  encode(commit, body);
  return body;
}

std::string genesis() {
  return body_of({}, LedgerCreated{"ledger", 1, 0, "xxh3-64"});
}
std::string claim(const Hash& prev) {
  return body_of(prev, PartitionClaimed{"owner"});
}

Link accepted(Chain& chain, std::uint64_t sequence, std::string body) {
  auto link = chain.accept({sequence, std::move(body), {}});
  REQUIRE_MESSAGE(link.ok(), link.error().what);
  return std::move(link).value();
}

bool is_void(const Link& link) {
  return std::holds_alternative<VoidMessage>(link);
}

TEST_CASE("Each commit names the hash of the one before") {
  Chain chain(3);
  const Link first = accepted(chain, 1, genesis());
  const auto& created = std::get<StoredCommit>(first);
  CHECK(created.position == Position{3, 1});
  CHECK(created.hash == hash_of(genesis()));
  CHECK(created.bytes == genesis().size());
  CHECK(std::holds_alternative<LedgerCreated>(created.commit.events.front().event));
  const std::string second = claim(created.hash);
  CHECK_FALSE(is_void(accepted(chain, 2, second)));
  CHECK(chain.head() == ChainHead{2, 2, hash_of(second)});
}

TEST_CASE("A chain goes on from the head that it is given") {
  const std::string second = claim(hash_of(genesis()));
  Chain chain(0, {5, 2, hash_of(second)});
  CHECK_FALSE(is_void(accepted(chain, 6, claim(hash_of(second)))));
  CHECK(chain.head().commit == 6);
}

TEST_CASE("Void messages are passed over, and the next commit follows the last valid one") {
  Chain chain(0);
  CHECK(is_void(accepted(chain, 1, "foreign")));
  CHECK(chain.head() == ChainHead{1, 0, {}});
  accepted(chain, 2, genesis());
  const Hash head = chain.head().hash;
  CHECK(is_void(accepted(chain, 3, "")));
  CHECK(is_void(accepted(chain, 4, claim(hash_of("something else")))));
  const Link garbled = accepted(chain, 5, claim(head) + "x");
  CHECK(std::get<VoidMessage>(garbled).sequence == 5);
  CHECK_FALSE(std::get<VoidMessage>(garbled).why.empty());
  CHECK(chain.head() == ChainHead{5, 2, head});
  CHECK_FALSE(is_void(accepted(chain, 6, claim(head))));
}

TEST_CASE("A stale owner's commit is void: it names a predecessor that is not the last any more") {
  Chain chain(0);
  accepted(chain, 1, genesis());
  const Hash first = chain.head().hash;
  accepted(chain, 2, claim(first));
  CHECK(is_void(accepted(chain, 3, claim(first))));
}

TEST_CASE("The first commit creates the ledger and has no predecessor") {
  Chain chain(0);
  CHECK(is_void(accepted(chain, 1, claim({}))));
  CHECK(is_void(accepted(chain, 2, body_of(hash_of("x"), LedgerCreated{"ledger", 1, 0, "h"}))));
  CHECK_FALSE(is_void(accepted(chain, 3, genesis())));
  CHECK(is_void(accepted(chain, 4, genesis())));
}

TEST_CASE("A hole in the ledger is corruption, and the head stays") {
  Chain chain(0);
  accepted(chain, 1, genesis());
  const ChainHead head = chain.head();
  for (const std::uint64_t sequence : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}}) {
    const auto link = chain.accept({sequence, claim(head.hash), {}});
    REQUIRE_FALSE(link.ok());
    CHECK(link.error().kind == StoreError::Kind::Corrupt);
    CHECK(chain.head() == head);
  }
}

std::string newer(std::string body) {
  return body.replace(body.find("\"v\":1"), 5, "\"v\":2");
}

TEST_CASE("A successor of a newer format stops the reader, and only a successor") {
  Chain chain(0);
  accepted(chain, 1, genesis());
  const ChainHead head = chain.head();
  const auto link = chain.accept({2, newer(claim(head.hash)), {}});
  REQUIRE_FALSE(link.ok());
  CHECK(link.error().kind == StoreError::Kind::Unsupported);
  CHECK(chain.head() == head);
  CHECK(is_void(accepted(chain, 2, newer(claim({})))));
}

struct Tape {
  MemoryLedger ledger;
  ChainHead head;

  void append(const std::string& body) {
    REQUIRE(ledger.append(head.read, body, {}, {}).outcome == AppendOutcome::Stored);
    Chain chain(0, head);
    REQUIRE(chain.accept({head.read + 1, body, {}}).ok());
    head = chain.head();
  }
};

StoreError::Kind mismatch(Ledger& ledger, const ChainHead& head) {
  const auto checked = check_head(ledger, head);
  REQUIRE_FALSE(checked.ok());
  return checked.error().kind;
}

TEST_CASE("A ledger that still holds the head passes, however far it went on") {
  Tape tape;
  CHECK(check_head(tape.ledger, {}).ok());
  tape.append("void");
  CHECK(check_head(tape.ledger, tape.head).ok());
  tape.append(genesis());
  const ChainHead before = tape.head;
  tape.append("void");
  CHECK(check_head(tape.ledger, tape.head).ok());
  CHECK(check_head(tape.ledger, before).ok());
}

TEST_CASE("A ledger that is shorter than the head, or another, is a mismatch") {
  Tape tape;
  tape.append(genesis());
  tape.append(claim(tape.head.hash));
  ChainHead other = tape.head;
  other.hash = hash_of("another");
  CHECK(mismatch(tape.ledger, other) == StoreError::Kind::Mismatch);
  tape.ledger.truncate(1);
  CHECK(mismatch(tape.ledger, tape.head) == StoreError::Kind::Mismatch);
  CHECK(mismatch(tape.ledger, {2, 0, {}}) == StoreError::Kind::Mismatch);
}

}  // namespace
}  // namespace cassette::test
