// HttpServer: the only file that serves with cpp-httplib. Its regex routing, ranges, form parsing,
// file serving and its own TLS stay unused: every request goes to the router as it came, over a
// wire of ours.
#include "api/http/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>

#include "api/http/addresses.h"
#include "api/http/problem.h"
#include "api/http/request_id.h"

namespace cassette::api {
namespace {

// A body past the limit is read to its end, so that the client can read the refusal; past this the
// connection is cut.
constexpr std::size_t kMaxDrainedBytes = 64 * 1024 * 1024;
// The library matches the path of a request with a body against a regular expression, and the
// matcher's stack grows by some 300 bytes a character: 8 MiB are gone at 26,000. No path that there
// is has more than three ids of 64.
constexpr std::size_t kMaxPathBytes = 1024;
// How often an idle connection's thread looks, every tenth of a second, until it gives the thread
// up where few are left.
constexpr int kIdleLooks = 2;
// How long a closed connection's rest is waited for, so that the last answer isn't lost with it,
// and how long it may take altogether.
constexpr int kLingerMillis = 500;
constexpr std::chrono::seconds kMaxLinger{5};
// What browsers do with an answer, beyond what its route says of it: no guessing of types, no
// telling others where a link was followed, no embedding in pages of other sites.
constexpr std::string_view kSecurityHeaders =
    "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n";
constexpr std::string_view kNoReferrer = "Referrer-Policy: no-referrer\r\n";
// For a year, under this name, never without TLS (RFC 6797).
constexpr std::string_view kStrictTransport = "Strict-Transport-Security: max-age=31536000\r\n";
// Of a page that brings no policy of its own: nothing may be loaded, run, sent or framed.
constexpr const char* kPagePolicy =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// What the connection's thread must know beyond a request: set by the handlers, read by its loop.
thread_local bool close_connection = false;
thread_local bool answered_by_us = false;
thread_local const Wire* current_wire = nullptr;

// Counts a thread for as long as it has a connection.
class Busy {
 public:
  explicit Busy(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
  ~Busy() { --count_; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::atomic<std::size_t>& count_;
};

// The library's view of a wire.
class WireStream : public httplib::Stream {
 public:
  WireStream(Wire& wire, int socket) : wire_(wire), socket_(socket) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override { return wire_.read(to, size); }
  ssize_t write(const char* from, std::size_t size) override {
    return wire_.write({from, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

 private:
  Wire& wire_;
  const int socket_;
};

enum class Body { None, Present, Ambiguous };

bool is_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.starts_with('-');
}

// How a request's body is framed. What another parser on the way could read as two requests is
// ambiguous: two lengths, a length and a coding, a coding that isn't chunked.
Body body_of(const httplib::Request& request) {
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  const std::size_t codings = request.get_header_value_count("Transfer-Encoding");
  if (lengths + codings > 1) return Body::Ambiguous;
  if (codings == 1) {
    const bool chunked = request.get_header_value("Transfer-Encoding") == "chunked";
    return chunked ? Body::Present : Body::Ambiguous;
  }
  if (lengths == 0) return Body::None;
  const std::string length = request.get_header_value("Content-Length");
  if (!is_number(length)) return Body::Ambiguous;
  return length == "0" ? Body::None : Body::Present;
}

struct KnownHeader {
  std::string_view name;
  std::string RequestHeaders::*field;
};
constexpr std::array kKnownHeaders = {
    KnownHeader{"Host", &RequestHeaders::host},
    KnownHeader{"Authorization", &RequestHeaders::authorization},
    KnownHeader{"Content-Type", &RequestHeaders::content_type},
    KnownHeader{"Accept", &RequestHeaders::accept},
    KnownHeader{"Idempotency-Key", &RequestHeaders::idempotency_key},
    KnownHeader{"If-Match", &RequestHeaders::if_match},
    KnownHeader{"If-None-Match", &RequestHeaders::if_none_match},
    KnownHeader{"Cassette-Position", &RequestHeaders::position},
    KnownHeader{"Origin", &RequestHeaders::origin},
    KnownHeader{"Cookie", &RequestHeaders::cookie},
    KnownHeader{"X-Request-Id", &RequestHeaders::request_id},
};

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() && std::ranges::equal(a, b, {}, lower, lower);
}

// In one walk over what came. A list header may stand more than once; of the others only the
// router's checks tell.
RequestHeaders known_headers(const httplib::Headers& from) {
  RequestHeaders headers;
  for (const auto& [name, value] : from) {
    const auto known = std::ranges::find_if(
        kKnownHeaders, [&](const KnownHeader& each) { return same_name(each.name, name); });
    if (known == kKnownHeaders.end()) continue;
    std::string& field = headers.*known->field;
    if (!field.empty()) field.append(", ");
    field.append(value);
  }
  return headers;
}

// The library would take such a body apart by itself, and ours is taken as it comes.
bool is_multipart(const httplib::Request& request) {
  return request.get_header_value("Content-Type").starts_with("multipart/");
}

// Whose request it is: the peer's, or whom a proxy that we trust has it from.
std::string address_of(const httplib::Request& from, const std::vector<std::string>& proxies) {
  const bool by_proxy = std::ranges::find(proxies, from.remote_addr) != proxies.end();
  if (!by_proxy || from.get_header_value_count("X-Real-IP") != 1) return from.remote_addr;
  std::string named = ip_address(from.get_header_value("X-Real-IP"));
  return named.empty() ? from.remote_addr : named;
}

Request to_request(const httplib::Request& from, const std::vector<std::string>& proxies,
                   bool tls) {
  Request request;
  request.method = from.method;
  request.target = from.target;
  request.headers = known_headers(from.headers);
  request.headers.request_id = request_id_of(request.headers.request_id);
  request.address = address_of(from, proxies);
  request.tls = tls;
  return request;
}

// With what stands on every answer. A page may have a referrer policy of its own.
ssize_t write_head(httplib::Stream& to, const httplib::Headers& headers, bool tls) {
  to.write(kSecurityHeaders.data(), kSecurityHeaders.size());
  if (!headers.contains("Referrer-Policy")) to.write(kNoReferrer.data(), kNoReferrer.size());
  if (tls) to.write(kStrictTransport.data(), kStrictTransport.size());
  return httplib::detail::write_headers(to, headers);
}

void give(Response response, const std::string& request_id, httplib::Response& to) {
  answered_by_us = true;
  to.status = response.status;
  for (auto& [name, value] : response.headers) to.set_header(std::string(name), value);
  to.set_header("X-Request-Id", request_id);
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) to.set_header("Content-Type", std::string(response.content_type));
  if (response.content_type.starts_with("text/html") && !to.has_header("Content-Security-Policy")) {
    to.set_header("Content-Security-Policy", kPagePolicy);
  }
  to.body = std::move(response.body);
}

void refuse_and_close(const Problem& problem, const httplib::Request& request,
                      httplib::Response& to) {
  close_connection = true;
  give(to_response(problem), request_id_of(request.get_header_value("X-Request-Id")), to);
  to.set_header("Connection", "close");
}

// What cpp-httplib refuses by itself, as a problem of the same status.
Problem refusal(int status) {
  if (current_wire != nullptr && current_wire->timed_out()) return request_timeout();
  if (status == 413) return body_too_large(kMaxBulkBytes);
  Problem problem = malformed("The request line or the headers can't be understood.");
  problem.status = status;
  return problem;
}

void drain(int socket) {
  std::array<char, 16384> buffer;
  std::size_t drained = 0;
  pollfd readable{socket, POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + kMaxLinger;
  while (drained < kMaxDrainedBytes && std::chrono::steady_clock::now() < deadline) {
    const int ready = ::poll(&readable, 1, kLingerMillis);
    if (ready <= 0) return;
    const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (size <= 0) return;
    drained += static_cast<std::size_t>(size);
  }
}

}  // namespace

class HttpServer::Listener : public httplib::Server {
 public:
  // `tls` outlives the listener; null: plain HTTP.
  Listener(const HttpServer::Options& options, const TlsContext* tls)
      : tls_(tls),
        patience_(options.patience),
        proxies_(options.trusted_proxies),
        threads_(options.threads) {
    // Without the library's SO_REUSEPORT: a second process on the port must fail, not share it.
    set_socket_options([](socket_t socket) {
      const int on = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    });
    set_tcp_nodelay(true);  // without it an answer on a kept connection takes 40 ms
    set_payload_max_length(kMaxDrainedBytes);
    set_keep_alive_max_count(options.max_requests);
    set_keep_alive_timeout(std::chrono::ceil<std::chrono::seconds>(patience_.idle).count());
    set_header_writer([secure = tls != nullptr](httplib::Stream& to, httplib::Headers& headers) {
      return write_head(to, headers, secure);
    });
    new_task_queue = [options] {
      return std::make_unique<httplib::ThreadPool>(options.threads, options.max_queued_connections)
          .release();
    };
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      return without_body(request, response) ? HandlerResponse::Handled
                                             : HandlerResponse::Unhandled;
    });
    const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& reader) {
      read_and_handle(request, response, reader);
    };
    Post(".*", with_body).Put(".*", with_body).Patch(".*", with_body).Delete(".*", with_body);
    set_exception_handler([](const httplib::Request& request, httplib::Response& response,
                             const std::exception_ptr&) {
      const std::string id = request_id_of(request.get_header_value("X-Request-Id"));
      spdlog::error("{} {} ({}): cpp-httplib threw", request.method, request.target, id);
      refuse_and_close(internal_error(), request, response);
    });
    set_error_handler([](const httplib::Request& request, httplib::Response& response) {
      if (!answered_by_us) refuse_and_close(refusal(response.status), request, response);
    });
  }

