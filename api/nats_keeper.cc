// NatsKeeper: one thread that waits for the server's end.
#include "api/nats_keeper.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "api/ledger_access.h"

namespace cassette::api {
namespace {

// How soon an order to stop is noticed.
constexpr std::chrono::milliseconds kLook{100};
// After the first failed restart, doubled with each that follows, and the longest.
constexpr std::chrono::milliseconds kFirstPause{250};
constexpr std::chrono::milliseconds kLongestPause{10'000};

}  // namespace

std::chrono::milliseconds pause_after(int failures) {
  std::chrono::milliseconds length = kFirstPause;
  for (int i = 1; i < failures && length < kLongestPause; ++i) length *= 2;
  return std::min(length, kLongestPause);
}

eventstore::Stored<std::unique_ptr<NatsKeeper>> NatsKeeper::start(const UpSettings& settings) {
  auto options = embedded_server(settings.ledger);
  if (!options.ok()) return Failure{options.error()};
  options.value().sync_always = settings.durability != eventstore::Durability::Relaxed;
  auto server = eventstore::NatsServer::start(options.value());
  if (!server.ok()) return Failure{server.error()};
  return std::unique_ptr<NatsKeeper>(std::make_unique<NatsKeeper>(std::move(server).value()));
}

NatsKeeper::NatsKeeper(std::unique_ptr<eventstore::NatsServer> server)
    : server_(std::move(server)), endpoint_(server_->endpoint()), thread_([this] { keep(); }) {}

NatsKeeper::~NatsKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
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

bool NatsKeeper::pause(std::chrono::milliseconds length) {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, length, [this] { return stopping_.load(); });
}

void NatsKeeper::keep() {
  int failures = 0;
  while (!stopping_) {
    const bool gone = server_->await_exit(kLook);
    if (!gone && !must_restart()) continue;
    spdlog::error("the embedded nats-server {}; starting it again",
                  gone ? "has gone" : "could not write");
    auto restarted = server_->restart();
    failures = restarted.ok() ? 0 : failures + 1;
    if (failures == 0) continue;
    const auto length = pause_after(failures);
    spdlog::error("the embedded nats-server does not come back, tried again in {} ms: {}",
                  length.count(), restarted.error().what);
    if (!pause(length)) return;
  }
}

}  // namespace cassette::api
