// RawNats: one TCP connection that speaks NATS's text protocol a line at a time, so that a test
// sees what a server says to a client, and can be a client that NATS.c would not be.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace cassette::test {

class RawNats {
 public:
  // To a server on loopback: "nats://127.0.0.1:PORT". Reads its INFO.
  explicit RawNats(const std::string& url) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(
        std::strtoul(url.substr(url.rfind(':') + 1).c_str(), nullptr, 10)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    info_ = line();
    REQUIRE(info_.starts_with("INFO "));
  }
  ~RawNats() { ::close(socket_); }
  RawNats(const RawNats&) = delete;
  RawNats& operator=(const RawNats&) = delete;

  // What the server wants signed; empty when it asks for none.
  std::string nonce() const {
    static constexpr std::string_view kName = R"("nonce":")";
    const std::size_t at = info_.find(kName);
    if (at == std::string::npos) return {};
    const std::string rest = info_.substr(at + kName.size());
    return rest.substr(0, rest.find('"'));
  }

  void send(std::string_view text) {
    REQUIRE(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }

  // The next line without its end; empty when the server has closed, or is silent for long.
  std::string line() {
    static constexpr int kPatience_ms = 20'000;
    while (read_.find("\r\n") == std::string::npos) {
      pollfd ready{socket_, POLLIN, 0};
      char bytes[4096];
      if (::poll(&ready, 1, kPatience_ms) <= 0) return {};
      const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
      if (got <= 0) return {};
      read_.append(bytes, static_cast<std::size_t>(got));
    }
    const std::size_t end = read_.find("\r\n");
    const std::string first = read_.substr(0, end);
    read_.erase(0, end + 2);
    return first;
  }

  // CONNECT with these members, then PING: "PONG", or the server's no.
  std::string connect(std::string_view members) {
    send("CONNECT {\"verbose\":false,\"headers\":true" + std::string(members) + "}\r\nPING\r\n");
    return line();
  }

 private:
  int socket_;
  std::string info_;
  std::string read_;
};

}  // namespace cassette::test