  ~Listener() override {
    const socket_t unserved = svr_sock_.exchange(INVALID_SOCKET);
    if (unserved != INVALID_SOCKET) httplib::detail::close_socket(unserved);
  }

  // Before any request comes.
  void answer_with(const Router& router) { router_ = &router; }

 private:
  // Answers every request that has no body, or one that can't be read safely.
  bool without_body(const httplib::Request& request, httplib::Response& response) const {
    const Body body = body_of(request);
    const bool may_have_body = request.method == "POST" || request.method == "PUT" ||
                               request.method == "PATCH" || request.method == "DELETE";
    // Without a length, the library leaves the body of a DELETE in the connection.
    const bool left_over = request.method == "DELETE" && request.has_header("Transfer-Encoding");
    if (request.path.size() > kMaxPathBytes) {
      refuse_and_close(path_too_long(kMaxPathBytes), request, response);
    } else if (body == Body::Ambiguous || (body == Body::Present && !may_have_body) || left_over) {
      refuse_and_close(malformed("The body's length is ambiguous, or not expected."), request,
                       response);
    } else if (body == Body::Present && request.has_header("Content-Encoding")) {
      refuse_and_close(unsupported_media_type("the body as it is"), request, response);
    } else if (body == Body::Present &&
               request.get_header_value_u64("Content-Length") > kMaxDrainedBytes) {
      // Not worth reading to its end.
      refuse_and_close(body_too_large(router_->max_body_bytes(request.method, request.target)),
                       request, response);
    } else if (body == Body::Present && is_multipart(request)) {
      refuse_and_close(unsupported_media_type(kJson), request, response);
    } else if (body == Body::Present) {
      return false;
    } else {
      answer(to_request(request, proxies_, tls_ != nullptr), response);
    }
    return true;
  }

