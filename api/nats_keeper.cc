// NatsKeeper: one thread that waits for the server's end.
#include "api/nats_keeper.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "api/ledger_access.h"

namespace cassette::api {
namespace {

// How soon an order to stop is noticed.
constexpr std::chrono::milliseconds kLook{100};

}  // namespace

eventstore::Stored<std::unique_ptr<NatsKeeper>> NatsKeeper::start(const UpSettings& settings) {
  eventstore::NatsServerOptions options;
  options.folder = nats_folder(settings.ledger);
  options.sync_always = settings.durability != eventstore::Durability::Relaxed;
  auto server = eventstore::NatsServer::start(options);
  if (!server.ok()) return Failure{server.error()};
  return std::unique_ptr<NatsKeeper>(std::make_unique<NatsKeeper>(std::move(server).value()));
}

NatsKeeper::NatsKeeper(std::unique_ptr<eventstore::NatsServer> server)
    : server_(std::move(server)), endpoint_(server_->endpoint()), thread_([this] { keep(); }) {}

NatsKeeper::~NatsKeeper() {
  stopping_ = true;
  thread_.join();
  server_->stop();
}

void NatsKeeper::watch(std::function<bool()> must_restart) {
  const std::lock_guard lock(mutex_);
  must_restart_ = std::move(must_restart);
}

bool NatsKeeper::must_restart() {
  const std::lock_guard lock(mutex_);
  return must_restart_ && must_restart_();
}

void NatsKeeper::keep() {
  while (!stopping_) {
    const bool gone = server_->await_exit(kLook);
    if (!gone && !must_restart()) continue;
    spdlog::error("the embedded nats-server {}; starting it again",
                  gone ? "has gone" : "could not write");
    if (auto restarted = server_->restart(); !restarted.ok()) {
      spdlog::error("the embedded nats-server does not come back: {}", restarted.error().what);
    }
  }
}

}  // namespace cassette::api
