// A feed that is published anew holds the same events, and consumers keep their place, wherever
// that was and however often it was cut short.
#include "replay/feed_rebuild.h"

#include <doctest/doctest.h>

#include "eventstore/memory_publisher.h"
#include "projections/feed_publisher.h"
#include "projections/public_event.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

using namespace cassette;
using namespace cassette::testing;
using eventstore::MemoryPublisher;

namespace {

// All that one publisher brings, and what was published before it, which the stream may not hold.
struct Rig {
  TapeMaker tape = busy_market(1);
  MemoryLedgers ledgers{tape_of(tape)};
  MemoryPublisher feed;

  replay::FeedRebuilt rebuild() {
    auto rebuilt = replay::rebuild_feed(ledgers.all(), feed, {}, {});
    REQUIRE_MESSAGE(rebuilt.ok(), (rebuilt.ok() ? "" : rebuilt.error().what));
    return rebuilt.value();
  }
  std::vector<std::string> held() const {
    std::vector<std::string> ids;
    for (const auto& message : feed.held(0)) ids.push_back(message.id);
    return ids;
  }
  // The id of the event that the consumer gets next; empty when that is still to come.
  std::string next_of(const std::string& consumer) const {
    const std::uint64_t next = feed.next_of(0, consumer);
    const auto ids = held();
    return next <= ids.size() ? ids[next - 1] : "";
  }
};

}  // namespace

TEST_CASE("A feed is made where there is none") {
  Rig rig;
  const auto rebuilt = rig.rebuild();
  CHECK(rebuilt.consumers == 0);
  CHECK(rebuilt.positions ==
        std::vector<eventstore::Position>{{0, rig.tape.commits().back().position.commit}});
  std::vector<std::string> expected;
  for (const auto& commit : rig.tape.commits()) {
    for (const auto& event : projections::public_events(commit)) expected.push_back(event.id);
  }
  CHECK(rig.held() == expected);
}

TEST_CASE("A rebuilt feed is the same, and consumers go on with the same event") {
  Rig rig;
  rig.rebuild();
  const auto ids = rig.held();
  REQUIRE(ids.size() > 10);
  for (std::size_t i = 0; i <= ids.size(); ++i) {
    rig.feed.set_consumer(0, "after-" + std::to_string(i), i);
  }
  CHECK(rig.rebuild().consumers == ids.size() + 1);
  CHECK(rig.held() == ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    CAPTURE(i);
    CHECK(rig.next_of("after-" + std::to_string(i)) == ids[i]);
  }
  CHECK(rig.feed.next_of(0, "after-" + std::to_string(ids.size())) == ids.size() + 1);
}

TEST_CASE("Numbers of the old stream mean nothing in the new one") {
  Rig rig;
  rig.rebuild();
  const auto ids = rig.held();
  // Somebody removed the stream, and the last events were published twice: all numbers moved.
  auto messages = rig.feed.held(0);
  rig.feed.remove(0);
  REQUIRE(rig.feed.open_stream(0, {}).ok());
  messages.insert(messages.begin(), messages.end() - 4, messages.end());
  REQUIRE(rig.feed.publish(0, 0, messages).ok());
  rig.feed.set_consumer(0, "c", 4 + 6);
  rig.feed.set_consumer(0, "end", messages.size());
  rig.rebuild();
  CHECK(rig.next_of("c") == ids[6]);
  CHECK(rig.feed.next_of(0, "end") == ids.size() + 1);
}

TEST_CASE("What retention took is passed, and what was taken since is not") {
  Rig rig;
  rig.rebuild();
  const auto ids = rig.held();
  rig.feed.set_consumer(0, "behind", 1);
  rig.feed.expire(0, 5);
  rig.rebuild();
  CHECK(rig.next_of("behind") == ids[5]);
  SUBCASE("all of it, and all of it is noted") {
    rig.feed.set_consumer(0, "done", ids.size());
    rig.feed.expire(0, ids.size());
    rig.rebuild();
    CHECK(rig.feed.next_of(0, "done") == ids.size() + 1);
  }
}

TEST_CASE("Cut short after the streams were renewed, it is begun anew without losing a place") {
  Rig rig;
  rig.rebuild();
  const auto ids = rig.held();
  rig.feed.set_consumer(0, "c", 7);
  REQUIRE(rig.feed.renew_stream(0, {}, {{"c", 8}}).ok());
  for (const std::size_t published : {0U, 3U, 7U, 8U}) {
    CAPTURE(published);
    Rig again;
    again.rebuild();
    auto messages = again.feed.held(0);
    again.feed.set_consumer(0, "c", 7);
    REQUIRE(again.feed.renew_stream(0, {}, {{"c", 8}}).ok());
    messages.resize(published);
    REQUIRE(again.feed.publish(0, 0, messages).ok());
    again.rebuild();
    CHECK(again.next_of("c") == ids[7]);
  }
}

TEST_CASE("It ends when it is told to, and when the feed can't be") {
  Rig rig;
  rig.rebuild();
  rig.feed.set_consumer(0, "c", 7);
  std::stop_source stop;
  stop.request_stop();
  replay::RebuildOptions options;
  options.stop = stop.get_token();
  const auto before = rig.held();
  const auto stopped = replay::rebuild_feed(rig.ledgers.all(), rig.feed, {}, options);
  REQUIRE_FALSE(stopped.ok());
  CHECK(rig.held() == before);
  rig.feed.set_down(true);
  CHECK_FALSE(replay::rebuild_feed(rig.ledgers.all(), rig.feed, {}, {}).ok());
}
