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
