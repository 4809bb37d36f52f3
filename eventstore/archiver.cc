// Archiver: takes all that waits, folds it in one write, and again.
#include "eventstore/archiver.h"

#include <utility>

#include <spdlog/spdlog.h>

namespace cassette::eventstore {
namespace {

// Bodies of commits that may wait to be folded, in bytes: a few seconds of full load.
constexpr std::size_t kMaxWaitingBytes = 64 * 1024 * 1024;
// How long a commit waits for others, so that few large folds are written, and the bytes that wait
// for none. Memory keeps that much longer what is at rest.
constexpr std::chrono::milliseconds kGatherPatience{20};
constexpr std::size_t kGatherBytes = 1024 * 1024;
// Between two tries of a fold that failed.
constexpr std::chrono::milliseconds kRetryPause{500};

}  // namespace

Archiver::Archiver(Archive& archive, Wakeup& wakeup)
    : archive_(archive), wakeup_(wakeup), thread_([this] { run(); }) {}

Archiver::~Archiver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Archiver::has_room() const {
  return waiting_bytes_.load(std::memory_order_relaxed) < kMaxWaitingBytes;
}

void Archiver::give(std::shared_ptr<const AppendedCommit> commit, FoldPoint point) {
  const std::lock_guard lock(mutex_);
  waiting_bytes_ += commit->bytes();
  waiting_.push_back(std::move(commit));
  point_ = std::move(point);
  if (waiting_.size() == 1 || ripe()) changed_.notify_all();
}

bool Archiver::drain(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  ++draining_;
  changed_.notify_all();
  const bool drained =
      changed_.wait_for(lock, timeout, [this] { return waiting_.empty() && !folding_; });
  --draining_;
  return drained;
}

void Archiver::reset() {
  std::unique_lock lock(mutex_);
  ++epoch_;
  waiting_.clear();
  waiting_bytes_ = 0;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !folding_; });
}

std::optional<std::string> Archiver::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void Archiver::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    changed_.wait_for(lock, kGatherPatience, [this] { return stopping_ || ripe(); });
    if (stopping_) return;
    if (!waiting_.empty()) fold(lock);
  }
}

bool Archiver::ripe() const {
  return draining_ > 0 || waiting_bytes_ >= kGatherBytes || waiting_.empty();
}

void Archiver::fold(std::unique_lock<std::mutex>& lock) {
  const auto batch = std::exchange(waiting_, {});
  const FoldPoint point = point_;
  const std::uint64_t epoch = epoch_;
  std::size_t bytes = 0;
  for (const auto& commit : batch) bytes += commit->bytes();
  folding_ = true;
  while (!stopping_ && epoch_ == epoch) {
    lock.unlock();
    auto folded = archive_.fold_appended(batch, point);
    lock.lock();
    if (folded.ok()) {
      failure_.reset();
      break;
    }
    if (!failure_) spdlog::error("the archive can't be written: {}", folded.error().what);
    failure_ = folded.error().what;
    changed_.wait_for(lock, kRetryPause, [&] { return stopping_ || epoch_ != epoch; });
  }
  folding_ = false;
  if (epoch_ == epoch) waiting_bytes_ -= bytes;
  changed_.notify_all();
  wakeup_.notify();
}

}  // namespace cassette::eventstore
