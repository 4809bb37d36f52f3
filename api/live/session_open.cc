// Opening: reads one request strictly and within time, and answers it, or lets the connection go on
// as a stream of events or a WebSocket.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "api/http/addresses.h"
#include "api/http/json_text.h"
#include "api/http/reads.h"
#include "api/http/request_id.h"
#include "api/live/core.h"
#include "api/live/http_answer.h"
#include "api/live/session_socket.h"

namespace cassette::api {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using Head = http::request<http::empty_body>;

constexpr std::uint32_t kMaxHeadBytes = 8 * 1024;
// What a client sends after its request is read and thrown away, so that it gets the answer.
constexpr std::size_t kMaxRest = 64 * 1024;
constexpr std::chrono::seconds kLinger{2};
constexpr std::string_view kMethods = "GET, OPTIONS";
constexpr std::size_t kMaxLastEventId = 2'000;
// What the kernel keeps of what a slow client has not taken, about.
constexpr int kSendBufferBytes = 128 * 1024;

std::string text(std::string_view view) {
  return std::string(view);
}

Request request_of(const Head& head, tcp::socket& socket, const std::vector<std::string>& proxies) {
  Request request;
  request.method = text(head.method_string());
  request.target = text(head.target());
  request.headers.host = text(head[http::field::host]);
  request.headers.origin = text(head[http::field::origin]);
  request.headers.authorization = text(head[http::field::authorization]);
  request.headers.request_id = request_id_of(text(head["X-Request-Id"]));
  request.address = peer_address(socket.native_handle());
  const bool by_proxy = std::ranges::find(proxies, request.address) != proxies.end();
  if (!by_proxy || head.count("X-Real-IP") != 1) return request;
  std::string named = ip_address(text(head["X-Real-IP"]));
  if (!named.empty()) request.address = std::move(named);
  return request;
}

// What another parser could read in another way.
std::optional<Problem> refuse_head(const Head& head) {
  for (const auto field : {http::field::host, http::field::authorization, http::field::origin}) {
    if (head.count(field) > 1) return malformed("A header that may stand once stands twice.");
  }
  if (head.count("Last-Event-ID") > 1) return invalid_header("Last-Event-ID", "stands twice");
  const bool body =
      head.count(http::field::transfer_encoding) > 0 ||
      (head.count(http::field::content_length) > 0 && head[http::field::content_length] != "0");
  if (body) return malformed("There is no body to this request.");
  if (head["Last-Event-ID"].size() > kMaxLastEventId) {
    return invalid_header("Last-Event-ID", "is too long");
  }
  return std::nullopt;
}

// The page that opens a WebSocket is the gateway's own, or one that may read its answers.
bool may_open_socket(const EdgeRules& edge, const Request& request) {
  const std::string& origin = request.headers.origin;
  if (origin.empty() || edge.allows(origin)) return true;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && origin.substr(scheme.size()) == request.headers.host) {
      return true;
    }
  }
  return false;
}

class Opening final : public Session {
 public:
  Opening(LiveCore& core, tcp::socket socket)
      : Session(core),
        socket_(std::move(socket)),
        deadline_(Clock::now() + core.options().head_timeout) {}

  void start() {
    auto self = std::static_pointer_cast<Opening>(shared_from_this());
    core_.enter(self);
    net::co_spawn(core_.io(), run(std::move(self)), net::detached);
  }

  bool visit(Clock::time_point now) override {
    if (now >= deadline_) close();
    return false;
  }
  void end(Ending) override { close(); }
  void refuse(const std::shared_ptr<Member>&, const Problem&) override {}
  void wake() override {}
  void overflow() override {}

 private:
  net::awaitable<void> run(std::shared_ptr<Opening> self);
  // The answer; nothing once the connection has gone on as something else, or is gone.
  net::awaitable<std::optional<Response>> serve();
  net::awaitable<std::optional<Response>> route(const Head& head);
  net::awaitable<std::optional<Response>> stream(const Head& head, const Request& request,
                                                 const Parameters& parameters);
  net::awaitable<std::optional<Response>> socket(const Head& head, const Request& request,
                                                 const Parameters& parameters);
  net::awaitable<void> answer(const std::string& whole);
  Response health() const;
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  tcp::socket socket_;
  Clock::time_point deadline_;
  beast::flat_buffer buffer_{kMaxHeadBytes};
};

net::awaitable<void> Opening::run(std::shared_ptr<Opening> self) {
  std::optional<Response> response = co_await self->serve();
  if (response) {
    const std::string whole = answer_text(*response);
    co_await self->answer(whole);
  }
  self->core_.leave(*self);
}

net::awaitable<std::optional<Response>> Opening::serve() {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kMaxHeadBytes);
  error_code failed;
  auto done = net::redirect_error(net::use_awaitable, failed);
  co_await http::async_read_header(socket_, buffer_, parser, done);
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
    Problem problem = malformed("The head of a request has at most 8 KiB.");
    problem.status = 431;
    co_return to_response(problem);
  }
  if (failed && failed.category() == make_error_code(http::error::bad_method).category() &&
      failed != http::error::end_of_stream && failed != http::error::partial_message) {
    co_return to_response(malformed("This is no HTTP/1.1 request."));
  }
  if (failed) co_return std::nullopt;
  const Head head = parser.get();
  co_return co_await route(head);
}