  void read_and_handle(const httplib::Request& from, httplib::Response& response,
                       const httplib::ContentReader& reader) const {
    Request request = to_request(from, proxies_, tls_ != nullptr);
    const std::size_t limit = router_->max_body_bytes(request.method, request.target);
    const std::uint64_t length = from.get_header_value_u64("Content-Length");
    request.body_too_large = length > limit;
    if (!request.body_too_large) request.body.reserve(length);
    const bool whole = reader([&](const char* data, std::size_t size) {
      request.body_too_large = request.body_too_large || request.body.size() + size > limit;
      if (!request.body_too_large) request.body.append(data, size);
      return true;
    });
    if (!whole && response.status == 413) {
      refuse_and_close(body_too_large(limit), from, response);
      return;
    }
    if (!whole) {
      const bool late = current_wire->timed_out();
      refuse_and_close(late ? request_timeout() : malformed("The body breaks off."), from,
                       response);
      return;
    }
    if (request.body_too_large) request.body.clear();
    answer(request, response);
  }

  void answer(const Request& request, httplib::Response& response) const {
    give(router_->handle(request), request.headers.request_id, response);
  }

  // In place of the library's own, whose streams lose what a client sent ahead, and wait without an
  // end for one that sends a byte at a time.
  bool process_and_close_socket(socket_t socket) override {
    const Busy busy(busy_);
    std::unique_ptr<TlsSession> session;
    if (tls_ != nullptr) session = tls_->session(socket);
    bool served = false;
    if (tls_ == nullptr || session != nullptr) {
      Wire wire(socket, std::move(session), patience_);
      served = wire.handshake() && serve(wire, socket);
      wire.finish();
    }
    if (close_connection) {
      ::shutdown(socket, SHUT_WR);
      drain(socket);
      close_connection = false;
    }
    httplib::detail::shutdown_socket(socket);
    httplib::detail::close_socket(socket);
    return served;
  }

