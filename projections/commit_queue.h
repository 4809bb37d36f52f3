// CommitQueue: carries commits from the threads that read ledgers to the one that folds. Bounded in
// bytes, so that reading can't run away from folding; each partition's commits stay in order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "eventstore/commit.h"
#include "eventstore/store_error.h"

namespace cassette::projections {

// Thread-safe; one thread takes.
class CommitQueue {
 public:
  explicit CommitQueue(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // Waits while the queue is full. False once it is ended or closed: the commit is dropped.
  bool push(eventstore::StoredCommit commit) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || error_ || bytes_ < max_bytes_; });
    if (closed_ || error_) return false;
    bytes_ += commit.bytes;
    commits_.push_back(std::move(commit));
    changed_.notify_all();
    return true;
  }

  // Waits for a commit and takes what is there. Empty once the queue is closed, or was ended and
  // holds nothing more.
  std::deque<eventstore::StoredCommit> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || error_ || !commits_.empty(); });
    if (closed_) return {};
    bytes_ = 0;
    changed_.notify_all();
    return std::exchange(commits_, {});
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
  const std::uint64_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<eventstore::StoredCommit> commits_;
  std::uint64_t bytes_ = 0;
  std::optional<eventstore::StoreError> error_;
  bool closed_ = false;
};

}  // namespace cassette::projections
