// Handing over, and the few words that both threads say to each other.
#include "replay/note_queue.h"

namespace cassette::replay {
namespace {

// Notes of one partition that may wait for those of another: a commit that has seen another
// partition's waits for it, and threads run as they are let.
constexpr std::size_t kMaxWaiting = 8'192;

}  // namespace

// ---- the putting thread

bool NoteQueue::put(std::vector<Note> batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_ || waiting_notes_ < kMaxWaiting; });
  if (stopped_) return false;
  waiting_notes_ += batch.size();
  waiting_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

std::optional<std::uint64_t> NoteQueue::await_more() {
  std::unique_lock lock(mutex_);
  at_end_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return stopped_ || finished_ || asked_for_ > 0; });
  if (stopped_ || finished_) return std::nullopt;
  at_end_ = false;
  return std::exchange(asked_for_, 0);
}

void NoteQueue::end() {
  const std::lock_guard lock(mutex_);
  at_end_ = ended_ = true;
  changed_.notify_all();
}

// ---- the taking thread

Note* NoteQueue::peek() {
  if (next_ < taken_.size()) return &taken_[next_];
  taken_.clear();
  next_ = 0;
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [this] { return stopped_ || !waiting_.empty() || (at_end_ && asked_for_ == 0); });
  if (waiting_.empty()) return nullptr;
  taken_ = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_notes_ -= taken_.size();
  changed_.notify_all();
  return taken_.data();
}

bool NoteQueue::ask_for(std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  if (ended_ || stopped_ || finished_) return false;
  asked_for_ = end;
  changed_.notify_all();
  return true;
}

void NoteQueue::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

void NoteQueue::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace cassette::replay
