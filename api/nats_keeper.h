// NatsKeeper: runs the embedded nats-server, and brings it back when it goes without being told to.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "api/settings.h"
#include "eventstore/nats_server.h"

namespace cassette::api {

class NatsKeeper {
 public:
  static eventstore::Stored<std::unique_ptr<NatsKeeper>> start(const UpSettings& settings);
  explicit NatsKeeper(std::unique_ptr<eventstore::NatsServer> server);
  // Ends the server. Whoever is connected to it must be gone.
  ~NatsKeeper();
  NatsKeeper(const NatsKeeper&) = delete;
  NatsKeeper& operator=(const NatsKeeper&) = delete;

  // The same for as long as it is kept.
  const eventstore::NatsEndpoint& endpoint() const { return endpoint_; }

 private:
  void keep();

  std::unique_ptr<eventstore::NatsServer> server_;
  const eventstore::NatsEndpoint endpoint_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace cassette::api
