// HttpServer: the listener. It reads requests off loopback connections, hands them to the router
// and writes what it answers. Bodies past their route's limit are read and thrown away; requests
// that two parsers could read differently are refused and their connection closed. It knows no
// route.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "api/http/router.h"
#include "eventstore/store_error.h"

namespace cassette::api {

class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";  // loopback only
    std::uint16_t port = 0;             // 0: one that is free
    // A keep-alive connection holds a thread while it is open, idle or not.
    std::size_t threads = 256;
    // Connections waiting for a thread; more are closed.
    std::size_t max_queued_connections = 1024;
    std::chrono::seconds keep_alive{5};
    // Between two bytes of a request, and of a response.
    std::chrono::seconds read_timeout{5};
    std::chrono::seconds write_timeout{10};
    // Requests of one connection: it is closed after so many, so that others get its thread.
    std::size_t max_requests = 100'000;
  };

  // Takes the port; whoever connects waits until `serve`. Unsupported for an address that is not
  // loopback, Unavailable when it can't be bound.
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

  // Accepts no more, answers what is in flight, then ends the threads. Blocks until then. Twice is
  // no error.
  void stop();

 private:
  class Listener;
  HttpServer(std::unique_ptr<Listener> listener, std::uint16_t port);

  std::unique_ptr<Listener> listener_;
  std::uint16_t port_;
  std::thread thread_;
};

}  // namespace cassette::api
