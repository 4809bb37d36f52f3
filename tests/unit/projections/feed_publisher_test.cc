// A feed holds each public event of its ledger once and in order, whenever its publisher was ended,
// whatever answers were lost and whatever the stream itself has lost.
#include "projections/feed_publisher.h"

#include <doctest/doctest.h>

#include "eventstore/memory_publisher.h"
#include "projections/public_event.h"
#include "tests/support/faulty_publisher.h"
#include "tests/support/tape_ledgers.h"
#include "tests/unit/projections/rich_market.h"

using namespace cassette;
using namespace cassette::testing;
using eventstore::FeedMessage;
using eventstore::MemoryPublisher;
using eventstore::Position;
using eventstore::StoreError;
using projections::FeedPublisher;
using projections::FeedPublisherOptions;
using test::FaultyPublisher;
using test::FeedFault;

namespace {

// Longer than any of it takes.
constexpr std::chrono::seconds kPatience{20};

FeedPublisherOptions quick() {
  FeedPublisherOptions options;
  options.min_pause = options.max_pause = std::chrono::milliseconds(1);
  options.idle = std::chrono::milliseconds(5);
  return options;
}

std::vector<FeedMessage> public_of(const TapeMaker& tape, std::uint32_t partition) {
  std::vector<FeedMessage> messages;
  for (const auto& commit : tape.commits(partition)) {
    for (auto& event : projections::public_events(commit)) {
      messages.push_back({event.subject, event.id, event.body, commit.hash});
    }
  }
  return messages;
}

std::vector<Position> heads_of(const TapeMaker& tape) {
  std::vector<Position> heads;
  for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
    heads.push_back({p, tape.commits(p).back().position.commit});
  }
  return heads;
}

void publish_all(const TapeMaker& tape, MemoryLedgers& ledgers, eventstore::Publisher& feed) {
  FeedPublisher publisher(ledgers.all(), feed, quick());
  const bool published = publisher.await(heads_of(tape), kPatience);
  CHECK_FALSE(publisher.failure());
  REQUIRE(published);
}

void check_whole(const TapeMaker& tape, const MemoryPublisher& feed) {
  for (std::uint32_t p = 0; p < tape.partitions(); ++p) {
    CAPTURE(p);
    const auto expected = public_of(tape, p);
    const auto held = feed.held(p);
    REQUIRE(held.size() == expected.size());
    for (std::size_t i = 0; i < held.size(); ++i) REQUIRE((held[i] == expected[i]));
  }
}

// Waits until the publisher has failed for good, and gives why.
StoreError failure_of(const FeedPublisher& publisher) {
  const std::vector<Position> never{{0, UINT64_MAX}};
  REQUIRE_FALSE(publisher.await(never, kPatience));
  const auto failure = publisher.failure();
  REQUIRE(failure);
  return *failure;
}

}  // namespace

TEST_CASE("A feed holds every public event of each partition, once and in order") {
  for (std::uint32_t partitions = 1; partitions <= 3; ++partitions) {
    CAPTURE(partitions);
    const TapeMaker tape = rich_market(partitions);
    MemoryLedgers ledgers(tape_of(tape));
    MemoryPublisher feed;
    publish_all(tape, ledgers, feed);
    check_whole(tape, feed);
  }
}

TEST_CASE("Events that come later are published later") {
  TapeMaker tape = rich_market(1);
  const Bodies bodies = tape.bodies();
  const Bodies first(bodies.begin(), bodies.begin() + 20);
  MemoryLedgers ledgers({first});
  MemoryPublisher feed;
  FeedPublisher publisher(ledgers.all(), feed, quick());
  REQUIRE(publisher.await(std::vector<Position>{{0, 20}}, kPatience));
  for (std::size_t i = 20; i < bodies.size(); ++i) {
    const auto stored = ledgers[0].append(i, bodies[i], {}, std::chrono::seconds(1));
    REQUIRE(stored.outcome == eventstore::AppendOutcome::Stored);
  }
  REQUIRE(publisher.await(heads_of(tape), kPatience));
  CHECK(publisher.positions() == heads_of(tape));
  publisher.stop();
  check_whole(tape, feed);
}

