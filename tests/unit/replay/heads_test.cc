// Where the chain stands in the middle of a ledger, with messages in it that belong to nobody.
#include <doctest/doctest.h>

#include "replay/heads.h"
#include "tests/support/plain_commands.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::testing;

namespace {

Bodies vendors(int count) {
  TapeMaker maker;
  for (int n = 0; n < count; ++n) maker.run(register_vendor("v" + std::to_string(n)));
  return maker.bodies();
}

std::uint64_t last_commit(const Bodies& bodies) {
  MemoryLedgers ledgers(Tape{bodies});
  const auto last = replay::last_commit(0, ledgers[0]);
  REQUIRE(last.ok());
  return last.value();
}

}  // namespace

TEST_CASE("the last commit is the last message, or the one before what is void") {
  Bodies bodies = vendors(20);
  const std::uint64_t last = bodies.size();
  CHECK(last_commit(bodies) == last);
  for (int n = 0; n < 200; ++n) bodies.push_back("nothing");
  CHECK(last_commit(bodies) == last);
  CHECK(last_commit(Bodies(bodies.begin(), bodies.begin() + 1)) == 1);
  CHECK(last_commit({}) == 0);
}

// A copy of the last commit was taken for it, since the next one names both alike.
TEST_CASE("a copy of the last commit is not the last commit") {
  for (const std::size_t copies : {1U, 3U, 30U}) {
    CAPTURE(copies);
    Bodies bodies = vendors(30);
    const std::size_t middle = bodies.size() / 2;
    const std::string copy = bodies[middle - 1];  // message `middle`
    bodies.insert(bodies.begin() + static_cast<std::ptrdiff_t>(middle), copies, copy);
    MemoryLedgers ledgers(Tape{bodies});
    const auto head = replay::head_before(0, ledgers[0], middle + copies + 1);
    REQUIRE(head.ok());
    CHECK(head.value().commit == middle);
    CHECK(last_commit(bodies) == bodies.size());
  }
}

// A message that came too late was taken for a commit, since another such message names it.
TEST_CASE("what was written after another successor is not of the chain") {
  TapeMaker maker;
  for (int n = 0; n < 10; ++n) maker.run(register_vendor("v" + std::to_string(n)));
  TapeMaker other = maker;  // another owner goes on from the same commit
  const std::size_t shared = maker.bodies().size();
  maker.run(register_vendor("v-mine"));
  const std::uint64_t mine = maker.bodies().size();
  other.run(register_vendor("v-late-1"));
  other.run(register_vendor("v-late-2"));
  Bodies bodies = maker.bodies();
  bodies.push_back(other.bodies()[shared]);
  bodies.push_back(other.bodies()[shared + 1]);
  CHECK(last_commit(bodies) == mine);
}

// A copy of a commit in the middle was taken for the head, and all after it looked void.
TEST_CASE("a copy of an earlier commit is no place to go on from") {
  for (std::size_t behind = 1; behind < 80; ++behind) {
    CAPTURE(behind);
    Bodies bodies = vendors(100);
    const std::uint64_t last = bodies.size() + 1;
    const std::string copy = bodies[5];
    bodies.insert(bodies.end() - static_cast<std::ptrdiff_t>(behind), copy);
    CHECK(last_commit(bodies) == last);
    MemoryLedgers ledgers(Tape{bodies});
    const auto head = replay::head_before(0, ledgers[0], last - behind + 1);
    REQUIRE(head.ok());
    CHECK(head.value().read == last - behind);
    CHECK(head.value().commit == last - behind - 1);
  }
}
