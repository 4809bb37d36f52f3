// HttpServer: the only file that serves with cpp-httplib. Its regex routing, ranges, form parsing
// and file serving stay unused: every request goes to the router as it came.
#include "api/http/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <charconv>

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
// How long a closed connection's rest is read for, so that the last answer isn't lost with it.
constexpr int kLingerMillis = 500;

// What the connection's thread must know beyond a request: set by the handlers, read by its loop.
thread_local bool close_connection = false;
thread_local bool answered_by_us = false;

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

// A list header may stand more than once; of the others only the router's checks tell.
std::string header(const httplib::Request& request, const char* name) {
  const std::size_t count = request.get_header_value_count(name);
  if (count == 0) return {};
  std::string value = request.get_header_value(name);
  for (std::size_t i = 1; i < count; ++i) {
    value.append(", ").append(request.get_header_value(name, "", i));
  }
  return value;
}

// The library would take such a body apart by itself, and ours is taken as it comes.
bool is_multipart(const httplib::Request& request) {
  return request.get_header_value("Content-Type").starts_with("multipart/");
}

Request to_request(const httplib::Request& from) {
  Request request;
  request.method = from.method;
  request.target = from.target;
  request.headers.content_type = header(from, "Content-Type");
  request.headers.idempotency_key = header(from, "Idempotency-Key");
  request.headers.if_match = header(from, "If-Match");
  request.headers.if_none_match = header(from, "If-None-Match");
  request.headers.position = header(from, "Cassette-Position");
  request.headers.origin = header(from, "Origin");
  request.headers.host = header(from, "Host");
  request.headers.authorization = header(from, "Authorization");
  request.headers.accept = header(from, "Accept");
  request.headers.cookie = header(from, "Cookie");
  request.headers.request_id = request_id_of(from.get_header_value("X-Request-Id"));
  request.address = from.remote_addr;
  return request;
}

void give(Response response, httplib::Response& to) {
  answered_by_us = true;
  to.status = response.status;
  for (auto& [name, value] : response.headers) to.set_header(std::string(name), value);
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) to.set_header("Content-Type", std::string(response.content_type));
  to.body = std::move(response.body);
}

void refuse_and_close(const Problem& problem, httplib::Response& to) {
  close_connection = true;
  give(to_response(problem), to);
  to.set_header("Connection", "close");
}

// What cpp-httplib refuses by itself, as a problem of the same status.
Problem refusal(int status) {
  if (status == 413) return body_too_large(kMaxBulkBytes);
  Problem problem = malformed("The request line or the headers can't be understood.");
  problem.status = status;
  return problem;
}

