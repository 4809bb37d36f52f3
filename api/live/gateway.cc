// Live gateway: the listener, the io thread, and the wiring between ledgers, hub and connections.
#include "api/live/gateway.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include "api/http/addresses.h"
#include "api/live/core.h"

namespace cassette::api {

using eventstore::Done;
using eventstore::Position;
using eventstore::Stored;
using eventstore::StoreError;

namespace {

// Threads for what blocks: tokens, documents, cursors.
constexpr std::size_t kWorkers = 4;
constexpr int kBacklog = 1'024;
// Connections beyond the most that are being answered 503.
constexpr std::size_t kRefusals = 1'024;
// All sessions are visited in a round of so many visits, a second long at most; what a visit sends
// is bounded, so that heartbeats of many connections don't come in one burst.
constexpr std::size_t kVisits = 10;
constexpr std::size_t kMaxSent = 200;
constexpr std::chrono::milliseconds kRound{1'000};
// Rounds between two looks at whether anybody is there.
constexpr int kIdleLook = 60 * static_cast<int>(kVisits);
// For connections to end by themselves.
constexpr std::chrono::milliseconds kDrain{3'000};
constexpr std::chrono::milliseconds kDrainLook{10};
constexpr std::chrono::milliseconds kAcceptPause{50};

Failure<StoreError> unavailable_because(const std::string& what) {
  return Failure{StoreError{StoreError::Kind::Unavailable, what}};
}

// Every connection takes a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

LiveCore::~LiveCore() {
  stop();
}

// ---- start and stop

Stored<Done> LiveCore::serve(LiveParts parts) {
  raise_descriptor_limit();
  parts_.emplace(std::move(parts));
  workers_ = std::make_unique<net::thread_pool>(kWorkers);
  if (auto done = read_ledgers(); !done) return done;
  if (services().identity != nullptr) {
    tokens_ = std::make_unique<TokenWatch>(
        *services().identity, services().now,
        [this](const TokenWatch::Token& token, TokenWatch::Verdict verdict) {
          net::post(io_, [this, token, verdict] { end_with(token, verdict); });
        });
  }
  net::co_spawn(io_, accept(), net::detached);
  visit_later();
  thread_ = std::jthread([this] { io_.run(); });
  return Done{};
}

Stored<Done> LiveCore::listen() {
  error_code failed;
  const net::ip::address address = net::ip::make_address(options_.address, failed);
  if (failed) return unavailable_because(options_.address + " is no IP address");
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), failed);
  if (!failed) acceptor_.set_option(net::socket_base::reuse_address(true), failed);
  if (!failed) acceptor_.bind(endpoint, failed);
  if (!failed) acceptor_.listen(kBacklog, failed);
  if (failed) {
    return unavailable_because(fmt::format("can't listen on {}: {}",
                                           host_and_port(options_.address, options_.port),
                                           failed.message()));
  }
  port_ = acceptor_.local_endpoint(failed).port();
  return Done{};
}

Stored<Done> LiveCore::read_ledgers() {
  std::vector<std::uint64_t> starts;
  for (const Position& position : services().models.positions()) {
    starts.push_back(position.commit);
  }
  CHECK(starts.size() == parts_->ledgers.size());
  for (std::uint32_t p = 0; p < starts.size(); ++p) {
    const auto head = head_at(*parts_->ledgers[p], starts[p]);
    if (!head) return Failure{head.error()};
  }
  facts_ = std::make_unique<OrderFacts>(services().models);
  levels_ = std::make_unique<LevelReader>(services().models, [this](LevelPtr level) {
    net::post(io_, [this, level = std::move(level)] { hub_->take(level); });
  });
  older_ = std::make_unique<OlderReader>(parts_->ledgers, *facts_, [this](Older older) {
    net::post(io_, [this, older = std::move(older)]() mutable { hub_->take(std::move(older)); });
  });
  HubParts to;
  to.read_older = [this](OlderWanted wanted) { older_->read(std::move(wanted)); };
  to.read_level = [this](const std::string& vendor, const std::string& product,
                         const Position& position) { levels_->read(vendor, product, position); };
  to.end = [](const std::shared_ptr<Member>& member, const Problem& problem) {
    static_cast<Session&>(member->mailbox).refuse(member, problem);
  };
  hub_ = std::make_unique<Hub>(starts, std::move(to), options_.ring_bytes);
  admission_ = std::make_unique<LiveAdmission>(services(), parts_->tickets, parts_->ledgers,
                                               [this] { return hub_->heads(); });
  for (std::uint32_t p = 0; p < starts.size(); ++p) {
    feeds_.push_back(
        std::make_unique<LedgerFeed>(p, *parts_->ledgers[p], starts[p], *facts_, feed_parts(p)));
  }
  return Done{};
}

FeedParts LiveCore::feed_parts(std::uint32_t partition) {
  FeedParts feed;
  feed.wanted = [this] { return hub_->wanted(); };
  feed.levels = [this] { return hub_->levels_wanted(); };
  feed.deliver = [this, partition](Recent recent) {
    net::post(io_, [this, partition, recent = std::move(recent)]() mutable {
      hub_->take(std::move(recent));
      feeds_[partition]->taken();
    });
  };
  feed.fail = [this](const StoreError& error) {
    net::post(io_, [this, why = error.what] { fail(why); });
  };
  return feed;
}

void LiveCore::stop() {
  if (thread_.joinable()) {
    net::post(io_, [this] {
      stopping_ = true;
      error_code ignored;
      acceptor_.close(ignored);
      end_all(Ending::Stopping);
    });
    const auto deadline = std::chrono::steady_clock::now() + kDrain;
    while (alive_ > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kDrainLook);
    }
  }
  for (const auto& feed : feeds_) feed->stop();
  if (older_) older_->stop();
  if (levels_) levels_->stop();
  if (tokens_) tokens_->stop();
  if (workers_) workers_->join();
  io_.stop();
  if (thread_.joinable()) thread_.join();
  sessions_.clear();
}

// ---- connections

net::awaitable<void> LiveCore::accept() {
  while (acceptor_.is_open()) {
    error_code failed;
    auto token = net::redirect_error(net::use_awaitable, failed);
    tcp::socket socket = co_await acceptor_.async_accept(token);
    if (failed == net::error::operation_aborted || stopping_) co_return;
    if (failed) {
      spdlog::warn("a connection was not accepted: {}", failed.message());
      net::steady_timer pause(io_, kAcceptPause);
      co_await pause.async_wait(token);
      continue;
    }
    if (sessions_.size() >= options_.max_connections + kRefusals) continue;
    open_session(*this, std::move(socket));
  }
}

TokenWatch::Token LiveCore::watch(const std::string& authorization) {
  if (!tokens_ || authorization.empty()) return nullptr;
  return tokens_->watch(authorization);
}

void LiveCore::enter(const std::shared_ptr<Session>& session) {
  session->slot = sessions_.size();
  sessions_.push_back(session);
  ++alive_;
}

void LiveCore::leave(Session& session) {
  const std::size_t slot = session.slot;
  if (slot >= sessions_.size() || sessions_[slot].get() != &session) return;
  const std::shared_ptr<Session> kept = sessions_[slot];
  sessions_[slot] = sessions_.back();
  sessions_[slot]->slot = slot;
  sessions_.pop_back();
  --alive_;
}

void LiveCore::visit_later() {
  const auto round = std::min(kRound, options_.heartbeat / 2);
  timer_.expires_after(round / static_cast<int>(kVisits));
  timer_.async_wait([this](error_code failed) {
    if (failed) return;
    visit_some();
    visit_later();
  });
}

void LiveCore::visit_some() {
  if (++visits_ % kIdleLook == 0) hub_->rest_if_idle();
  const auto now = Session::Clock::now();
  std::size_t sent = 0;
  const std::size_t share = sessions_.size() / kVisits + 1;
  for (std::size_t i = 0; i < share && sent < kMaxSent; ++i) {
    if (visited_ >= sessions_.size()) visited_ = 0;
    if (sessions_.empty()) return;
    const std::shared_ptr<Session> session = sessions_[visited_++];
    if (session->visit(now)) ++sent;
  }
}

void LiveCore::end_all(Ending why) {
  const auto everyone = sessions_;
  for (const auto& session : everyone) session->end(why);
}

void LiveCore::end_with(const TokenWatch::Token& token, TokenWatch::Verdict verdict) {
  const auto everyone = sessions_;
  const bool ended = verdict == TokenWatch::Verdict::Ended;
  for (const auto& session : everyone) {
    if (session->token == token) session->end(ended ? Ending::TokenEnded : Ending::Unavailable);
  }
}

void LiveCore::fail(const std::string& why) {
  spdlog::error("the live gateway has nothing more to tell: {}", why);
  failed_ = true;
  end_all(Ending::Unavailable);
}

// ---- the gateway

Stored<std::unique_ptr<LiveGateway>> LiveGateway::bind(const LiveOptions& options) {
  auto core = std::make_unique<LiveCore>(options);
  if (auto done = core->listen(); !done) return Failure{done.error()};
  return std::unique_ptr<LiveGateway>(new LiveGateway(std::move(core)));
}

Stored<Done> LiveGateway::serve(LiveParts parts) {
  return core_->serve(std::move(parts));
}

LiveGateway::LiveGateway(std::unique_ptr<LiveCore> core)
    : core_(std::move(core)),
      url_("http://" + host_and_port(core_->options().address, core_->port())) {}

LiveGateway::~LiveGateway() = default;

std::uint16_t LiveGateway::port() const {
  return core_->port();
}
std::size_t LiveGateway::connections() const {
  return core_->open();
}
void LiveGateway::stop() {
  core_->stop();
}

}  // namespace cassette::api
