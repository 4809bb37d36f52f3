// Live core: the parts of a running gateway and what its connections need of them. Private to
// gateway.cc and session*.cc, which alone include Boost.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/live/admission.h"
#include "api/live/gateway.h"
#include "api/live/ledger_feed.h"
#include "api/live/level_reader.h"
#include "api/live/older_reader.h"
#include "api/live/session.h"
#include "api/live/token_watch.h"

namespace cassette::api {

namespace net = boost::asio;
using tcp = net::ip::tcp;
using boost::system::error_code;

// Used by the io thread, where nothing else is said.
class LiveCore {
 public:
  explicit LiveCore(const LiveOptions& options) : options_(options) {}
  ~LiveCore();
  LiveCore(const LiveCore&) = delete;
  LiveCore& operator=(const LiveCore&) = delete;

  // From the thread that makes the gateway.
  eventstore::Stored<eventstore::Done> listen();
  eventstore::Stored<eventstore::Done> serve(LiveParts parts);
  void stop();

  net::io_context& io() { return io_; }
  Hub& hub() { return *hub_; }
  const LiveOptions& options() const { return options_; }
  const Services& services() const { return parts_->services; }
  const LiveAdmission& admission() const { return *admission_; }
  std::uint16_t port() const { return port_; }

  // Null for an empty header, or where nobody is asked who they are.
  TokenWatch::Token watch(const std::string& authorization);
  void enter(const std::shared_ptr<Session>& session);
  void leave(Session& session);
  // Whether there is room for one more connection.
  bool has_room() const { return open_ < options_.max_connections && !failed_; }
  void count(int change) { open_ += static_cast<std::size_t>(change); }
  // Any thread.
  std::size_t open() const { return open_.load(std::memory_order_relaxed); }

  // What `work` gives, from a thread that may block.
  template <class Work>
  net::awaitable<std::invoke_result_t<Work>> blocking(Work work) {
    using Outcome = std::invoke_result_t<Work>;
    auto start_work = [this](auto handler, Work todo) {
      auto run = [handler = std::move(handler), todo = std::move(todo), this]() mutable {
        auto resume = [handler = std::move(handler), outcome = todo()]() mutable {
          handler(std::move(outcome));
        };
        net::post(io_, std::move(resume));
      };
      net::post(*workers_, std::move(run));
    };
    co_return co_await net::async_initiate<decltype(net::use_awaitable), void(Outcome)>(
        std::move(start_work), net::use_awaitable, std::move(work));
  }

 private:
  eventstore::Stored<eventstore::Done> read_ledgers();
  FeedParts feed_parts(std::uint32_t partition);
  net::awaitable<void> accept();
  void visit_some();
  void visit_later();
  void end_all(Ending why);
  void end_with(const TokenWatch::Token& token, TokenWatch::Verdict verdict);
  void fail(const std::string& why);

  const LiveOptions options_;
  std::optional<LiveParts> parts_;  // once it serves
  net::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  net::steady_timer timer_{io_};
  std::uint16_t port_ = 0;
  std::unique_ptr<net::thread_pool> workers_;
  std::unique_ptr<OrderFacts> facts_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<LiveAdmission> admission_;
  std::unique_ptr<LevelReader> levels_;
  std::unique_ptr<OlderReader> older_;
  std::vector<std::unique_ptr<LedgerFeed>> feeds_;
  std::unique_ptr<TokenWatch> tokens_;  // null: nobody is asked who they are
  std::vector<std::shared_ptr<Session>> sessions_;
  std::size_t visited_ = 0;  // sessions of this round
  int visits_ = 0;
  std::atomic<std::size_t> open_{0};   // of `sessions_`, those that were let in
  std::atomic<std::size_t> alive_{0};  // of `sessions_`, all
  bool failed_ = false;
  bool stopping_ = false;
  std::jthread thread_;
};

// Reads a request and answers it, or goes on as one of the sessions.
void open_session(LiveCore& core, tcp::socket socket);
// `granted` is what the client asked and may.
void start_stream(LiveCore& core, tcp::socket socket, std::string head, Stream stream);

}  // namespace cassette::api