void drain(int socket) {
  std::array<char, 16384> buffer;
  std::size_t drained = 0;
  pollfd readable{socket, POLLIN, 0};
  while (drained < kMaxDrainedBytes) {
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
  explicit Listener(const HttpServer::Options& options) {
    // Without the library's SO_REUSEPORT: a second process on the port must fail, not share it.
    set_socket_options([](socket_t socket) {
      const int on = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    });
    set_tcp_nodelay(true);  // without it an answer on a kept connection takes 40 ms
    set_payload_max_length(kMaxDrainedBytes);
    set_keep_alive_max_count(options.max_requests);
    set_keep_alive_timeout(options.keep_alive.count());
    set_read_timeout(options.read_timeout.count());
    set_write_timeout(options.write_timeout.count());
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
      spdlog::error("{} {}: cpp-httplib threw", request.method, request.target);
      refuse_and_close(internal_error(), response);
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (!answered_by_us) refuse_and_close(refusal(response.status), response);
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
      refuse_and_close(path_too_long(kMaxPathBytes), response);
    } else if (body == Body::Ambiguous || (body == Body::Present && !may_have_body) || left_over) {
      refuse_and_close(malformed("The body's length is ambiguous, or not expected."), response);
    } else if (body == Body::Present && request.has_header("Content-Encoding")) {
      refuse_and_close(unsupported_media_type("the body as it is"), response);
    } else if (body == Body::Present && is_multipart(request)) {
      refuse_and_close(unsupported_media_type(kJson), response);
    } else if (body == Body::Present) {
      return false;
    } else {
      give(router_->handle(to_request(request)), response);
    }
    return true;
  }

  void read_and_handle(const httplib::Request& from, httplib::Response& response,
                       const httplib::ContentReader& reader) const {
    Request request = to_request(from);
    const std::size_t limit = router_->max_body_bytes(request.method, request.target);
    const std::uint64_t length = from.get_header_value_u64("Content-Length");
    request.body_too_large = length > limit;
    if (!request.body_too_large) request.body.reserve(length);
    const bool whole = reader([&](const char* data, std::size_t size) {
      request.body_too_large = request.body_too_large || request.body.size() + size > limit;
      if (!request.body_too_large) request.body.append(data, size);
      return true;
    });
    if (!whole) {
      const bool large = response.status == 413;
      refuse_and_close(large ? body_too_large(limit) : malformed("The body breaks off."), response);
      return;
    }
    if (request.body_too_large) request.body.clear();
    give(router_->handle(request), response);
  }

  // As the library's own, but that a request may end its connection, and that its answer is not
  // lost when what it sent is not read.
  bool process_and_close_socket(socket_t socket) override {
    std::string address;
    int port = 0;
    httplib::detail::get_remote_ip_and_port(socket, address, port);
    const bool served = httplib::detail::process_server_socket(
        svr_sock_, socket, keep_alive_max_count_, keep_alive_timeout_sec_, read_timeout_sec_,
        read_timeout_usec_, write_timeout_sec_, write_timeout_usec_,
        [&](httplib::Stream& stream, bool last, bool& closed) {
          close_connection = false;
          answered_by_us = false;
          // The library looks at this only between requests that are not there yet: a busy
          // connection would never end.
          const bool stopping = svr_sock_ == INVALID_SOCKET;
          const bool ok = process_request(stream, address, 0, {}, 0, last || stopping, closed,
                                          [](httplib::Request& request) {
                                            // A part of a document is no use, and a part that isn't
                                            // there would hide what a write has answered.
                                            request.ranges.clear();
                                          });
          return ok && !close_connection && !stopping;
        });
    if (close_connection) {
      ::shutdown(socket, SHUT_WR);
      drain(socket);
      close_connection = false;
    }
    httplib::detail::shutdown_socket(socket);
    httplib::detail::close_socket(socket);
    return served;
  }

  const Router* router_ = nullptr;
};

eventstore::Stored<std::unique_ptr<HttpServer>> HttpServer::bind(const Options& options) {
  using eventstore::StoreError;
  if (options.address != "127.0.0.1" && options.address != "localhost") {
    return Failure{StoreError{
        StoreError::Kind::Unsupported,
        fmt::format("http listens on loopback only (127.0.0.1), not on {}: callers don't have to "
                    "show yet who they are",
                    options.address)}};
  }
  auto listener = std::make_unique<Listener>(options);
  const int port = options.port == 0
                       ? listener->bind_to_any_port("127.0.0.1")
                       : (listener->bind_to_port("127.0.0.1", options.port) ? options.port : -1);
  if (port <= 0) {
    return Failure{StoreError{StoreError::Kind::Unavailable,
                              fmt::format("127.0.0.1:{} can't be bound", options.port)}};
  }
  return std::unique_ptr<HttpServer>(
      new HttpServer(std::move(listener), static_cast<std::uint16_t>(port)));
}

eventstore::Stored<std::unique_ptr<HttpServer>> HttpServer::start(const Router& router,
                                                                  const Options& options) {
  auto server = bind(options);
  if (server) server.value()->serve(router);
  return server;
}

HttpServer::HttpServer(std::unique_ptr<Listener> listener, std::uint16_t port)
    : listener_(std::move(listener)), port_(port) {}

void HttpServer::serve(const Router& router) {
  listener_->answer_with(router);
  thread_ = std::thread([this] { listener_->listen_after_bind(); });
  listener_->wait_until_ready();
  spdlog::info("http listens on 127.0.0.1:{}, loopback only: every caller is the administrator",
               port_);
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
