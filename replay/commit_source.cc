// The reading thread, and the handing over in batches.
#include "replay/commit_source.h"

#include "eventstore/codec.h"
#include "replay/read_messages.h"

namespace cassette::replay {

using eventstore::Message;
using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// Bodies read ahead of the audit, in bytes; their commits take about four times as much.
constexpr std::size_t kAheadBytes = 16 << 20;

StrayMessage stray(const Message& message, std::string why) {
  StrayMessage found{message.sequence, std::move(why), message.body.size(), {}, {}};
  auto decoded = eventstore::decode(message.body);
  if (!decoded.ok()) return found;
  found.commit = std::move(decoded).value();
  found.hash = eventstore::hash_of(message.body);
  return found;
}

}  // namespace

CommitSource::CommitSource(std::uint32_t partition, eventstore::Ledger& ledger, std::uint64_t end,
                           Look look)
    : partition_(partition), ledger_(ledger), end_(end), look_(std::move(look)), thread_([this] {
        run();
      }) {}

CommitSource::~CommitSource() {
  stop();
  thread_.join();
}

void CommitSource::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (active_ != nullptr) active_->interrupt();
  changed_.notify_all();
}

// ---- the reading thread

void CommitSource::run() {
  auto opened = ledger_.follow(1);
  if (!opened.ok()) return fail(std::move(opened).error());
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    active_ = opened.value().get();
  }
  follow(*opened.value());
  const std::lock_guard lock(mutex_);
  active_ = nullptr;
}

void CommitSource::follow(eventstore::LedgerReader& reader) {
  eventstore::Chain chain(partition_);
  while (true) {
    auto messages = reader.next(kLedgerPoll);
    std::size_t bytes = 0;
    Batch batch;
    if (messages.ok()) {
      for (const Message& message : messages.value()) bytes += message.body.size();
      batch = accepted(chain, messages.value());
    }
    const bool last = !batch.empty() && std::holds_alternative<StoreError>(batch.back());
    if (!hand_on(std::move(batch), bytes) || last) return;
  }
}

CommitSource::Batch CommitSource::accepted(eventstore::Chain& chain,
                                           const std::vector<Message>& messages) {
  Batch batch;
  batch.reserve(messages.size());
  for (const Message& message : messages) {
    auto link = chain.accept(message);
    if (!link.ok()) {
      batch.emplace_back(std::move(link).error());
      break;
    }
    if (auto* commit = std::get_if<StoredCommit>(&link.value())) {
      if (look_) look_(*commit);
      batch.emplace_back(std::move(*commit));
    } else {
      batch.emplace_back(
          stray(message, std::move(std::get<eventstore::VoidMessage>(link.value()).why)));
    }
  }
  return batch;
}

bool CommitSource::hand_on(Batch batch, std::size_t bytes) {
  std::unique_lock lock(mutex_);
  if (!batch.empty()) {
    waiting_.emplace_back(std::move(batch), bytes);
    waiting_bytes_ += bytes;
    changed_.notify_all();
  }
  changed_.wait(lock, [this] { return stopping_ || waiting_bytes_ < kAheadBytes; });
  return !stopping_;
}

void CommitSource::fail(StoreError error) {
  Batch batch;
  batch.emplace_back(std::move(error));
  hand_on(std::move(batch), 0);
}

// ---- the taking thread

SourceItem* CommitSource::peek() {
  if (failed_ || reached_ >= end_) return nullptr;
  if (next_ == taken_.size()) refill();
  return &taken_[next_];
}

void CommitSource::pop() {
  const SourceItem& item = taken_[next_];
  failed_ = std::holds_alternative<StoreError>(item);
  reached_ = sequence_of(item, reached_);
  ++next_;
}

void CommitSource::refill() {
  taken_.clear();
  next_ = 0;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kLedgerPoll * kMaxSilentPolls,
                    [this] { return stopping_ || !waiting_.empty(); });
  if (stopping_) {
    taken_.emplace_back(StoreError{StoreError::Kind::Unavailable, "reading was stopped"});
    return;
  }
  if (waiting_.empty()) {
    taken_.emplace_back(StoreError{
        StoreError::Kind::Unavailable,
        "message " + eventstore::format(eventstore::Position{partition_, reached_ + 1}) +
            " does not come, though the ledger ends with message " + std::to_string(end_)});
    return;
  }
  taken_ = std::move(waiting_.front().first);
  waiting_bytes_ -= waiting_.front().second;
  waiting_.pop_front();
  changed_.notify_all();
}

bool CommitSource::extend_to(std::uint64_t end) {
  if (failed_) return false;
  const auto last = ledger_.last_sequence();
  if (!last.ok() || last.value() < end) return false;
  end_ = std::max(end_, end);
  return true;
}

std::uint64_t sequence_of(const SourceItem& item, std::uint64_t last) {
  if (const auto* commit = std::get_if<StoredCommit>(&item)) return commit->position.commit;
  if (const auto* message = std::get_if<StrayMessage>(&item)) return message->sequence;
  return last + 1;
}

}  // namespace cassette::replay
