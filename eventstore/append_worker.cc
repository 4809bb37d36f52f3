// AppendWorker: one job at a time, on a thread of its own.
#include "eventstore/append_worker.h"

#include <utility>

#include "domain/check.h"

namespace cassette::eventstore {

AppendWorker::AppendWorker(Ledger& ledger, Wakeup& wakeup, std::chrono::milliseconds timeout)
    : ledger_(ledger), wakeup_(wakeup), timeout_(timeout), thread_([this] { run(); }) {}

AppendWorker::~AppendWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  given_.notify_one();
  thread_.join();
}

void AppendWorker::start(AppendJob job) {
  CHECK(!busy_);
  busy_ = true;
  {
    const std::lock_guard lock(mutex_);
    job_ = std::move(job);
  }
  given_.notify_one();
}

std::optional<AppendDone> AppendWorker::poll() {
  if (!has_finished()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  busy_ = false;
  finished_.store(false, std::memory_order_release);
  return std::exchange(done_, std::nullopt);
}

void AppendWorker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    given_.wait(lock, [this] { return stopping_ || job_.has_value(); });
    if (stopping_) return;
    AppendJob job = std::move(*job_);
    job_.reset();
    lock.unlock();
    AppendDone done = perform(std::move(job));
    lock.lock();
    done_ = std::move(done);
    finished_.store(true, std::memory_order_release);
    wakeup_.notify();
  }
}

AppendDone AppendWorker::perform(AppendJob job) {
  AppendDone done;
  if (job.body) {
    done.result = ledger_.append(job.expected_last, *job.body, job.addressed, timeout_);
  } else if (auto last = ledger_.last_sequence(); last.ok()) {
    done.result.outcome = AppendOutcome::Stored;
    done.last_sequence = last.value();
  } else {
    done.result = {AppendOutcome::Unknown, last.error().what};
  }
  done.job = std::move(job);
  return done;
}

}  // namespace cassette::eventstore