TEST_CASE("Killed after any number of messages, it leaves no hole and no event twice") {
  const TapeMaker tape = rich_market(1);
  const std::size_t total = public_of(tape, 0).size();
  for (std::size_t cut = 0; cut < total; ++cut) {
    CAPTURE(cut);
    MemoryLedgers ledgers(tape_of(tape));
    MemoryPublisher feed;
    FaultyPublisher killed(feed);
    killed.stop_after(cut);
    {
      FeedPublisher publisher(ledgers.all(), killed, quick());
      killed.await_stopped();
    }
    REQUIRE(feed.held(0).size() == cut);
    publish_all(tape, ledgers, feed);
    check_whole(tape, feed);
  }
}

TEST_CASE("Lost and late answers, and a full disk, cost nothing but time") {
  const TapeMaker tape = rich_market(2);
  MemoryLedgers ledgers(tape_of(tape));
  MemoryPublisher feed;
  FaultyPublisher faulty(feed);
  faulty.fail({FeedFault::LoseAcks, FeedFault::Part, FeedFault::LoseRequest, FeedFault::Late,
               FeedFault::Full, FeedFault::Part, FeedFault::LoseAcks, FeedFault::Late,
               FeedFault::Part, FeedFault::Part, FeedFault::LoseRequest, FeedFault::LoseAcks});
  publish_all(tape, ledgers, faulty);
  check_whole(tape, feed);
}

TEST_CASE("A feed that is away is waited for, and is no failure") {
  const TapeMaker tape = rich_market(1);
  MemoryLedgers ledgers(tape_of(tape));
  MemoryPublisher feed;
  feed.set_down(true);
  FeedPublisher publisher(ledgers.all(), feed, quick());
  CHECK_FALSE(publisher.await(heads_of(tape), std::chrono::milliseconds(50)));
  CHECK_FALSE(publisher.failure());
  feed.set_down(false);
  CHECK(publisher.await(heads_of(tape), kPatience));
  publisher.stop();
  check_whole(tape, feed);
}

TEST_CASE("A stream that retention emptied is gone on with from what was noted") {
  const TapeMaker tape = rich_market(1);
  MemoryLedgers ledgers(tape_of(tape));
  MemoryPublisher feed;
  publish_all(tape, ledgers, feed);
  const std::uint64_t last = feed.state(0).value().last_sequence;
  feed.expire(0, last);
  publish_all(tape, ledgers, feed);
  CHECK(feed.held(0).empty());
  CHECK(feed.state(0).value().last_sequence == last);
}

TEST_CASE("Commits without public events are noted, and are not read again") {
  TapeMaker tape(1);
  for (int i = 0; i < 5; ++i) tape.forge(0, {domain::CustomerErased{{"c-" + std::to_string(i)}}});
  MemoryLedgers ledgers(tape_of(tape));
  MemoryPublisher feed;
  publish_all(tape, ledgers, feed);
  const auto state = feed.state(0).value();
  CHECK(state.last_sequence == 0);
  REQUIRE(state.recorded);
  CHECK(state.recorded->commit == tape.commits().back().position.commit);
  CHECK(state.recorded->hash == tape.commits().back().hash);
}

TEST_CASE("A stream that lost its end to a power cut gets it again") {
  const TapeMaker tape = rich_market(1);
  MemoryLedgers ledgers(tape_of(tape));
  for (const std::size_t lost : {1U, 2U, 7U, 40U}) {
    CAPTURE(lost);
    MemoryPublisher feed;
    publish_all(tape, ledgers, feed);
    feed.lose(0, lost);
    publish_all(tape, ledgers, feed);
    check_whole(tape, feed);
  }
}

