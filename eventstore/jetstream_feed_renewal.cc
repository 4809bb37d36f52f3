// Renewing a feed's stream. What its consumers are to go on with is kept in the bucket before the
// stream goes, so that being killed at any time loses none. A marker says how far the renewal is:
// prepared, the old stream may still be there; made, the new one is, and a consumer is made again
// once the stream has come to its place, since the server takes no place that is still to come.
#include <fmt/format.h>

#include <algorithm>

#include "eventstore/jetstream_publisher.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::eventstore {
namespace {

// A stream may lose its oldest message while it is looked for; nobody loses that many in a row.
constexpr int kMaxLooks = 10;

constexpr std::string_view kPrepared = "prepared";
constexpr std::string_view kMade = "made";

std::string marker_key(std::uint32_t partition) {
  return fmt::format("renewal.{}", partition);
}
std::string consumers_prefix(std::uint32_t partition) {
  return fmt::format("consumer.{}.", partition);
}
std::string position_key(std::uint32_t partition) {
  return fmt::format("position.{}", partition);
}

}  // namespace

Stored<std::vector<FeedConsumer>> JetStreamPublisher::consumers(std::uint32_t partition) {
  if (auto info = feed_stream_info(*link_, partition); !info) return Failure{info.error()};
  const auto known = known_consumers(*link_, partition);
  if (!known) return Failure{known.error()};
  std::vector<FeedConsumer> places;
  const auto add = [&](const std::string& name, std::uint64_t next) -> Stored<Done> {
    auto place = place_of(partition, name, next);
    if (!place) return Failure{place.error()};
    places.push_back(std::move(place).value());
    return Done{};
  };
  for (const KnownConsumer& one : known.value()) {
    if (auto added = add(one.name, one.acknowledged + 1); !added) return Failure{added.error()};
  }
  const auto kept = kept_consumers(partition);
  if (!kept) return Failure{kept.error()};
  for (const KeptConsumer& one : kept.value()) {
    if (std::ranges::find(places, one.name, &FeedConsumer::name) != places.end()) continue;
    if (auto added = add(one.name, one.start); !added) return Failure{added.error()};
  }
  return places;
}

Stored<FeedConsumer> JetStreamPublisher::place_of(std::uint32_t partition, const std::string& name,
                                                  std::uint64_t next) {
  for (int look = 0; look < kMaxLooks; ++look) {
    const auto info = feed_stream_info(*link_, partition);
    if (!info) return Failure{info.error()};
    const jsStreamState& stream = info.value()->State;
    next = std::max<std::uint64_t>(next, stream.FirstSeq);
    if (next > stream.LastSeq) return FeedConsumer{name, "", next - stream.LastSeq};
    auto message = event_at(partition, next);
    if (!message) return Failure{message.error()};
    if (message.value()) return FeedConsumer{name, std::move(message.value()->id), 0};
  }
  return Failure{StoreError{StoreError::Kind::Unavailable,
                            fmt::format("message {} of {}, which its consumer {} gets next, is "
                                        "neither there nor gone",
                                        next, feed_stream(partition), name)}};
}

Stored<Done> JetStreamPublisher::renew_stream(std::uint32_t partition, const FeedOptions& options,
                                              const std::map<std::string, std::uint64_t>& starts) {
  const auto marker = bucket_->get(marker_key(partition));
  if (!marker) return Failure{marker.error()};
  if (!marker.value()) {
    if (auto forgotten = forget_consumers(partition); !forgotten) return forgotten;
  }
  if (!marker.value() || marker.value()->value != kPrepared) {
    if (auto kept = keep_consumers(partition, starts); !kept) return kept;
  }
  return finish_renewal(partition, options);
}

// Those that a renewal before has not made yet stay kept: an event's number is the same in every
// stream that begins with the first.
Stored<Done> JetStreamPublisher::keep_consumers(
    std::uint32_t partition, const std::map<std::string, std::uint64_t>& starts) {
  auto known = known_consumers(*link_, partition);
  if (!known && known.error().kind != StoreError::Kind::Mismatch) return Failure{known.error()};
  const auto all = known ? std::move(known).value() : std::vector<KnownConsumer>();
  for (const KnownConsumer& one : all) {
    const auto start = starts.find(one.name);
    const KeptConsumer kept{one.name, one.config, start == starts.end() ? 0 : start->second};
    const auto put = bucket_->put(consumers_prefix(partition) + one.name, to_json(kept));
    if (!put) return Failure{put.error()};
  }
  const auto put = bucket_->put(marker_key(partition), kPrepared);
  if (!put) return Failure{put.error()};
  return Done{};
}

