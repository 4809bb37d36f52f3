// Purge queue: a round is all that waits. What could not be told goes back into the queue.
#include "api/purge_queue.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

namespace cassette::api {

using std::chrono::duration_cast;
using std::chrono::microseconds;

PurgeQueue::PurgeQueue(std::unique_ptr<CacheSink> sink, Options options)
    : options_(options), sink_(std::move(sink)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

PurgeQueue::~PurgeQueue() {
  stop();
}

void PurgeQueue::add(std::span<const std::string> paths) {
  if (paths.empty()) return;
  const std::lock_guard lock(mutex_);
  take_in({{paths.begin(), paths.end()}, false, Clock::now()});
  something_.notify_one();
}

void PurgeQueue::add_everything() {
  const std::lock_guard lock(mutex_);
  take_in({{}, true, Clock::now()});
  something_.notify_one();
}

void PurgeQueue::take_in(Waiting&& more) {
  waiting_.since = waiting_.empty() ? more.since : std::min(waiting_.since, more.since);
  const bool everything = waiting_.everything || more.everything;
  const bool overflows =
      !everything && waiting_.paths.size() + more.paths.size() > options_.max_waiting;
  if (overflows) ++figures_.overflows;
  waiting_.everything = everything || overflows;
  if (waiting_.everything) {
    waiting_.paths.clear();
    return;
  }
  std::ranges::move(more.paths, std::back_inserter(waiting_.paths));
}

void PurgeQueue::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

PurgeFigures PurgeQueue::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

void PurgeQueue::run(const std::stop_token& stop) {
  auto pause = options_.first_pause;
  std::unique_lock lock(mutex_);
  while (true) {
    something_.wait(lock, stop, [this] { return !waiting_.empty(); });
    if (waiting_.empty()) return;
    Waiting round = std::exchange(waiting_, {});
    lock.unlock();
    const bool told = tell(round);
    lock.lock();
    if (told) {
      pause = options_.first_pause;
      continue;
    }
    if (stop.stop_requested()) return;
    take_in(std::move(round));
    something_.wait_for(lock, stop, pause, [] { return false; });
    pause = std::min(2 * pause, options_.longest_pause);
  }
}

bool PurgeQueue::tell(Waiting& round) {
  std::ranges::sort(round.paths);
  const auto repeated = std::ranges::unique(round.paths);
  round.paths.erase(repeated.begin(), repeated.end());
  const auto told = round.everything ? sink_->purge_all() : sink_->purge(round.paths);
  const auto lag = duration_cast<microseconds>(Clock::now() - round.since);
  const std::lock_guard lock(mutex_);
  if (!told) {
    if (figures_.failures++ == 0) spdlog::warn("a cache keeps what is over: {}", told.error().what);
    return false;
  }
  ++figures_.rounds;
  figures_.paths += round.paths.size();
  figures_.everything += round.everything ? 1 : 0;
  figures_.last_lag = lag;
  figures_.max_lag = std::max(figures_.max_lag, lag);
  figures_.total_lag += lag;
  return true;
}

}  // namespace cassette::api
