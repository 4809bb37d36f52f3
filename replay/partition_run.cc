// The thread of one partition's audit.
#include "replay/partition_run.h"

#include <algorithm>

#include "eventstore/codec.h"

namespace cassette::replay {

using eventstore::StoredCommit;
using eventstore::StoreError;

namespace {

// Notes that are handed on together: each handing over takes a lock.
constexpr std::size_t kBatch = 64;
// Messages after one that can't be read which are asked for its hash: more void ones than ever
// stood between two commits.
constexpr std::uint64_t kLookAhead = 64;

}  // namespace

PartitionRun::PartitionRun(const PartitionTask& task, eventstore::Ledger& ledger)
    : ledger_(ledger),
      audit_(task.partition, task.partitions, task.judged_from, findings_.findings()),
      screen_(task.partitions, task.judged_from),
      source_(task.partition, ledger, task.end,
              [this](const StoredCommit& stored) { screen_.screen(stored); }) {
  if (!task.heads.empty()) heads_.emplace(task.partition, task.heads, findings_.findings());
  thread_ = std::thread([this] { run(); });
}

PartitionRun::~PartitionRun() {
  stop();
  join();
}

void PartitionRun::stop() {
  stopping_ = true;
  notes_.stop();
  source_.stop();
}

void PartitionRun::join() {
  if (thread_.joinable()) thread_.join();
}

bool PartitionRun::extend_to(std::uint64_t end) {
  const auto last = ledger_.last_sequence();
  return last.ok() && last.value() >= end && notes_.ask_for(end);
}

// ---- the thread

void PartitionRun::run() {
  bool complete = audit_all();
  while (complete && !ended_) {
    const auto more = notes_.await_more();
    if (!more) break;
    source_.extend_to(*more);
    complete = audit_all();
  }
  notes_.end();
  if (!complete) return;
  audit_.finish();
  if (heads_) heads_->finish(audit_.last_read());
  findings_.stamp(audit_.time());
}

bool PartitionRun::audit_all() {
  std::vector<Note> batch;
  bool failed = false;
  while (const SourceItem* item = source_.peek()) {
    batch.push_back(note_of(*item));
    findings_.stamp(audit_.time());
    if (const auto* error = std::get_if<StoreError>(&batch.back())) {
      ended_ = error->kind == StoreError::Kind::Corrupt;
      failed = !ended_;
    }
    source_.pop();
    if (batch.size() == kBatch && !notes_.put(std::exchange(batch, {}))) return false;
  }
  return (batch.empty() || notes_.put(std::move(batch))) && !failed;
}

Note PartitionRun::note_of(const SourceItem& item) {
  if (const auto* stored = std::get_if<StoredCommit>(&item)) {
    if (heads_) heads_->take(stored->position.commit, stored->hash);
    return audit_.check(*stored, screen_.take());
  }
  if (const auto* message = std::get_if<StrayMessage>(&item)) {
    audit_.check(*message);
    return StrayNote{message->sequence, message->bytes, message->why, audit_.whole()};
  }
  return note_of(std::get<StoreError>(item));
}

Note PartitionRun::note_of(const StoreError& error) {
  const std::uint64_t next = audit_.last_read() + 1;
  if (error.kind == StoreError::Kind::Unavailable && is_gone(next)) {
    return note_of(StoreError{StoreError::Kind::Corrupt, "is gone, and the ledger went on to " +
                                                             std::to_string(source_.end())});
  }
  if (error.kind == StoreError::Kind::Corrupt) audit_.check_hole(error.what);
  if (error.kind == StoreError::Kind::Unsupported && is_replaced(next)) {
    audit_.check_changed("was changed: what follows names another body, and it can't be read (" +
                         error.what + ")");
  }
  return error;
}

bool PartitionRun::is_gone(std::uint64_t sequence) {
  if (stopping_) return false;
  const auto message = ledger_.read(sequence);
  return message.ok() && !message.value();
}

bool PartitionRun::is_replaced(std::uint64_t sequence) {
  const auto unread = ledger_.read(sequence);
  if (!unread.ok() || !unread.value()) return false;
  const eventstore::Hash own = eventstore::hash_of(unread.value()->body);
  bool replaced = false;
  const std::uint64_t end = std::min(source_.end(), sequence + kLookAhead);
  for (std::uint64_t later = sequence + 1; later <= end; ++later) {
    const auto message = ledger_.read(later);
    if (!message.ok() || !message.value()) break;
    const std::string& body = message.value()->body;
    const auto prev = eventstore::prev_of(body);
    if (!prev || *prev == eventstore::Hash{}) continue;
    if (*prev == own) return false;
    replaced = replaced || !(audit_.holds(*prev) || audit_.holds(eventstore::hash_of(body)));
  }
  return replaced;
}

}  // namespace cassette::replay