net::awaitable<std::optional<Response>> Opening::route(const Head& head) {
  const Request request = request_of(head, socket_, core_.options().trusted_proxies);
  const EdgeRules& edge = core_.services().edge;
  if (auto problem = refuse_head(head)) co_return to_response(*problem);
  if (!edge.serves(request.headers.host)) {
    co_return to_response(not_permitted(
        "This server is not asked under the name in Host; --allow-host adds a name."));
  }
  auto target = parse_target(request.target);
  if (!target) co_return to_response(target.error());
  const std::vector<std::string>& path = target.value().segments;
  const bool is_health = path == std::vector<std::string>{"live", "health"};
  if (!is_health && path != std::vector<std::string>{"live"}) {
    co_return to_response(no_such_route());
  }
  Response response;
  if (request.method == "OPTIONS") {
    response.status = 204;
    response.set_header("Allow", text(kMethods));
    add_preflight(edge, request, text(kMethods), response);
    add_cors(edge, request, response);
    co_return response;
  }
  if (request.method != "GET") {
    response = to_response(method_not_allowed());
    response.set_header("Allow", text(kMethods));
    co_return response;
  }
  if (is_health) co_return health();
  if (!core_.has_room()) co_return to_response(unavailable("There are too many connections."));
  const Parameters parameters = std::move(target.value().parameters);
  if (beast::websocket::is_upgrade(head)) {
    co_return co_await socket(head, request, parameters);
  }
  co_return co_await stream(head, request, parameters);
}

net::awaitable<std::optional<Response>> Opening::stream(const Head& head, const Request& request,
                                                        const Parameters& parameters) {
  const std::string last = text(head["Last-Event-ID"]);
  deadline_ = Clock::now() + core_.options().head_timeout;
  auto work = [this, &request, &parameters, &last] {
    return core_.admission().stream(request, parameters, last);
  };
  auto granted = co_await core_.blocking(std::move(work));
  Response response;
  if (!granted) response = to_response(granted.error());
  add_cors(core_.services().edge, request, response);
  if (!granted) {
    response.set_header("Cache-Control", "no-store");
    co_return response;
  }
  if (!socket_.is_open()) co_return std::nullopt;
  std::string opening = stream_head(response);
  start_stream(core_, std::move(socket_), std::move(opening), std::move(granted).value());
  co_return std::nullopt;
}

net::awaitable<std::optional<Response>> Opening::socket(const Head& head, const Request& request,
                                                        const Parameters& parameters) {
  if (!may_open_socket(core_.services().edge, request)) {
    co_return to_response(not_permitted("Pages of other origins may not connect here."));
  }
  if (buffer_.size() > 0) co_return to_response(malformed("Nothing follows a handshake."));
  deadline_ = Clock::now() + core_.options().head_timeout;
  auto work = [this, &request, &parameters] {
    return core_.admission().socket(request, parameters);
  };
  auto who = co_await core_.blocking(std::move(work));
  // A page can't see the status of a refused handshake, so a bad token is told over the socket.
  if (!who && who.error().status != 401) co_return to_response(who.error());
  if (!socket_.is_open()) co_return std::nullopt;
  std::optional<LiveCaller> caller;
  if (who) caller = std::move(who).value();
  start_socket(core_, std::move(socket_), head, std::move(caller));
  co_return std::nullopt;
}

Response Opening::health() const {
  Response response;
  response.body += '{';
  append_member(response.body, "status", core_.has_room() ? "alive" : "full");
  append_member(response.body, "connections", std::uint64_t{core_.open()});
  append_member(response.body, "subscriptions", std::uint64_t{core_.hub().size()});
  append_member(response.body, "heads", format_positions(core_.hub().heads()));
  response.body += '}';
  response.set_header("Cache-Control", "no-store");
  return response;
}

// What the client still sends is read for a moment: closing before would take the answer from it.
net::awaitable<void> Opening::answer(const std::string& whole) {
  deadline_ = Clock::now() + kLinger;
  error_code failed;
  auto done = net::redirect_error(net::use_awaitable, failed);
  auto bytes = net::buffer(whole);
  co_await net::async_write(socket_, bytes, done);
  if (!failed) socket_.shutdown(tcp::socket::shutdown_send, failed);
  std::size_t rest = 0;
  std::array<char, 512> thrown_away;
  auto room = net::buffer(thrown_away);
  while (!failed && rest < kMaxRest) {
    rest += co_await socket_.async_read_some(room, done);
  }
  close();
}

}  // namespace

void open_session(LiveCore& core, tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(net::socket_base::send_buffer_size(kSendBufferBytes), ignored);
  const auto patience = static_cast<unsigned>(core.options().stall_timeout.count());
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
  std::make_shared<Opening>(core, std::move(socket))->start();
}

}  // namespace cassette::api
