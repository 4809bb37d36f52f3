// PurgeQueue: what one cache is still to be told, and the thread that tells it. Whoever adds never
// waits: past a bound the cache is told to forget everything.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "api/cache_sink.h"

namespace cassette::api {

// What was told since the start.
struct PurgeFigures {
  std::uint64_t paths = 0;       // each once a round, however often it was added
  std::uint64_t rounds = 0;      // each tells all that waited
  std::uint64_t everything = 0;  // rounds that told the cache to forget all
  std::uint64_t overflows = 0;   // times that too much waited
  std::uint64_t failures = 0;    // tries that the cache could not be told at
  // From when the oldest of a round was added until the cache was told.
  std::chrono::microseconds last_lag{0};
  std::chrono::microseconds max_lag{0};
  std::chrono::microseconds total_lag{0};  // over `rounds`
};

// Thread-safe.
class PurgeQueue {
 public:
  struct Options {
    // Paths that wait, some 64 bytes each: a full stock sync of many vendors, and little memory.
    std::size_t max_waiting = 65'536;
    // Before a cache that could not be told is tried again; twice as long each time.
    std::chrono::milliseconds first_pause{100};
    std::chrono::milliseconds longest_pause{10'000};
  };

  explicit PurgeQueue(std::unique_ptr<CacheSink> sink) : PurgeQueue(std::move(sink), Options()) {}
  PurgeQueue(std::unique_ptr<CacheSink> sink, Options options);
  ~PurgeQueue();
  PurgeQueue(const PurgeQueue&) = delete;
  PurgeQueue& operator=(const PurgeQueue&) = delete;

  // Neither blocks for longer than another of them.
  void add(std::span<const std::string> paths);
  void add_everything();

  // Tells once more what waits, and ends the thread. Blocks for that. Twice is no error.
  void stop();

  PurgeFigures figures() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Waiting {
    std::vector<std::string> paths;
    bool everything = false;
    Clock::time_point since{};  // of the oldest

    bool empty() const { return paths.empty() && !everything; }
  };

  void take_in(Waiting&& more);  // under the lock
  void run(const std::stop_token& stop);
  bool tell(Waiting& round);

  const Options options_;
  const std::unique_ptr<CacheSink> sink_;
  mutable std::mutex mutex_;
  std::condition_variable_any something_;
  Waiting waiting_;
  PurgeFigures figures_;
  std::jthread thread_;
};

}  // namespace cassette::api
