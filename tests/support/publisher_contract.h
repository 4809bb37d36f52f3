// The contract of Publisher, as one suite that every implementation passes: call
// `publisher_contract` inside a TEST_CASE. `make` gives a publisher on a server without streams.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "eventstore/codec.h"
#include "eventstore/publisher.h"

// After ours: both define CHECK, and here doctest's is meant.
#include <doctest/doctest.h>

namespace cassette::test {

using eventstore::FeedLast;
using eventstore::FeedMessage;
using eventstore::FeedOptions;
using eventstore::FeedPoint;
using eventstore::FeedState;
using eventstore::Publisher;

using MakePublisher = std::function<std::unique_ptr<Publisher>()>;

// Message `n` of a partition's feed, which stands in commit `n`.
inline FeedMessage feed_message(std::uint32_t partition, std::uint64_t n) {
  const std::string number = std::to_string(n);
  const std::string p = std::to_string(partition);
  return {"feed." + p + ".vendor.v1.stock.s" + number + ".StockCounted", p + "-" + number + "-0",
          R"({"n":)" + number + "}", eventstore::hash_of(number)};
}

inline std::vector<FeedMessage> feed_messages(std::uint32_t partition, std::uint64_t from,
                                              std::uint64_t to) {
  std::vector<FeedMessage> messages;
  for (auto n = from; n <= to; ++n) messages.push_back(feed_message(partition, n));
  return messages;
}

inline void well(const eventstore::Stored<eventstore::Done>& done) {
  REQUIRE_MESSAGE(done.ok(), (done.ok() ? "" : done.error().what));
}

inline FeedState state_of(Publisher& feed, std::uint32_t partition = 0) {
  auto state = feed.state(partition);
  REQUIRE_MESSAGE(state.ok(), (state.ok() ? "" : state.error().what));
  return state.value();
}

inline eventstore::StoreError::Kind kind_of(const eventstore::Stored<eventstore::Done>& done) {
  REQUIRE_FALSE(done.ok());
  return done.error().kind;
}

inline FeedLast last_of(std::uint32_t partition, std::uint64_t n) {
  const FeedMessage message = feed_message(partition, n);
  return {message.id, message.commit_hash};
}

inline void publishing_contract(const MakePublisher& make) {
  using Kind = eventstore::StoreError::Kind;
  const auto feed = make();
  SUBCASE("there is no stream before it is opened") {
    const auto state = feed->state(0);
    REQUIRE_FALSE(state.ok());
    CHECK(state.error().kind == Kind::Mismatch);
    CHECK(kind_of(feed->publish(0, 0, feed_messages(0, 1, 2))) == Kind::Mismatch);
    CHECK(kind_of(feed->record(0, 0, {})) == Kind::Mismatch);
  }
  SUBCASE("a new stream is empty, and opening it again changes nothing") {
    well(feed->open_stream(0, {}));
    CHECK(state_of(*feed).last_sequence == 0);
    CHECK_FALSE(state_of(*feed).last);
    CHECK_FALSE(state_of(*feed).recorded);
    well(feed->publish(0, 0, feed_messages(0, 1, 3)));
    well(feed->open_stream(0, {}));
    CHECK(state_of(*feed).last_sequence == 3);
    CHECK(state_of(*feed).last == last_of(0, 3));
  }
  SUBCASE("batches follow each other") {
    well(feed->open_stream(0, {}));
    well(feed->publish(0, 0, feed_messages(0, 1, 1)));
    well(feed->publish(0, 1, feed_messages(0, 2, 2500)));
    well(feed->publish(0, 2500, {}));
    CHECK(state_of(*feed).last_sequence == 2500);
    CHECK(state_of(*feed).last == last_of(0, 2500));
  }
  SUBCASE("nothing is stored behind another last sequence than the one expected") {
    well(feed->open_stream(0, {}));
    well(feed->publish(0, 0, feed_messages(0, 1, 3)));
    CHECK(kind_of(feed->publish(0, 2, feed_messages(0, 4, 6))) == Kind::Conflict);
    CHECK(kind_of(feed->publish(0, 4, feed_messages(0, 4, 6))) == Kind::Conflict);
    CHECK(kind_of(feed->publish(0, 0, feed_messages(0, 4, 6))) == Kind::Conflict);
    // Nor may those further back find their place by the sequence alone.
    CHECK(kind_of(feed->publish(0, 1, feed_messages(0, 5, 9))) == Kind::Conflict);
    CHECK(state_of(*feed).last == last_of(0, 3));
    well(feed->publish(0, 3, feed_messages(0, 4, 6)));
    CHECK(state_of(*feed).last == last_of(0, 6));
  }
  SUBCASE("partitions are apart") {
    well(feed->open_stream(0, {}));
    well(feed->open_stream(1, {}));
    well(feed->publish(0, 0, feed_messages(0, 1, 2)));
    well(feed->publish(1, 0, feed_messages(1, 1, 5)));
    CHECK(state_of(*feed, 0).last == last_of(0, 2));
    CHECK(state_of(*feed, 1).last == last_of(1, 5));
  }
}

inline void recording_contract(const MakePublisher& make) {
  const auto feed = make();
  well(feed->open_stream(0, {}));
  well(feed->publish(0, 0, feed_messages(0, 1, 3)));
  const FeedPoint point{77, eventstore::hash_of("77")};
  SUBCASE("what was recorded last is told") {
    well(feed->record(0, 2, {5, eventstore::hash_of("5")}));
    well(feed->record(0, 3, point));
    CHECK(state_of(*feed).recorded == point);
    well(feed->publish(0, 3, feed_messages(0, 4, 4)));
    CHECK(state_of(*feed).recorded == point);
  }
  SUBCASE("a record of more than the stream has is not believed") {
    well(feed->record(0, 4, point));
    CHECK_FALSE(state_of(*feed).recorded);
    well(feed->publish(0, 3, feed_messages(0, 4, 4)));
    CHECK(state_of(*feed).recorded == point);
  }
  SUBCASE("a record is its partition's") {
    well(feed->open_stream(1, {}));
    well(feed->record(1, 0, point));
    CHECK_FALSE(state_of(*feed, 0).recorded);
    CHECK(state_of(*feed, 1).recorded == point);
  }
}

inline void renewing_contract(const MakePublisher& make) {
  const auto feed = make();
  SUBCASE("a renewed stream is empty, and nothing is recorded of it") {
    well(feed->open_stream(0, {}));
    well(feed->publish(0, 0, feed_messages(0, 1, 3)));
    well(feed->record(0, 0, {1, {}}));
    well(feed->renew_stream(0, {}, {}));
    CHECK(state_of(*feed).last_sequence == 0);
    CHECK_FALSE(state_of(*feed).last);
    CHECK_FALSE(state_of(*feed).recorded);
    well(feed->open_stream(0, {}));
    CHECK_FALSE(state_of(*feed).recorded);
  }
  SUBCASE("the same ids go in again at once") {
    well(feed->open_stream(0, {}));
    well(feed->publish(0, 0, feed_messages(0, 1, 3)));
    well(feed->renew_stream(0, {}, {}));
    well(feed->publish(0, 0, feed_messages(0, 1, 3)));
    CHECK(state_of(*feed).last_sequence == 3);
    CHECK(state_of(*feed).last == last_of(0, 3));
  }
  SUBCASE("a stream that is not there is made") {
    well(feed->renew_stream(0, {}, {}));
    well(feed->publish(0, 0, feed_messages(0, 1, 1)));
  }
  SUBCASE("a stream without consumers has none") {
    well(feed->open_stream(0, {}));
    const auto consumers = feed->consumers(0);
    REQUIRE(consumers.ok());
    CHECK(consumers.value().empty());
    CHECK_FALSE(feed->consumers(1).ok());
  }
}

inline void publisher_contract(const MakePublisher& make) {
  SUBCASE("publishing") {
    publishing_contract(make);
  }
  SUBCASE("recording") {
    recording_contract(make);
  }
  SUBCASE("renewing") {
    renewing_contract(make);
  }
}

}  // namespace cassette::test
