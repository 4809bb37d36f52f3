// The lanes together: how far they are, and who waits for that.
#include "projections/feed_publisher.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "projections/feed_lane.h"
#include "projections/public_event.h"

namespace cassette::projections {

using eventstore::FeedState;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;

Stored<std::optional<FeedEnd>> end_of_feed(std::uint32_t partition, const FeedState& state) {
  std::optional<FeedEnd> end;
  if (state.last) {
    const auto ref = parse_public_id(state.last->id);
    if (!ref || ref->position.partition != partition) {
      return Failure{StoreError{StoreError::Kind::Corrupt,
                                fmt::format("{} ends with {}, which is no event of the partition",
                                            eventstore::feed_stream(partition), state.last->id)}};
    }
    end = FeedEnd{*ref, state.last->commit_hash};
  }
  if (state.recorded && (!end || state.recorded->commit >= end->ref.position.commit)) {
    end = FeedEnd{{{partition, state.recorded->commit}, kWholeCommit}, state.recorded->hash};
  }
  return end;
}

FeedPublisher::FeedPublisher(const std::vector<eventstore::Ledger*>& ledgers,
                             eventstore::Publisher& feed, FeedPublisherOptions options)
    : options_(std::move(options)), commits_(ledgers.size()), failures_(ledgers.size()) {
  for (std::uint32_t p = 0; p < ledgers.size(); ++p) {
    LaneEvents events{[this, p](std::uint64_t commit) {
                        advance({p, commit});
                      },
                      [this, p](const StoreError& error) { fail(p, error); }};
    lanes_.push_back(std::make_unique<Lane>(p, *ledgers[p], feed, options_, std::move(events)));
  }
}

FeedPublisher::~FeedPublisher() {
  stop();
}

void FeedPublisher::stop() {
  for (const auto& lane : lanes_) lane->request_stop();
  lanes_.clear();
}

std::vector<Position> FeedPublisher::positions() const {
  const std::lock_guard lock(mutex_);
  std::vector<Position> all;
  for (std::uint32_t p = 0; p < commits_.size(); ++p) all.push_back({p, commits_[p]});
  return all;
}

bool FeedPublisher::await(std::span<const Position> wanted,
                          std::chrono::milliseconds timeout) const {
  const auto reached = [this](const Position& position) {
    return position.partition < commits_.size() && commits_[position.partition] >= position.commit;
  };
  const auto hopeless = [&](const Position& position) {
    return position.partition >= commits_.size() ||
           (!reached(position) && failures_[position.partition]);
  };
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [&] {
    return std::ranges::all_of(wanted, reached) || std::ranges::any_of(wanted, hopeless);
  });
  return std::ranges::all_of(wanted, reached);
}

std::optional<StoreError> FeedPublisher::failure() const {
  const std::lock_guard lock(mutex_);
  for (const auto& failure : failures_) {
    if (failure) return failure;
  }
  return std::nullopt;
}

void FeedPublisher::advance(const Position& position) {
  const std::lock_guard lock(mutex_);
  commits_[position.partition] = position.commit;
  changed_.notify_all();
}

void FeedPublisher::fail(std::uint32_t partition, const StoreError& error) {
  spdlog::error("the feed of partition {} has stopped: {}", partition, error.what);
  const std::lock_guard lock(mutex_);
  failures_[partition] = StoreError{
      error.kind, fmt::format("the feed of partition {} stands still: {}", partition, error.what)};
  changed_.notify_all();
}

}  // namespace cassette::projections
