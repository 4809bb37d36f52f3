// Moments, and the commits that belong to one: held against a plain scan of every commit.
#include "replay/cut.h"

#include <doctest/doctest.h>

#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::testing;
using domain::Timestamp;
using eventstore::Position;
using eventstore::StoredCommit;
using replay::Moment;

namespace {

// The last commit that is not after `at`, by looking at each.
std::uint64_t scanned(const std::vector<StoredCommit>& commits, Timestamp at) {
  std::uint64_t last = 0;
  for (const StoredCommit& each : commits) {
    if (each.commit.at <= at) last = each.position.commit;
  }
  return last;
}

replay::Cut cut_of(MemoryLedgers& ledgers, Timestamp at) {
  const auto cut = replay::cut_at(ledgers.all(), at);
  REQUIRE(cut.ok());
  return cut.value();
}

void check_closed(const TapeMaker& tape, const replay::Cut& cut) {
  for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
    for (const StoredCommit& each : tape.commits(p)) {
      if (each.position.commit > cut.commits[p]) continue;
      for (const auto& [other, seen] : each.commit.seen) CHECK(seen.commit <= cut.commits[other]);
    }
  }
}

}  // namespace

TEST_CASE("a moment is a position or a time in UTC") {
  CHECK((replay::parse_moment("0:1841") == Moment(Position{0, 1841})));
  CHECK((replay::parse_moment("2026-11-23T21:07:00.5Z") ==
         Moment(*domain::parse_timestamp("2026-11-23T21:07:00.500000Z"))));
  for (const char* wrong : {"", "1841", "0:", ":1", "0:1:2", "2026-11-23", "2026-11-23T21:07:00",
                            "2026-11-23T21:07:00+01:00", "yesterday"}) {
    CAPTURE(wrong);
    CHECK_FALSE(replay::parse_moment(wrong).has_value());
  }
  CHECK(replay::format(Moment(Position{1, 7})) == "1:7");
}

TEST_CASE("the cut of a time has every commit that is not after it, and is closed under seen") {
  for (const std::uint32_t partitions : {1U, 3U}) {
    CAPTURE(partitions);
    const TapeMaker tape = busy_market(partitions);
    MemoryLedgers ledgers(tape_of(tape));
    for (std::uint32_t p = 0; p < partitions; ++p) {
      for (const StoredCommit& each : tape.commits(p)) {
        for (const std::int64_t off : {-1, 0, 1}) {
          const Timestamp at{each.commit.at.micros + off};
          const replay::Cut cut = cut_of(ledgers, at);
          REQUIRE(cut.commits.size() == partitions);
          for (std::uint32_t q = 0; q < partitions; ++q) {
            CHECK(cut.commits[q] == scanned(tape.commits(q), at));
          }
          check_closed(tape, cut);
        }
      }
    }
  }
}

TEST_CASE("before the first commit there is none, and after the last all") {
  const TapeMaker tape = small_market();
  MemoryLedgers ledgers(tape_of(tape));
  CHECK(cut_of(ledgers, {0}).commits == std::vector<std::uint64_t>{0});
  CHECK(cut_of(ledgers, {INT64_MAX}).commits ==
        std::vector<std::uint64_t>{tape.commits().back().position.commit});
  MemoryLedgers empty(Tape{Bodies{}});
  CHECK(cut_of(empty, {INT64_MAX}).commits == std::vector<std::uint64_t>{0});
}

// A void message is no commit, whatever time it says.
TEST_CASE("void messages are in no cut") {
  TapeMaker tape = small_market();
  const Bodies before = tape.bodies();
  for (int i = 0; i < 20; ++i) {
    tape.put_raw(0, i % 2 == 0 ? "nothing" : before[static_cast<std::size_t>(i) % before.size()]);
    tape.wait(1'000'000);
    if (i % 5 == 0) tape.run(count_stock("v1", "p1", 10 + i));
  }
  tape.put_raw(0, before[1]);
  // As the originals did, one copy names the other, and the next commit both.
  const Bodies now = tape.bodies();
  const std::vector<StoredCommit> commits = tape.commits();
  for (const std::size_t back : {2U, 1U}) {
    tape.put_raw(0, now[(commits.end() - back)->position.commit - 1]);
  }
  tape.wait(1'000'000);
  tape.run(count_stock("v1", "p1", 99));
  MemoryLedgers ledgers(tape_of(tape));
  for (const StoredCommit& each : tape.commits()) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const Timestamp at{each.commit.at.micros + off};
      CHECK(cut_of(ledgers, at).commits.front() == scanned(tape.commits(), at));
    }
  }
}
