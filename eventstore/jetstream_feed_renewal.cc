// Renewing a feed's stream: what its consumers are to go on with is kept in the bucket before the
// stream goes, so that being killed in between loses none. The marker comes last and goes first
// of all once everything stands.
#include <fmt/format.h>

#include <algorithm>

#include "eventstore/jetstream_publisher.h"
#include "eventstore/json_read.h"
#include "eventstore/json_write.h"

namespace cassette::eventstore {
namespace {

// A stream may lose its oldest message while it is looked for; nobody loses that many in a row.
constexpr int kMaxLooks = 10;

struct KeptConsumer {
  std::string name;
  std::string config;  // JSON
  std::uint64_t start = 0;

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("config", self.config);
    visit("start", self.start);
  }
};

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
  for (const KnownConsumer& one : known.value()) {
    auto place = place_of(partition, one.name, one.acknowledged + 1);
    if (!place) return Failure{place.error()};
    places.push_back(std::move(place).value());
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
    if (auto kept = keep_consumers(partition, starts); !kept) return kept;
  }
  return finish_renewal(partition, options);
}

Stored<Done> JetStreamPublisher::keep_consumers(
    std::uint32_t partition, const std::map<std::string, std::uint64_t>& starts) {
  if (auto forgotten = forget_consumers(partition); !forgotten) return forgotten;
  auto known = known_consumers(*link_, partition);
  if (!known && known.error().kind != StoreError::Kind::Mismatch) return Failure{known.error()};
  if (known) {
    for (const KnownConsumer& one : known.value()) {
      const auto start = starts.find(one.name);
      const KeptConsumer kept{one.name, one.config, start == starts.end() ? 0 : start->second};
      const auto put = bucket_->put(consumers_prefix(partition) + one.name, to_json(kept));
      if (!put) return Failure{put.error()};
    }
  }
  const auto put = bucket_->put(marker_key(partition), "{}");
  if (!put) return Failure{put.error()};
  return Done{};
}

Stored<Done> JetStreamPublisher::finish_renewal(std::uint32_t partition,
                                                const FeedOptions& options) {
  if (auto gone = delete_feed_stream(*link_, partition); !gone) return gone;
  if (auto forgotten = bucket_->forget(position_key(partition)); !forgotten) return forgotten;
  if (auto made = ensure_feed_stream(*link_, partition, options); !made) return made;
  const auto keys = kept_consumers(partition);
  if (!keys) return Failure{keys.error()};
  for (const std::string& key : keys.value()) {
    const auto entry = bucket_->get(key);
    if (!entry) return Failure{entry.error()};
    KeptConsumer kept;
    if (!entry.value() || !read_json(entry.value()->value, kept)) {
      return Failure{StoreError{StoreError::Kind::Corrupt,
                                fmt::format("{} in {} is no consumer", key, kFeedBucket)}};
    }
    auto made = make_consumer(*link_, partition, kept.name, kept.config, kept.start);
    if (!made) return made;
  }
  if (auto done = bucket_->forget(marker_key(partition)); !done) return done;
  return forget_consumers(partition);
}

Stored<std::vector<std::string>> JetStreamPublisher::kept_consumers(std::uint32_t partition) {
  auto keys = bucket_->keys();
  if (!keys) return keys;
  const std::string prefix = consumers_prefix(partition);
  std::erase_if(keys.value(), [&](const std::string& key) { return !key.starts_with(prefix); });
  return keys;
}

Stored<Done> JetStreamPublisher::forget_consumers(std::uint32_t partition) {
  const auto keys = kept_consumers(partition);
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
  if (marker.value()) return finish_renewal(partition, options);
  return ensure_feed_stream(*link_, partition, options);
}

}  // namespace cassette::eventstore
