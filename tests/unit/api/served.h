// Served: all of api/http behind a listener on loopback, and raw connections to it, over which a
// test can say what no client would.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "api/http/server.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api {

// One connection; closed with the object.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{1, 0};  // a refused connection attempt is made again after a second
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // One response with a Content-Length; empty when the connection was closed.
  std::string receive() {
    std::string head = receive_until("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    const std::size_t length = std::stoul(head.substr(at + 16));
    while (rest_.size() < length && more()) {
    }
    std::string response = head + rest_.substr(0, length);
    rest_.erase(0, length);
    return response;
  }

  bool closed() { return rest_.empty() && !more(); }

  // Whether bytes or the end have come, after at most `wait`.
  bool readable(std::chrono::milliseconds wait) {
    pollfd descriptor{socket_, POLLIN, 0};
    return ::poll(&descriptor, 1, static_cast<int>(wait.count())) > 0;
  }
  int socket() const { return socket_; }

 private:
  std::string receive_until(std::string_view end) {
    while (rest_.find(end) == std::string::npos) {
      if (!more()) return {};
    }
    std::string taken = rest_.substr(0, rest_.find(end) + end.size());
    rest_.erase(0, taken.size());
    return taken;
  }
  bool more() {
    std::array<char, 65536> buffer;
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size <= 0) return false;
    rest_.append(buffer.data(), static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  std::string rest_;
};

struct Served : Desk {
  static HttpServer::Options few_threads() {
    HttpServer::Options options;
    options.threads = 4;
    return options;
  }
  explicit Served(HttpServer::Options options = few_threads()) {
    server = HttpServer::start(router, options).value();
    models.put(projections::Model::Vendors, "7", R"({"vendorId":"7"})", 3);
  }
  std::string ask(const std::string& request) {
    Connection connection(server->port());
    connection.send(request);
    return connection.receive();
  }
  std::unique_ptr<HttpServer> server;
};

inline std::string request(const std::string& line, const std::string& headers = "",
                           const std::string& body = "") {
  return line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body;
}

inline const std::string kAsJson = "Content-Type: application/json\r\n";

inline std::string post(const std::string& target, const std::string& body) {
  return request("POST " + target,
                 kAsJson + "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}

inline std::string chunked(const std::string& target, std::size_t chunks, std::size_t chunk_bytes) {
  std::string body;
  std::array<char, 16> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", chunk_bytes);
  for (std::size_t i = 0; i < chunks; ++i) {
    body.append(size.data()).append(chunk_bytes, ' ').append("\r\n");
  }
  return request("POST " + target, kAsJson + "Transfer-Encoding: chunked\r\n", body + "0\r\n\r\n");
}

}  // namespace cassette::api
