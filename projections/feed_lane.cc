// A lane's sessions. Whatever goes wrong with the feed ends one, and the next one asks the feed
// anew what it holds: an unknown outcome is never guessed at.
#include "projections/feed_lane.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>

#include "eventstore/codec.h"
#include "projections/public_event.h"

namespace cassette::projections {

using eventstore::ChainHead;
using eventstore::Done;
using eventstore::FeedState;
using eventstore::Link;
using eventstore::Message;
using eventstore::Stored;
using eventstore::StoredCommit;
using eventstore::StoreError;

FeedPublisher::Lane::Lane(std::uint32_t partition, eventstore::Ledger& ledger,
                          eventstore::Publisher& feed, const FeedPublisherOptions& options,
                          LaneEvents events)
    : partition_(partition),
      ledger_(ledger),
      feed_(feed),
      options_(options),
      events_(std::move(events)),
      chain_(partition),
      pause_(options.min_pause),
      thread_([this](const std::stop_token& stop) {
        stop_ = stop;
        run();
      }) {}

void FeedPublisher::Lane::request_stop() {
  thread_.request_stop();
  const std::lock_guard lock(mutex_);
  if (active_ != nullptr) active_->interrupt();
}

Failure<FeedPublisher::Lane::Ended> FeedPublisher::Lane::of_feed(StoreError error) {
  return Failure{Ended{std::move(error), false}};
}

// What a ledger holds does not become better by asking again.
Failure<FeedPublisher::Lane::Ended> FeedPublisher::Lane::of_ledger(StoreError error) {
  const bool for_good =
      error.kind != StoreError::Kind::Unavailable && error.kind != StoreError::Kind::Full;
  return Failure{Ended{std::move(error), for_good}};
}

void FeedPublisher::Lane::run() {
  while (!stop_.stop_requested()) {
    const Outcome ended = session();
    if (ended) return;
    if (ended.error().for_good) return events_.failed(ended.error().error);
    complain(ended.error().error);
    pause();
  }
}

FeedPublisher::Lane::Outcome FeedPublisher::Lane::session() {
  if (auto resumed = resume(); !resumed) return resumed;
  auto opened = ledger_.follow(chain_.head().read + 1);
  if (!opened) return of_ledger(opened.error());
  const std::unique_ptr<eventstore::LedgerReader> reader = std::move(opened).value();
  {
    const std::lock_guard lock(mutex_);
    active_ = reader.get();
  }
  Outcome ended = follow(*reader);
  const std::lock_guard lock(mutex_);
  active_ = nullptr;
  return ended;
}

// ---- where to go on

FeedPublisher::Lane::Outcome FeedPublisher::Lane::resume() {
  const Stored<Done> opened = feed_.open_stream(partition_, options_.stream);
  if (!opened && opened.error().kind == StoreError::Kind::Mismatch) {
    return Failure{Ended{opened.error(), true}};
  }
  if (!opened) return of_feed(opened.error());
  const Stored<FeedState> state = feed_.state(partition_);
  if (!state) return of_feed(state.error());
  const auto end = end_of_feed(partition_, state.value());
  if (!end) return Failure{Ended{end.error(), true}};
  batch_ = {};
  unrecorded_ = 0;
  last_sequence_ = state.value().last_sequence;
  recorded_ = state.value().recorded ? state.value().recorded->commit : 0;
  if (end.value()) return go_on_in(*end.value());
  chain_ = eventstore::Chain(partition_);
  return Done{};
}

// The feed's last commit has to be the ledger's; what of it is not published comes first.
FeedPublisher::Lane::Outcome FeedPublisher::Lane::go_on_in(const FeedEnd& end) {
  const std::uint64_t commit = end.ref.position.commit;
  const ChainHead head{commit, commit, end.hash};
  if (auto same = eventstore::check_head(ledger_, head); !same) {
    StoreError error = same.error();
    error.what = fmt::format("feed and ledger of partition {} differ: {}", partition_, error.what);
    return of_ledger(std::move(error));
  }
  chain_ = eventstore::Chain(partition_, head);
  if (end.ref.index != kWholeCommit) {
    const auto message = ledger_.read(commit);
    if (!message) return of_ledger(message.error());
    if (!message.value())
      return of_ledger({StoreError::Kind::Unavailable, "a commit was not found"});
    auto decoded = eventstore::decode(message.value()->body);
    if (!decoded) {
      return of_ledger({StoreError::Kind::Unsupported,
                        fmt::format("commit {}: {}", eventstore::format(end.ref.position),
                                    decoded.error().what)});
    }
    add({end.ref.position, end.hash, message.value()->body.size(), std::move(decoded).value()},
        end.ref.index);
  }
  return publish();
}

// ---- going on

FeedPublisher::Lane::Outcome FeedPublisher::Lane::follow(eventstore::LedgerReader& reader) {
  while (!stop_.stop_requested()) {
    auto messages = reader.next(options_.idle);
    if (!messages && messages.error().kind == StoreError::Kind::Unavailable) {
      complain(messages.error());
      pause();
      continue;
    }
    if (!messages) return of_ledger(messages.error());
    for (const Message& message : messages.value()) {
      if (stop_.stop_requested()) break;
      if (auto taken = take(message); !taken) return taken;
    }
    if (auto published = publish(); !published) return published;
    const bool idle = messages.value().empty();
    if (auto noted = record(idle ? 0 : options_.record_every); !noted) return noted;
  }
  return record(0);
}

FeedPublisher::Lane::Outcome FeedPublisher::Lane::take(const Message& message) {
  if (message.sequence <= chain_.head().read) return Done{};
  Stored<Link> link = chain_.accept(message);
  if (!link) return of_ledger(link.error());
  const auto* commit = std::get_if<StoredCommit>(&link.value());
  if (commit == nullptr) return Done{};  // void: the projector says so
  add(*commit, std::nullopt);
  const bool full =
      batch_.bytes >= kMaxFeedBatchBytes || batch_.messages.size() >= kMaxFeedBatchMessages;
  return full ? publish() : Outcome(Done{});
}

void FeedPublisher::Lane::add(const StoredCommit& commit, std::optional<std::uint32_t> after) {
  for (PublicEvent& event : after ? public_events(commit, *after) : public_events(commit)) {
    batch_.bytes += event.body.size();
    batch_.messages.push_back(
        {std::move(event.subject), std::move(event.id), std::move(event.body), commit.hash});
  }
}

FeedPublisher::Lane::Outcome FeedPublisher::Lane::publish() {
  if (!batch_.messages.empty()) {
    auto stored = feed_.publish(partition_, last_sequence_, batch_.messages);
    if (!stored) return of_feed(stored.error());
    last_sequence_ += batch_.messages.size();
    batch_ = {};
  }
  ++unrecorded_;
  if (!silent_) spdlog::info("partition {} is published again", partition_);
  silent_ = true;
  pause_ = options_.min_pause;
  events_.published(chain_.head().commit);
  return Done{};
}

FeedPublisher::Lane::Outcome FeedPublisher::Lane::record(std::uint32_t after_batches) {
  const ChainHead& head = chain_.head();
  if (head.commit == recorded_ || unrecorded_ < after_batches) return Done{};
  auto noted = feed_.record(partition_, last_sequence_, {head.commit, head.hash});
  if (!noted) return of_feed(noted.error());
  recorded_ = head.commit;
  unrecorded_ = 0;
  return Done{};
}

// ---- when it can't go on

void FeedPublisher::Lane::complain(const StoreError& error) {
  if (silent_) spdlog::warn("the feed of partition {} waits: {}", partition_, error.what);
  silent_ = false;
}

void FeedPublisher::Lane::pause() {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop_, pause_, [] { return false; });
  pause_ = std::min(pause_ * 2, options_.max_pause);
}

}  // namespace cassette::projections
