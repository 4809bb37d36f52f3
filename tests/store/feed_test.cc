// The feed on a real nats-server: the contract, killed servers, retention, and consumers that keep
// their place through a renewal.
#include "projections/feed_publisher.h"
#include "projections/public_event.h"
#include "replay/feed_rebuild.h"
#include "tests/support/jetstream_api.h"
#include "tests/support/nats_fixture.h"
#include "tests/support/publisher_contract.h"
#include "tests/support/small_market.h"
#include "tests/support/tape_ledgers.h"

namespace cassette::test {
namespace {

using eventstore::Position;
using projections::FeedPublisher;
using testing::MemoryLedgers;
using testing::TapeMaker;

constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kMany = 100'000;

std::unique_ptr<Publisher> publisher_on(const NatsFixture& nats) {
  return must(nats.connect()->publisher());
}

std::vector<std::string> ids_of(const std::vector<Delivered>& messages) {
  std::vector<std::string> ids;
  for (const Delivered& message : messages) ids.push_back(message.id);
  return ids;
}

// All that the stream holds.
std::vector<std::string> held(JetStreamApi& api) {
  static int named = 0;
  const std::string name = "reads-" + std::to_string(++named);
  api.make_consumer("FEED-0", name, "feed.>");
  return ids_of(api.pull("FEED-0", name, kMany));
}

std::vector<std::string> public_ids(const TapeMaker& tape, const std::string& vendor = "") {
  std::vector<std::string> ids;
  for (const auto& commit : tape.commits(0)) {
    for (const auto& event : projections::public_events(commit)) {
      if (vendor.empty() || event.vendor_id == vendor) ids.push_back(event.id);
    }
  }
  return ids;
}

std::vector<Position> head_of(const TapeMaker& tape) {
  return {{0, tape.commits(0).back().position.commit}};
}

projections::FeedPublisherOptions quick() {
  projections::FeedPublisherOptions options;
  options.min_pause = std::chrono::milliseconds(10);
  options.max_pause = std::chrono::milliseconds(100);
  options.idle = std::chrono::milliseconds(20);
  return options;
}

void publish_all(const TapeMaker& tape, Publisher& feed) {
  MemoryLedgers ledgers(testing::tape_of(tape));
  FeedPublisher publisher(ledgers.all(), feed, quick());
  REQUIRE(publisher.await(head_of(tape), kPatience));
}

TEST_CASE("JetStream keeps the publisher's contract") {
  const NatsFixture nats;
  publisher_contract([&] { return publisher_on(nats); });
}

TEST_CASE("A feed is whole though its server is killed again and again under it") {
  const TapeMaker tape = testing::busy_market(1);
  const testing::Bodies& bodies = tape.bodies();
  NatsFixture nats({.sync_always = false});
  const auto feed = publisher_on(nats);
  MemoryLedgers ledgers(testing::Tape{{}});
  FeedPublisher publisher(ledgers.all(), *feed, quick());
  constexpr std::size_t kKills = 5;
  std::size_t written = 0;
  for (std::size_t kill = 1; kill <= kKills + 1; ++kill) {
    const std::size_t end = kill > kKills ? bodies.size() : bodies.size() * kill / (kKills + 1);
    for (; written < end; ++written) {
      const auto stored = ledgers[0].append(written, bodies[written], {}, std::chrono::seconds(1));
      REQUIRE(stored.outcome == eventstore::AppendOutcome::Stored);
    }
    if (kill > kKills) break;
    if (kill % 2 == 0) REQUIRE(publisher.await(std::vector<Position>{{0, end}}, kPatience));
    nats.kill9();
    must(nats.server().restart());
  }
  REQUIRE(publisher.await(head_of(tape), kPatience));
  publisher.stop();
  CHECK_FALSE(publisher.failure());
  JetStreamApi api(nats.url());
  CHECK(held(api) == public_ids(tape));
}

TEST_CASE("A new publisher goes on where the last one ended, also in an emptied stream") {
  const TapeMaker tape = testing::busy_market(1);
  const NatsFixture nats;
  publish_all(tape, *publisher_on(nats));
  publish_all(tape, *publisher_on(nats));
  JetStreamApi api(nats.url());
  CHECK(held(api) == public_ids(tape));
  api.request("$JS.API.STREAM.PURGE.FEED-0", "{}");
  const auto feed = publisher_on(nats);
  publish_all(tape, *feed);
  CHECK(held(api).empty());
  CHECK(state_of(*feed).last_sequence == public_ids(tape).size());
  api.request("$JS.API.STREAM.DELETE.FEED-0", "{}");
  publish_all(tape, *feed);
  CHECK(held(api) == public_ids(tape));
}

TEST_CASE("Retention is as it was last asked for") {
  const NatsFixture nats;
  JetStreamApi api(nats.url());
  const auto feed = publisher_on(nats);
  well(feed->open_stream(0, {}));
  const std::string first = api.request("$JS.API.STREAM.INFO.FEED-0", "");
  CHECK(first.find(R"("max_age":2592000000000000)") != std::string::npos);
  CHECK(first.find(R"("max_bytes":-1)") != std::string::npos);
  well(feed->publish(0, 0, feed_messages(0, 1, 3)));
  well(feed->open_stream(0, {.max_age = std::chrono::hours(24), .max_bytes = 32 << 20}));
  const std::string second = api.request("$JS.API.STREAM.INFO.FEED-0", "");
  CHECK(second.find(R"("max_age":86400000000000)") != std::string::npos);
  CHECK(second.find(R"("max_bytes":33554432)") != std::string::npos);
  CHECK(state_of(*feed).last_sequence == 3);
}

TEST_CASE("A stream that was made for something else is not taken for a feed's") {
  const NatsFixture nats;
  JetStreamApi api(nats.url());
  api.request("$JS.API.STREAM.CREATE.FEED-0",
              R"({"name":"FEED-0","subjects":["feed.0.>"],"storage":"memory",)"
              R"("retention":"limits","discard":"old"})");
  CHECK(kind_of(publisher_on(nats)->open_stream(0, {})) == eventstore::StoreError::Kind::Mismatch);
}

TEST_CASE("A stream's message that is no event of ours is not gone on from") {
  const NatsFixture nats;
  JetStreamApi api(nats.url());
  const auto feed = publisher_on(nats);
  well(feed->open_stream(0, {}));
  api.request("feed.0.order.o-1.Foreign", "{}");
  const auto state = feed->state(0);
  REQUIRE_FALSE(state.ok());
  CHECK(state.error().kind == eventstore::StoreError::Kind::Corrupt);
}

TEST_CASE("A rebuilt feed has the same ids, and each consumer goes on where it was") {
  TapeMaker tape = testing::busy_market(1);
  const NatsFixture nats;
  JetStreamApi api(nats.url());
  const auto feed = publisher_on(nats);
  publish_all(tape, *feed);
  const auto of_v1 = public_ids(tape, "v1");
  REQUIRE(of_v1.size() > 6);
  for (const char* name : {"some", "all", "none"}) {
    api.make_consumer("FEED-0", name, "feed.0.vendor.v1.>");
  }
  for (const Delivered& message : api.pull("FEED-0", "some", 5)) api.acknowledge(message);
  for (const Delivered& message : api.pull("FEED-0", "all", kMany)) api.acknowledge(message);
  api.pull("FEED-0", "none", 3);

  MemoryLedgers ledgers(testing::tape_of(tape));
  for (int times = 0; times < 2; ++times) {
    const auto rebuilt = must(replay::rebuild_feed(ledgers.all(), *feed, {}, {}));
    CHECK(rebuilt.consumers == 3);
    CHECK(rebuilt.positions == head_of(tape));
  }
  CHECK(ids_of(api.pull("FEED-0", "some", kMany)) ==
        std::vector<std::string>(of_v1.begin() + 5, of_v1.end()));
  CHECK(api.pull("FEED-0", "all", kMany).empty());
  CHECK(ids_of(api.pull("FEED-0", "none", kMany)) == of_v1);

  tape.run(testing::count_stock("v1", "p1", 77));
  publish_all(tape, *feed);
  CHECK(ids_of(api.pull("FEED-0", "all", kMany)) ==
        std::vector<std::string>{public_ids(tape, "v1").back()});
  CHECK(held(api) == public_ids(tape));
}

TEST_CASE("A renewal that was cut short is finished when the stream is opened, places and all") {
  const NatsFixture nats;
  JetStreamApi api(nats.url());
  const auto feed = publisher_on(nats);
  well(feed->open_stream(0, {}));
  well(feed->publish(0, 0, feed_messages(0, 1, 9)));
  // As it is left when the process is killed before the old stream goes.
  const auto connection = nats.connect();
  const auto bucket = must(connection->create_bucket(eventstore::kFeedBucket, {1, false}));
  must(bucket->put("consumer.0.v1",
                   R"({"name":"v1","start":3,"config":"{\"durable_name\":\"v1\",)"
                   R"(\"ack_policy\":\"explicit\",\"filter_subject\":\"feed.0.vendor.v1.>\"}"})"));
  must(bucket->put("renewal.0", "prepared"));
  SUBCASE("the stream still stands") {}
  SUBCASE("it is gone") {
    api.request("$JS.API.STREAM.DELETE.FEED-0", "{}");
  }
  SUBCASE("the new one is there, without the consumer") {
    api.request("$JS.API.STREAM.PURGE.FEED-0", "{}");
  }
  well(feed->open_stream(0, {}));
  CHECK(state_of(*feed).last_sequence == 0);
  well(feed->publish(0, 0, feed_messages(0, 1, 1)));
  const eventstore::FeedConsumer waiting{"v1", "", 2};
  CHECK(must(feed->consumers(0)) == std::vector{waiting});
  // Killed once more, before the stream has come to the consumer's place.
  const auto next = publisher_on(nats);
  well(next->open_stream(0, {}));
  CHECK(state_of(*next).last_sequence == 1);
  well(next->publish(0, 1, feed_messages(0, 2, 4)));
  CHECK(ids_of(api.pull("FEED-0", "v1", kMany)) == std::vector<std::string>{"0-3-0", "0-4-0"});
  well(next->open_stream(0, {}));
  CHECK(state_of(*next).last_sequence == 4);
  CHECK(must(bucket->keys()).empty());
}

}  // namespace
}  // namespace cassette::test
