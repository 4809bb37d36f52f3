// Crew: rounds of tasks behind a condition variable; a round's tasks are handed out by a counter.
#include "api/import/crew.h"

#include <chrono>

namespace cassette::api::importing {

// How often progress is shown.
constexpr std::chrono::milliseconds kTickInterval{100};

Crew::Crew(const Server& server, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    threads_.emplace_back([this, server] { work(server); });
  }
}

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  begun_.notify_all();
}

std::optional<std::string> Crew::run(std::size_t count, const Task& task, const Tick& tick) {
  std::unique_lock lock(mutex_);
  error_.reset();
  task_ = &task;
  count_ = count;
  next_ = 0;
  done_ = 0;
  busy_ = threads_.size();
  ++round_;
  begun_.notify_all();
  while (!ended_.wait_for(lock, kTickInterval, [this] { return busy_ == 0; })) tick(done_);
  return error_;
}

void Crew::work(const Server& server) {
  HttpClient client(server.url, server.tokens);
  std::uint64_t seen = 0;
  for (;;) {
    std::unique_lock lock(mutex_);
    begun_.wait(lock, [&] { return stopping_ || round_ != seen; });
    if (stopping_) return;
    seen = round_;
    lock.unlock();
    do_tasks(client);
    lock.lock();
    if (--busy_ == 0) ended_.notify_one();
  }
}

void Crew::do_tasks(HttpClient& client) {
  for (std::size_t index = next_++; index < count_; index = next_++) {
    std::optional<std::string> error = (*task_)(client, index);
    ++done_;
    if (!error) continue;
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    next_ = count_;
    return;
  }
}

}  // namespace cassette::api::importing
