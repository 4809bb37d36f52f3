// The purge hook: what it sends, and what it takes for told.
#include "api/http/purge_hook.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cassette::api {
namespace {

using Paths = std::vector<std::string>;

// Takes one request a connection, and answers each with the same status.
class Listener {
 public:
  explicit Listener(int status) : status_(status), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket_, raw, size) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
    REQUIRE(::getsockname(socket_, raw, &size) == 0);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::jthread([this] { run(); });
  }
  ~Listener() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  Paths requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  std::string url;

 private:
  void run() {
    for (int peer = 0; (peer = ::accept(socket_, nullptr, nullptr)) >= 0; ::close(peer)) {
      std::string request;
      std::array<char, 65536> buffer;
      while (!whole(request)) {
        const ssize_t size = ::recv(peer, buffer.data(), buffer.size(), 0);
        if (size <= 0) break;
        request.append(buffer.data(), static_cast<std::size_t>(size));
      }
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      const std::string answer = "HTTP/1.1 " + std::to_string(status_) +
                                 " So\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
      ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  static bool whole(const std::string& request) {
    const std::size_t head = request.find("\r\n\r\n");
    const std::size_t length = request.find("Content-Length: ");
    return head != std::string::npos && length != std::string::npos &&
           request.size() >= head + 4 + std::stoul(request.substr(length + 16));
  }

  const int status_;
  const int socket_;
  std::mutex mutex_;
  Paths requests_;
  std::jthread thread_;
};

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("paths are posted as JSON, to the path and query of the URL") {
  Listener listener(204);
  PurgeHook hook(listener.url + "/purge?zone=7");
  CHECK(hook.purge(Paths{"/vendors/1", "/vendors/1/products/2"}).ok());
  CHECK(hook.purge_all().ok());
  const Paths requests = listener.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].starts_with("POST /purge?zone=7 HTTP/1.1\r\n"));
  CHECK(requests[0].find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(body_of(requests[0]) ==
        R"({"everything":false,"paths":["/vendors/1","/vendors/1/products/2"]})");
  CHECK(body_of(requests[1]) == R"({"everything":true,"paths":[]})");
}

TEST_CASE("many paths are several calls") {
  Listener listener(200);
  PurgeHook hook(listener.url);
  CHECK(hook.purge(Paths(kPathsOfOneCall + 1, "/vendors/1")).ok());
  const Paths requests = listener.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].starts_with("POST / HTTP/1.1\r\n"));
  CHECK(body_of(requests[1]) == R"({"everything":false,"paths":["/vendors/1"]})");
}

TEST_CASE("whatever is not a success is not told, and no redirect is followed") {
  for (const int status : {302, 404, 500}) {
    CAPTURE(status);
    Listener listener(status);
    PurgeHook hook(listener.url + "/purge");
    CHECK_FALSE(hook.purge(Paths{"/vendors/1"}).ok());
    CHECK(listener.requests().size() == 1);
  }
  PurgeHook nobody("http://127.0.0.1:1/purge");
  CHECK_FALSE(nobody.purge_all().ok());
}

}  // namespace cassette::api
