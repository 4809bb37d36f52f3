// The archiver: what is given gathers, and is folded when somebody waits for it, or not at all.
#include "eventstore/archiver.h"

#include <doctest/doctest.h>

#include "eventstore/memory_archive.h"
#include "tests/support/small_market.h"

using namespace cassette;
using namespace cassette::eventstore;

namespace {

// Longer than any test may take.
constexpr std::chrono::seconds kLong{30};

std::shared_ptr<const AppendedCommit> appended(const StoredCommit& stored, std::string body) {
  return std::make_shared<const AppendedCommit>(
      stored.position, stored.hash, std::make_shared<const std::string>(std::move(body)));
}

struct Rig {
  testing::TapeMaker tape = testing::small_market();
  MemoryArchive archive;
  Wakeup wakeup;
  Archiver archiver{archive, wakeup};

  void give(std::size_t index, std::optional<std::string> body = {}) {
    const StoredCommit& stored = tape.commits()[index];
    const ChainHead head{stored.position.commit, stored.position.commit, stored.hash};
    archiver.give(appended(stored, body ? *body : tape.bodies()[index]),
                  {head, stored.commit.at, {}});
  }
};

}  // namespace

TEST_CASE("what gathers is folded by the time that it was waited for") {
  Rig rig;
  for (std::size_t i = 0; i < rig.tape.commits().size(); ++i) rig.give(i);
  CHECK(rig.archiver.drain(kLong));
  CHECK(rig.archive.folded() == rig.tape.commits().size());
  CHECK_FALSE(rig.archiver.failure());
}

TEST_CASE("a commit that can't be read is named, and a reset forgets it") {
  Rig rig;
  rig.give(0, "nonsense");
  CHECK_FALSE(rig.archiver.drain(std::chrono::milliseconds(0)));
  for (int look = 0; look < 30'000 && !rig.archiver.failure(); ++look) {
    rig.archiver.drain(std::chrono::milliseconds(1));
  }
  REQUIRE(rig.archiver.failure());
  CHECK(rig.archiver.failure()->find("0:1") != std::string::npos);
  rig.archiver.reset();
  rig.give(0);
  CHECK(rig.archiver.drain(kLong));
  CHECK(rig.archive.folded() == 1);
  CHECK_FALSE(rig.archiver.failure());
}
