// Reading a ledger into its tree: to the end that was asked for, or to a failure.
#include "replay/tree_fold.h"

#include "tests/support/notary_rig.h"
#include "tests/support/silent_ledger.h"
#include "tests/support/small_market.h"

#include <doctest/doctest.h>

using namespace cassette;
using namespace cassette::testing;
using eventstore::CommitTree;
using eventstore::StoreError;
using test::must;

namespace {

// More than are asked for one by one.
constexpr std::uint64_t kMany = 200;

struct Rig {
  SilentLedger ledger;
  test::TemporaryFolder folder;
  std::uint64_t size = 0;

  Rig() {
    const TapeMaker tape = small_market();
    for (const std::string& body : tape.bodies()) {
      ledger.append(size++, body, {}, std::chrono::seconds(1));
    }
  }
  replay::TreeFold fold() {
    return must(replay::TreeFold::begin(
        0, ledger, must(CommitTree::open(folder / "0.tree", CommitTree::Access::Write)), {}));
  }
};

// Symptom: it waited for ever for the tail that was cut off.
TEST_CASE("tree fold: a ledger that ends before the end that was asked for") {
  Rig rig;
  const auto read = rig.fold().read_to(rig.size + kMany);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().kind == StoreError::Kind::Mismatch);
  CHECK(must(rig.ledger.last_sequence()) == rig.size);
}

TEST_CASE("tree fold: a ledger that gives fewer messages than it says") {
  Rig rig;
  rig.ledger.missing = kMany;
  const auto read = rig.fold().read_to(rig.size + kMany);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().kind == StoreError::Kind::Unavailable);
  CHECK(read.error().what.find("does not come") != std::string::npos);
}

}  // namespace
