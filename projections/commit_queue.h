// CommitQueue: carries commits from the threads that read ledgers to the one that folds. Bounded in
// bytes, so that reading can't run away from folding; each partition's commits stay in order. It
// hands them out in batches, and lets one gather for a moment while nobody is in a hurry.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::projections {

struct GatherOptions {
  std::uint64_t max_bytes = 0;            // of bodies in a batch, but for its last commit
  std::chrono::microseconds patience{0};  // the longest that a commit waits for more to come
  std::function<bool()> hurried;          // whether somebody waits for what is folded; never blocks
};

// Thread-safe; one thread takes.
class CommitQueue {
 public:
  using Clock = std::chrono::steady_clock;

  CommitQueue(std::uint64_t max_bytes, GatherOptions gather)
      : max_bytes_(max_bytes), gather_(std::move(gather)) {}

  // Waits while the queue is full. False once it is ended or closed: the commit is dropped.
  bool push(eventstore::StoredCommit commit) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || error_ || bytes_ < max_bytes_; });
    if (closed_ || error_) return false;
    const bool was_empty = commits_.empty();
    if (was_empty) oldest_ = Clock::now();
    bytes_ += commit.bytes;
    commits_.push_back(std::move(commit));
    if (was_empty || ripe()) changed_.notify_all();
    return true;
  }

  // Waits for a commit, lets more gather, and takes a batch. Empty once the queue is closed, or was
  // ended and holds nothing more.
  std::deque<eventstore::StoredCommit> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || error_ || !commits_.empty(); });
    changed_.wait_until(lock, oldest_ + gather_.patience,
                        [&] { return closed_ || error_ || ripe(); });
    if (closed_) return {};
    std::deque<eventstore::StoredCommit> batch;
    std::uint64_t bytes = 0;
    while (!commits_.empty() && bytes < gather_.max_bytes) {
      bytes += commits_.front().bytes;
      batch.push_back(std::move(commits_.front()));
      commits_.pop_front();
    }
    bytes_ -= bytes;
    changed_.notify_all();
    return batch;
  }

  // Somebody waits now: what is gathering is taken at once.
  void hurry() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  // Waits for `pause`, or until the queue is closed: then true.
  bool closed_within(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, pause, [&] { return closed_; });
  }

  // No more can come, for this reason; what was pushed before is still taken. The first one counts.
  void end(eventstore::StoreError error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    changed_.notify_all();
  }
  std::optional<eventstore::StoreError> error() {
    const std::lock_guard lock(mutex_);
    return error_;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  bool ripe() const { return bytes_ >= gather_.max_bytes || gather_.hurried(); }

  const std::uint64_t max_bytes_;
  const GatherOptions gather_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<eventstore::StoredCommit> commits_;
  std::uint64_t bytes_ = 0;
  Clock::time_point oldest_;  // when the queue was last empty no more
  std::optional<eventstore::StoreError> error_;
  bool closed_ = false;
};

}  // namespace cassette::projections