  // Whether few threads are left, so that who is idle has to go.
  bool crowded() const { return busy_ > threads_ - threads_ / 4; }

  // One request after another, until either side ends it.
  bool serve(Wire& wire, socket_t socket) {
    const std::string address = peer_address(socket);
    const auto stopping = [this] { return svr_sock_ == INVALID_SOCKET; };
    current_wire = &wire;
    bool served = false;
    for (std::size_t left = keep_alive_max_count_; left > 0; --left) {
      int looks = 0;
      const auto give_up = [&] { return stopping() || (crowded() && ++looks > kIdleLooks); };
      if (!wire.await_request(give_up)) break;
      close_connection = false;
      answered_by_us = false;
      const bool last = left == 1 || stopping();
      bool closed = false;
      WireStream stream(wire, socket);
      served =
          process_request(stream, address, 0, {}, 0, last, closed, [](httplib::Request& request) {
            // A part of a document is no use, and a part that isn't there would
            // hide what a write has answered.
            request.ranges.clear();
          });
      served = wire.flush() && served;
      if (!served || closed || last || close_connection) break;
    }
    current_wire = nullptr;
    return served;
  }

  const TlsContext* tls_;
  const Patience patience_;
  const std::vector<std::string> proxies_;
  const std::size_t threads_;
  std::atomic<std::size_t> busy_{0};  // threads that have a connection
  const Router* router_ = nullptr;
};

eventstore::Stored<std::unique_ptr<HttpServer>> HttpServer::bind(const Options& options) {
  using eventstore::StoreError;
  if (!options.tls && !options.insecure_http && !is_loopback_address(options.address)) {
    return Failure{StoreError{
        StoreError::Kind::Unsupported,
        fmt::format("plain HTTP on {}, which others reach, lets them read along: give --tls-cert "
                    "and --tls-key, or say --insecure-http",
                    options.address)}};
  }
  std::unique_ptr<TlsContext> tls;
  if (options.tls) {
    auto loaded = TlsContext::load(*options.tls);
    if (!loaded) return Failure{loaded.error()};
    tls = std::move(loaded).value();
  }
  auto listener = std::make_unique<Listener>(options, tls.get());
  // Resolved by name it could be ::1 on one machine and 127.0.0.1 on the next.
  const std::string ip = options.address == "localhost" ? "127.0.0.1" : options.address;
  int port = options.port;
  if (port == 0) {
    port = listener->bind_to_any_port(ip);
  } else if (!listener->bind_to_port(ip, port)) {
    port = -1;
  }
  if (port <= 0) {
    return Failure{StoreError{StoreError::Kind::Unavailable,
                              host_and_port(options.address, options.port) + " can't be bound"}};
  }
  const auto bound = static_cast<std::uint16_t>(port);
  std::string url = (tls ? "https://" : "http://") + host_and_port(options.address, bound);
  return std::unique_ptr<HttpServer>(
      new HttpServer(std::move(tls), std::move(listener), bound, std::move(url)));
}

eventstore::Stored<std::unique_ptr<HttpServer>> HttpServer::start(const Router& router,
                                                                  const Options& options) {
  auto server = bind(options);
  if (server) server.value()->serve(router);
  return server;
}

HttpServer::HttpServer(std::unique_ptr<TlsContext> tls, std::unique_ptr<Listener> listener,
                       std::uint16_t port, std::string url)
    : tls_(std::move(tls)), listener_(std::move(listener)), port_(port), url_(std::move(url)) {}

eventstore::Stored<eventstore::Done> HttpServer::reload_certificate() {
  if (!tls_) return eventstore::Done{};
  return tls_->reload();
}

void HttpServer::serve(const Router& router) {
  listener_->answer_with(router);
  thread_ = std::thread([this] { listener_->listen_after_bind(); });
  listener_->wait_until_ready();
  spdlog::info("http listens at {}", url_);
}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::stop() {
  if (!thread_.joinable()) return;
  listener_->stop();
  thread_.join();
}

}  // namespace cassette::api
