// HttpServer: the listener. It reads requests off connections, plain or under TLS, hands them to
// the router and writes what it answers. Bodies past their route's limit are read and thrown away;
// requests that two parsers could read differently are refused and their connection closed; whoever
// sends too slowly is not waited for. It knows no route.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/http/router.h"
#include "api/http/wire.h"
#include "api/identity/tls.h"
#include "eventstore/store_error.h"

namespace cassette::api {

class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";  // an IP address, or "localhost"
    std::uint16_t port = 0;             // 0: one that is free
    std::optional<TlsFiles> tls;        // none: plain HTTP
    // Plain HTTP on an address that others reach, which can read along and change what is said.
    bool insecure_http = false;
    // A keep-alive connection holds a thread while it is open, idle or not; once three quarters of
    // them are held, idle ones are closed within half a second.
    std::size_t threads = 256;
    // Connections waiting for a thread; more are closed.
    std::size_t max_queued_connections = 1024;
    Patience patience = {};
    // IP addresses of proxies: what one of them names in X-Real-IP is whose request it is. Anybody
    // else's X-Real-IP says nothing.
    std::vector<std::string> trusted_proxies = {};
    // Requests of one connection: it is closed after so many, so that others get its thread.
    std::size_t max_requests = 100'000;
  };

  // Takes the port; whoever connects waits until `serve`. Unsupported for plain HTTP on an address
  // that is not loopback, unless `insecure_http`, and as of TlsContext::load; Unavailable when the
  // address can't be bound.
  static eventstore::Stored<std::unique_ptr<HttpServer>> bind(const Options& options);
  // Serves on threads of its own until `stop`. Once. `router` outlives the server.
  void serve(const Router& router);
  // Both.
  static eventstore::Stored<std::unique_ptr<HttpServer>> start(const Router& router,
                                                               const Options& options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const { return port_; }
  // "https://[::1]:8443".
  const std::string& url() const { return url_; }

  // TlsContext::reload; nothing to do without TLS. From any thread.
  eventstore::Stored<eventstore::Done> reload_certificate();

  // Accepts no more, answers what is in flight, then ends the threads. Blocks until then. Twice is
  // no error.
  void stop();

 private:
  class Listener;
  HttpServer(std::unique_ptr<TlsContext> tls, std::unique_ptr<Listener> listener,
             std::uint16_t port, std::string url);

  std::unique_ptr<TlsContext> tls_;
  std::unique_ptr<Listener> listener_;
  std::uint16_t port_;
  std::string url_;
  std::thread thread_;
};

}  // namespace cassette::api
