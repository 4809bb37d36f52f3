// MemoryPublisher: a deque a stream, whose front is the oldest message.
#include "eventstore/memory_publisher.h"

#include <algorithm>

namespace cassette::eventstore {
namespace {

Failure<StoreError> down() {
  return Failure{StoreError{StoreError::Kind::Unavailable, "the feed's server is down"}};
}

Failure<StoreError> no_stream(std::uint32_t partition) {
  return Failure{
      StoreError{StoreError::Kind::Mismatch, "there is no stream " + feed_stream(partition)}};
}

}  // namespace

MemoryPublisher::Stream* MemoryPublisher::find(std::uint32_t partition) {
  const auto found = streams_.find(partition);
  return found == streams_.end() ? nullptr : &found->second;
}

Stored<Done> MemoryPublisher::open_stream(std::uint32_t partition, const FeedOptions& options) {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  Stream& stream = streams_[partition];
  if (stream.created == 0) stream.created = ++created_;
  stream.options = options;
  return Done{};
}

Stored<FeedState> MemoryPublisher::state(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  const Stream* stream = find(partition);
  if (stream == nullptr) return no_stream(partition);
  FeedState state{stream->last, {}, {}};
  if (!stream->messages.empty()) {
    state.last = FeedLast{stream->messages.back().id, stream->messages.back().commit_hash};
  }
  const auto record = records_.find(partition);
  const bool told = record != records_.end() && record->second.created == stream->created &&
                    record->second.last <= stream->last;
  if (told) state.recorded = record->second.point;
  return state;
}

Stored<Done> MemoryPublisher::publish(std::uint32_t partition, std::uint64_t expected_last,
                                      std::span<const FeedMessage> messages) {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  Stream* stream = find(partition);
  if (stream == nullptr) return no_stream(partition);
  if (stream->last != expected_last) {
    return Failure{StoreError{StoreError::Kind::Conflict,
                              "the last sequence is " + std::to_string(stream->last)}};
  }
  stream->messages.insert(stream->messages.end(), messages.begin(), messages.end());
  stream->last += messages.size();
  return Done{};
}

Stored<Done> MemoryPublisher::record(std::uint32_t partition, std::uint64_t last_sequence,
                                     const FeedPoint& point) {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  const Stream* stream = find(partition);
  if (stream == nullptr) return no_stream(partition);
  records_[partition] = {point, last_sequence, stream->created};
  return Done{};
}

Stored<std::vector<FeedConsumer>> MemoryPublisher::consumers(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  const Stream* stream = find(partition);
  if (stream == nullptr) return no_stream(partition);
  const std::uint64_t first = stream->last - stream->messages.size() + 1;
  std::vector<FeedConsumer> all;
  for (const auto& [name, acknowledged] : stream->acknowledged) {
    const std::uint64_t next = std::max(acknowledged + 1, first);
    if (next <= stream->last) {
      all.push_back({name, stream->messages[next - first].id, 0});
    } else {
      all.push_back({name, "", next - stream->last});
    }
  }
  return all;
}

Stored<Done> MemoryPublisher::renew_stream(std::uint32_t partition, const FeedOptions& options,
                                           const std::map<std::string, std::uint64_t>& starts) {
  const std::lock_guard lock(mutex_);
  if (down_) return down();
  Stream renewed{.created = ++created_, .options = options, .messages = {}, .acknowledged = {}};
  if (const Stream* old = find(partition)) {
    for (const auto& [name, acknowledged] : old->acknowledged) {
      const auto start = starts.find(name);
      renewed.acknowledged[name] = start == starts.end() ? 0 : start->second - 1;
    }
  }
  records_.erase(partition);
  streams_[partition] = std::move(renewed);
  return Done{};
}

void MemoryPublisher::set_consumer(std::uint32_t partition, const std::string& name,
                                   std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  streams_.at(partition).acknowledged[name] = sequence;
}

std::uint64_t MemoryPublisher::next_of(std::uint32_t partition, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return at(partition).acknowledged.at(name) + 1;
}

std::vector<FeedMessage> MemoryPublisher::held(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(partition);
  if (found == streams_.end()) return {};
  return {found->second.messages.begin(), found->second.messages.end()};
}

FeedOptions MemoryPublisher::options(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  return at(partition).options;
}

void MemoryPublisher::set_down(bool down) {
  const std::lock_guard lock(mutex_);
  down_ = down;
}

void MemoryPublisher::expire(std::uint32_t partition, std::size_t count) {
  const std::lock_guard lock(mutex_);
  auto& messages = streams_.at(partition).messages;
  const auto gone = static_cast<std::ptrdiff_t>(std::min(count, messages.size()));
  messages.erase(messages.begin(), messages.begin() + gone);
}

void MemoryPublisher::lose(std::uint32_t partition, std::size_t count) {
  const std::lock_guard lock(mutex_);
  Stream& stream = streams_.at(partition);
  const std::size_t gone = std::min(count, stream.messages.size());
  stream.messages.resize(stream.messages.size() - gone);
  stream.last -= gone;
}

void MemoryPublisher::remove(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  streams_.erase(partition);
}

}  // namespace cassette::eventstore
