// The feed's streams in memory keep the contract that JetStream's keep, and fail as they are told.
#include "eventstore/memory_publisher.h"

#include "tests/support/publisher_contract.h"

namespace cassette::test {
namespace {

using eventstore::FeedConsumer;
using eventstore::MemoryPublisher;

TEST_CASE("A publisher in memory keeps the contract") {
  publisher_contract([] { return std::make_unique<MemoryPublisher>(); });
}

TEST_CASE("An emptied stream keeps its last sequence, and a stream that lost its end doesn't") {
  MemoryPublisher feed;
  well(feed.open_stream(0, {}));
  well(feed.publish(0, 0, feed_messages(0, 1, 5)));
  well(feed.record(0, 5, {5, {}}));
  feed.expire(0, 5);
  CHECK(state_of(feed).last_sequence == 5);
  CHECK_FALSE(state_of(feed).last);
  CHECK(state_of(feed).recorded);
  well(feed.publish(0, 5, feed_messages(0, 6, 8)));
  feed.lose(0, 4);
  CHECK(state_of(feed).last_sequence == 5);
}

TEST_CASE("A consumer's place is the first event that it has not acknowledged, there or to come") {
  MemoryPublisher feed;
  well(feed.open_stream(0, {}));
  well(feed.publish(0, 0, feed_messages(0, 1, 5)));
  feed.expire(0, 2);
  feed.set_consumer(0, "behind", 1);
  feed.set_consumer(0, "inside", 3);
  feed.set_consumer(0, "up-to-date", 5);
  feed.set_consumer(0, "waiting", 9);
  const auto consumers = feed.consumers(0);
  REQUIRE(consumers.ok());
  const std::vector<FeedConsumer> expected{
      {"behind", "0-3-0", 0}, {"inside", "0-4-0", 0}, {"up-to-date", "", 1}, {"waiting", "", 5}};
  CHECK(consumers.value() == expected);
}

}  // namespace
}  // namespace cassette::test