TEST_CASE("A stream that somebody removed is made anew, from the first event") {
  const TapeMaker tape = rich_market(1);
  MemoryLedgers ledgers(tape_of(tape));
  MemoryPublisher feed;
  publish_all(tape, ledgers, feed);
  feed.remove(0);
  publish_all(tape, ledgers, feed);
  check_whole(tape, feed);
}

TEST_CASE("A shorter ledger is refused by name, and so is another one") {
  const TapeMaker tape = rich_market(1);
  MemoryPublisher feed;
  {
    MemoryLedgers ledgers(tape_of(tape));
    publish_all(tape, ledgers, feed);
  }
  const auto held = feed.held(0);
  SUBCASE("shorter") {
    MemoryLedgers shorter(tape_of(tape));
    shorter[0].truncate(10);
    FeedPublisher publisher(shorter.all(), feed, quick());
    CHECK(failure_of(publisher).kind == StoreError::Kind::Mismatch);
  }
  SUBCASE("another") {
    TapeMaker other(1);
    while (other.commits().size() < tape.commits().size() + 5) {
      other.forge(0, {domain::VendorReinstated{{"other"}}});
    }
    MemoryLedgers ledgers(tape_of(other));
    FeedPublisher publisher(ledgers.all(), feed, quick());
    const StoreError failure = failure_of(publisher);
    CHECK(failure.kind == StoreError::Kind::Mismatch);
    CHECK(failure.what.find("partition 0") != std::string::npos);
  }
  SUBCASE("another, and nothing held that could tell but the note") {
    feed.expire(0, held.size());
    MemoryLedgers shorter(tape_of(tape));
    shorter[0].truncate(10);
    FeedPublisher publisher(shorter.all(), feed, quick());
    CHECK(failure_of(publisher).kind == StoreError::Kind::Mismatch);
    CHECK(feed.held(0).empty());
    return;
  }
  CHECK((feed.held(0) == held));
}

TEST_CASE("A partition that can't go on leaves the others alone") {
  const TapeMaker tape = rich_market(2);
  MemoryLedgers whole(tape_of(tape));
  MemoryPublisher feed;
  publish_all(tape, whole, feed);
  MemoryLedgers ledgers(tape_of(tape));
  ledgers[0].truncate(3);
  FeedPublisher publisher(ledgers.all(), feed, quick());
  CHECK(failure_of(publisher).kind == StoreError::Kind::Mismatch);
  CHECK(publisher.await(std::vector<Position>{heads_of(tape)[1]}, kPatience));
}

TEST_CASE("Void messages are passed over, and a hole ends it") {
  TapeMaker tape = rich_market(1);
  tape.put_raw(0, "not a commit");
  tape.forge(0, {domain::VendorReinstated{{"v"}}});
  MemoryLedgers ledgers(tape_of(tape));
  MemoryPublisher feed;
  publish_all(tape, ledgers, feed);
  check_whole(tape, feed);
}

TEST_CASE("How far it is is noted when it has nothing to do, and not after every batch") {
  const TapeMaker tape = rich_market(1);
  MemoryLedgers ledgers(tape_of(tape));
  MemoryPublisher feed;
  FaultyPublisher counted(feed);
  publish_all(tape, ledgers, counted);
  CHECK(counted.records() == 1);
  publish_all(tape, ledgers, counted);
  CHECK(counted.records() == 1);
}

TEST_CASE("The streams get the options that it was given") {
  const TapeMaker tape(1);
  MemoryLedgers ledgers(tape_of(tape));
  MemoryPublisher feed;
  FeedPublisherOptions options = quick();
  options.stream.max_age = std::chrono::hours(24);
  options.stream.max_bytes = 1 << 30;
  FeedPublisher publisher(ledgers.all(), feed, options);
  REQUIRE(publisher.await(heads_of(tape), kPatience));
  CHECK(feed.options(0).max_age == std::chrono::hours(24));
  CHECK(feed.options(0).max_bytes == 1 << 30);
}
