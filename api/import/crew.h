// Crew: a handful of threads, each with a connection to the same server, that do many small tasks
// at once. Knows nothing of what the tasks are.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/http/client.h"

namespace cassette::api::importing {

struct Server {
  std::string url;                      // http://HOST:PORT
  std::shared_ptr<TokenSource> tokens;  // null: none
};

class Crew {
 public:
  // Does task `index`; gives what went wrong, if anything did.
  using Task = std::function<std::optional<std::string>(HttpClient& client, std::size_t index)>;
  using Tick = std::function<void(std::size_t done)>;

  Crew(const Server& server, std::size_t size);
  ~Crew();

  // Does the tasks 0 to count-1, in no order, and returns when all are done or, after the first
  // that went wrong, none is under way any more; gives what went wrong. Calls `tick` now and then
  // from the calling thread. One call at a time.
  std::optional<std::string> run(std::size_t count, const Task& task, const Tick& tick);

 private:
  void work(const Server& server);
  void do_tasks(HttpClient& client);

  std::mutex mutex_;
  std::condition_variable begun_;
  std::condition_variable ended_;
  std::uint64_t round_ = 0;
  bool stopping_ = false;
  std::size_t busy_ = 0;
  std::optional<std::string> error_;
  const Task* task_ = nullptr;
  std::size_t count_ = 0;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> done_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace cassette::api::importing
