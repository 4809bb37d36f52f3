// Where each consumer goes on is an event; its number in the new stream is how many public events
// the ledger holds before it, so the ledger is counted through before the old stream goes.
#include "replay/feed_rebuild.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "projections/feed_publisher.h"
#include "projections/public_event.h"
#include "replay/commit_source.h"
#include "replay/model_fold.h"

namespace cassette::replay {

using eventstore::Done;
using eventstore::EventRef;
using eventstore::FeedConsumer;
using eventstore::Ledger;
using eventstore::Position;
using eventstore::Publisher;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// Between two looks at whether publishing has been told to stop, or can't go on.
constexpr std::chrono::milliseconds kLook{200};

using Starts = std::map<std::string, std::uint64_t>;

// A consumer's place: `before` or, with `ahead`, so many after the events up to and with `ref`.
struct Place {
  std::string consumer;
  EventRef ref;
  std::uint64_t ahead = 0;
};

Stored<std::vector<Place>> places_of(std::uint32_t partition, Publisher& feed) {
  const auto state = feed.state(partition);
  if (!state) return Failure{state.error()};
  const auto end = projections::end_of_feed(partition, state.value());
  if (!end) return Failure{end.error()};
  const auto consumers = feed.consumers(partition);
  if (!consumers) return Failure{consumers.error()};
  std::vector<Place> places;
  for (const FeedConsumer& consumer : consumers.value()) {
    if (consumer.ahead > 0) {
      const EventRef last = end.value() ? end.value()->ref : EventRef{{partition, 0}, 0};
      places.push_back({consumer.name, last, consumer.ahead});
      continue;
    }
    const auto ref = projections::parse_public_id(consumer.next);
    if (!ref) {
      return Failure{StoreError{StoreError::Kind::Corrupt,
                                fmt::format("the consumer {} is at {}, which is no event",
                                            consumer.name, consumer.next)}};
    }
    places.push_back({consumer.name, *ref, 0});
  }
  return places;
}

// Counts a partition's public events, and says of each place how many come before it.
class Count {
 public:
  explicit Count(std::vector<Place> places) : places_(std::move(places)) {
    std::ranges::sort(places_, {},
                      [](const Place& place) { return std::pair(place.ref, place.ahead > 0); });
  }

  bool complete() const { return next_ == places_.size(); }

  void pass(const StoredCommit& commit) {
    for (std::uint32_t i = 0; i < commit.commit.events.size() && !complete(); ++i) {
      settle_before({commit.position, i});
      if (projections::is_public(commit.commit.events[i].event)) ++passed_;
    }
  }

  // Those that are left are after all.
  Starts finish() {
    while (!complete()) settle(places_[next_]);
    return std::move(starts_);
  }

 private:
  void settle_before(const EventRef& ref) {
    while (!complete()) {
      const Place& place = places_[next_];
      const bool reached = place.ahead > 0 ? ref > place.ref : ref >= place.ref;
      if (!reached) return;
      settle(place);
    }
  }

  void settle(const Place& place) {
    starts_[place.consumer] = passed_ + std::max<std::uint64_t>(place.ahead, 1);
    ++next_;
  }

  std::vector<Place> places_;
  std::size_t next_ = 0;
  std::uint64_t passed_ = 0;
  Starts starts_;
};

Failure<StoreError> stopped() {
  return Failure{StoreError{StoreError::Kind::Unavailable, "told to stop"}};
}

Stored<Starts> count(std::uint32_t partition, Ledger& ledger, std::uint64_t end,
                     std::vector<Place> places, const std::stop_token& stop) {
  Count counted(std::move(places));
  CommitSource source(partition, ledger, end);
  while (!counted.complete()) {
    if (stop.stop_requested()) return stopped();
    const SourceItem* item = source.peek();
    if (item == nullptr) break;
    if (const auto* error = std::get_if<StoreError>(item)) return Failure{*error};
    if (const auto* commit = std::get_if<StoredCommit>(item)) counted.pass(*commit);
    source.pop();
  }
  return counted.finish();
}

// Gives how many consumers were moved.
Stored<std::size_t> renew(std::uint32_t partition, Ledger& ledger, std::uint64_t end,
                          Publisher& feed, const eventstore::FeedOptions& streams,
                          const std::stop_token& stop) {
  if (auto opened = feed.open_stream(partition, streams); !opened) return Failure{opened.error()};
  auto places = places_of(partition, feed);
  if (!places) return Failure{places.error()};
  auto starts = count(partition, ledger, end, std::move(places).value(), stop);
  if (!starts) return Failure{starts.error()};
  if (auto renewed = feed.renew_stream(partition, streams, starts.value()); !renewed) {
    return Failure{renewed.error()};
  }
  return starts.value().size();
}

std::uint64_t sum_of(const std::vector<Position>& positions) {
  std::uint64_t sum = 0;
  for (const Position& position : positions) sum += position.commit;
  return sum;
}

Stored<Done> publish(const std::vector<Ledger*>& ledgers, Publisher& feed,
                     const eventstore::FeedOptions& streams, const std::vector<Position>& heads,
                     const RebuildOptions& options) {
  projections::FeedPublisherOptions publishing;
  publishing.stream = streams;
  projections::FeedPublisher publisher(ledgers, feed, publishing);
  if (options.progress != nullptr) options.progress->start(sum_of(heads));
  while (!publisher.await(heads, kLook)) {
    if (options.stop.stop_requested()) return stopped();
    if (auto failure = publisher.failure()) return Failure{std::move(*failure)};
    if (options.progress != nullptr) options.progress->reach(sum_of(publisher.positions()));
  }
  if (options.progress != nullptr) options.progress->finish();
  return Done{};
}

}  // namespace

Stored<FeedRebuilt> rebuild_feed(const std::vector<Ledger*>& ledgers, Publisher& feed,
                                 const eventstore::FeedOptions& streams,
                                 const RebuildOptions& options) {
  auto heads = heads_of(ledgers);
  if (!heads) return Failure{std::move(heads).error()};
  FeedRebuilt rebuilt{std::move(heads).value(), 0};
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    const auto moved =
        renew(p, *ledgers[p], rebuilt.positions[p].commit, feed, streams, options.stop);
    if (!moved) return Failure{moved.error()};
    rebuilt.consumers += moved.value();
  }
  const auto published = publish(ledgers, feed, streams, rebuilt.positions, options);
  if (!published) return Failure{published.error()};
  return rebuilt;
}

}  // namespace cassette::replay
