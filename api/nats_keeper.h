// NatsKeeper: runs the embedded nats-server, and brings it back when it goes without being told to.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "api/settings.h"
#include "eventstore/nats_server.h"

namespace cassette::api {

// How long to wait after so many failed restarts in a row, one or more: each is a process and a
// line in the log, and what is in the way may stay for long.
std::chrono::milliseconds pause_after(int failures);

class NatsKeeper {
 public:
  static eventstore::Stored<std::unique_ptr<NatsKeeper>> start(const UpSettings& settings);
  explicit NatsKeeper(std::unique_ptr<eventstore::NatsServer> server);
  // Ends the server. Whoever is connected to it must be gone.
  ~NatsKeeper();
  NatsKeeper(const NatsKeeper&) = delete;
  NatsKeeper& operator=(const NatsKeeper&) = delete;

  // From now on the server is also started anew when `must_restart` says so, asked ten times a
  // second: a server that could not write has to look at its store again. Once.
  void watch(std::function<bool()> must_restart);

  // The same for as long as it is kept.
  const eventstore::NatsEndpoint& endpoint() const { return endpoint_; }

 private:
  void keep();
  bool must_restart();
  // False when told to stop meanwhile.
  bool pause(std::chrono::milliseconds length);

  std::unique_ptr<eventstore::NatsServer> server_;
  const eventstore::NatsEndpoint endpoint_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::function<bool()> must_restart_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace cassette::api
