// PlainServer: requests without a body are answered before the library routes them, as Cassette's
// listener answers them.
#include "bench/plain_server.h"

#include <thread>

#include <fmt/format.h>
#include <httplib.h>

#include "api/http/server.h"
#include "bench/market.h"

namespace cassette::bench {

class PlainServer::Listener {
 public:
  explicit Listener(std::string constant) : constant_(std::move(constant)) {
    configure();
    port_ = server_.bind_to_any_port("127.0.0.1");
    if (port_ <= 0) give_up("no port of 127.0.0.1 is free");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    server_.wait_until_ready();
  }
  ~Listener() {
    server_.stop();
    thread_.join();
  }
  int port() const { return port_; }

 private:
  void configure() {
    const api::HttpServer::Options options;
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_max_count(options.max_requests);
    server_.set_keep_alive_timeout(
        std::chrono::ceil<std::chrono::seconds>(options.patience.idle).count());
    server_.set_read_timeout(
        std::chrono::ceil<std::chrono::seconds>(options.patience.read).count());
    server_.set_write_timeout(
        std::chrono::ceil<std::chrono::seconds>(options.patience.write).count());
    server_.new_task_queue = [options] {
      return std::make_unique<httplib::ThreadPool>(options.threads, options.max_queued_connections)
          .release();
    };
    using Handled = httplib::Server::HandlerResponse;
    server_.set_pre_routing_handler([this](const auto& request, auto& response) {
      if (request.method != "GET") return Handled::Unhandled;
      response.status = 200;
      response.set_content(constant_, "application/json");
      return Handled::Handled;
    });
    server_.Post(".*", [](const auto&, auto& response, const httplib::ContentReader& reader) {
      std::string body;
      reader([&body](const char* data, std::size_t size) {
        body.append(data, size);
        return true;
      });
      response.status = 201;
      response.set_content(std::move(body), "application/json");
    });
  }

  const std::string constant_;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

PlainServer::PlainServer(std::string constant)
    : listener_(std::make_unique<Listener>(std::move(constant))) {}

PlainServer::~PlainServer() = default;

std::string PlainServer::url() const {
  return fmt::format("http://127.0.0.1:{}", listener_->port());
}

}  // namespace cassette::bench
