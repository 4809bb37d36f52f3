// LiveSubscriber: a client that follows the live gateway through kills and restarts: it connects
// again wherever the gateway is, after the cursor of the last event that it has, and keeps all that
// comes. It checks nothing: the check is the test's, written apart.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/live_frames.h"
#include "tests/support/load.h"

namespace cassette::test {

struct SubscriberOptions {
  enum class Kind { Sse, Socket };

  Kind kind = Kind::Sse;
  std::string vendor_id;  // follows this vendor alone; empty: everything
  std::string after;      // the cursor to begin after
};

// Thread-safe. `endpoint`, the gateway's, outlives it.
class LiveSubscriber {
 public:
  LiveSubscriber(SubscriberOptions options, const Endpoint& endpoint);
  ~LiveSubscriber();
  LiveSubscriber(const LiveSubscriber&) = delete;
  LiveSubscriber& operator=(const LiveSubscriber&) = delete;

  // Waits until events of `count` different ids have come; false when it takes too long.
  bool await_distinct(std::size_t count, std::chrono::milliseconds limit);
  // The events, as CloudEvents in the order in which they came, repetitions included.
  std::vector<std::string> events() const;
  // How often it was let in.
  unsigned connections() const { return connections_; }
  // Why it was turned away last, in words, where it was.
  std::string refusal() const;

 private:
  class Connection;

  void run();
  void take(const LiveFrame& frame);
  std::string cursor() const;

  const SubscriberOptions options_;
  const Endpoint& endpoint_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
  std::set<std::string, std::less<>> ids_;
  std::string cursor_;
  std::string refusal_;
  std::atomic<unsigned> connections_{0};
  std::atomic<bool> ending_{false};
  std::thread thread_;  // last: it uses all above
};

}  // namespace cassette::test