Stored<Done> JetStreamPublisher::finish_renewal(std::uint32_t partition,
                                                const FeedOptions& options) {
  if (auto gone = delete_feed_stream(*link_, partition); !gone) return gone;
  if (auto forgotten = bucket_->forget(position_key(partition)); !forgotten) return forgotten;
  if (auto made = ensure_feed_stream(*link_, partition, options); !made) return made;
  const auto put = bucket_->put(marker_key(partition), kMade);
  if (!put) return Failure{put.error()};
  return go_on_making_consumers(partition, 0);
}

Stored<Done> JetStreamPublisher::go_on_making_consumers(std::uint32_t partition,
                                                        std::uint64_t last_sequence) {
  auto kept = kept_consumers(partition);
  if (!kept) return Failure{kept.error()};
  {
    const std::lock_guard lock(mutex_);
    awaited_[partition] = std::move(kept).value();
  }
  return make_consumers(partition, last_sequence);
}

Stored<Done> JetStreamPublisher::make_consumers(std::uint32_t partition,
                                                std::uint64_t last_sequence) {
  std::vector<KeptConsumer>* awaited = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto found = awaited_.find(partition);
    if (found == awaited_.end()) return Done{};
    awaited = &found->second;
  }
  while (!awaited->empty()) {
    const auto next = std::ranges::min_element(*awaited, {}, &KeptConsumer::start);
    if (next->start > last_sequence + 1) return Done{};
    auto made = make_consumer(*link_, partition, next->name, next->config, next->start);
    if (!made) return made;
    auto forgotten = bucket_->forget(consumers_prefix(partition) + next->name);
    if (!forgotten) return forgotten;
    awaited->erase(next);
  }
  if (auto done = bucket_->forget(marker_key(partition)); !done) return done;
  const std::lock_guard lock(mutex_);
  awaited_.erase(partition);
  return Done{};
}

Stored<std::vector<KeptConsumer>> JetStreamPublisher::kept_consumers(std::uint32_t partition) {
  const auto keys = kept_keys(partition);
  if (!keys) return Failure{keys.error()};
  std::vector<KeptConsumer> all;
  for (const std::string& key : keys.value()) {
    const auto entry = bucket_->get(key);
    if (!entry) return Failure{entry.error()};
    KeptConsumer kept;
    if (!entry.value() || !read_json(entry.value()->value, kept)) {
      return Failure{StoreError{StoreError::Kind::Corrupt,
                                fmt::format("{} in {} is no consumer", key, kFeedBucket)}};
    }
    all.push_back(std::move(kept));
  }
  return all;
}

Stored<std::vector<std::string>> JetStreamPublisher::kept_keys(std::uint32_t partition) {
  auto keys = bucket_->keys();
  if (!keys) return keys;
  const std::string prefix = consumers_prefix(partition);
  std::erase_if(keys.value(), [&](const std::string& key) { return !key.starts_with(prefix); });
  return keys;
}

Stored<Done> JetStreamPublisher::forget_consumers(std::uint32_t partition) {
  const auto keys = kept_keys(partition);
  if (!keys) return Failure{keys.error()};
  for (const std::string& key : keys.value()) {
    if (auto forgotten = bucket_->forget(key); !forgotten) return forgotten;
  }
  return Done{};
}

Stored<Done> JetStreamPublisher::open_stream(std::uint32_t partition, const FeedOptions& options) {
  if (auto distrusted = link_->distrust()) return Failure{std::move(*distrusted)};
  const auto marker = bucket_->get(marker_key(partition));
  if (!marker) return Failure{marker.error()};
  if (marker.value() && marker.value()->value == kPrepared) {
    return finish_renewal(partition, options);
  }
  if (auto made = ensure_feed_stream(*link_, partition, options); !made) return made;
  if (!marker.value()) return Done{};
  const auto info = feed_stream_info(*link_, partition);
  if (!info) return Failure{info.error()};
  return go_on_making_consumers(partition, info.value()->State.LastSeq);
}

}  // namespace cassette::eventstore
