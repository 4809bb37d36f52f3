// Attacks on the listener: floods of headers and bodies, whoever sends slowly, and paths that try
// to be others.
#include <doctest/doctest.h>

#include <chrono>

#include "tests/unit/api/served.h"

namespace cassette::api {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How long anything may take that is expected to happen.
constexpr milliseconds kLimit{20'000};
// Of the listeners here: what a whole request may take.
constexpr milliseconds kRequest{700};

// Sends `bytes` one by one, each after a wait that is far below what is between two bytes allowed,
// until the other side says something or ends. How long that took from `start`.
milliseconds dribble(Connection& connection, std::string_view bytes,
                     Clock::time_point start = Clock::now()) {
  for (const char byte : bytes) {
    connection.send(std::string_view(&byte, 1));
    if (connection.readable(milliseconds(20)) || Clock::now() - start > kLimit) break;
  }
  return std::chrono::duration_cast<milliseconds>(Clock::now() - start);
}

HttpServer::Options impatient(std::size_t threads) {
  HttpServer::Options options;
  options.threads = threads;
  options.patience.request = kRequest;
  return options;
}

}  // namespace

TEST_CASE("too many headers, or too long ones, are refused and their connection closed") {
  Served served;
  std::string many;
  for (int i = 0; i < 200; ++i) many += "X-" + std::to_string(i) + ": x\r\n";
  const std::string long_one = "X-Long: " + std::string(9'000, 'x') + "\r\n";
  const std::string endless = "X-Endless: " + std::string(40'000, 'x') + "\r\n";
  for (const std::string& headers : {many, long_one, endless}) {
    Connection connection(served.server->port());
    connection.send(request("GET /vendors/7", headers));
    const std::string response = connection.receive();
    CHECK(response.starts_with("HTTP/1.1 400"));
    CHECK(response.find("/problems/malformed-request") != std::string::npos);
    CHECK(connection.closed());
  }
  std::string some;
  for (int i = 0; i < 90; ++i) some += "X-" + std::to_string(i) + ": x\r\n";
  CHECK(served.ask(request("GET /vendors/7", some)).starts_with("HTTP/1.1 200"));
}

TEST_CASE("header lines that are no headers are refused") {
  Served served;
  for (const std::string headers :
       {"no colon\r\n", ": no name\r\n", "X: a\rb\r\n", "X: a\x01\r\n"}) {
    CAPTURE(headers);
    const std::string response = served.ask(request("GET /vendors/7", headers));
    CHECK(response.find("HTTP/1.1 200") == std::string::npos);
  }
  CHECK(served.ask(request("GET /vendors/7", std::string("X: a\0b\r\n", 8))).find("HTTP/1.1 200") ==
        std::string::npos);
}

// A thread was held for as long as the next byte came within five seconds.
TEST_CASE("whoever sends a request a byte at a time is cut off when its time is over") {
  Served served(impatient(4));
  Connection headers(served.server->port());
  const Clock::time_point start = Clock::now();  // the server's is later
  headers.send("GET /vendors/7 HTTP/1.1\r\n");
  const milliseconds took = dribble(headers, "X: " + std::string(5'000, 'x'), start);
  CHECK(took >= kRequest - milliseconds(50));
  CHECK(took < 6 * kRequest);
  const std::string response = headers.receive();
  CHECK(response.starts_with("HTTP/1.1 408"));
  CHECK(response.find("/problems/request-timeout") != std::string::npos);
  CHECK(headers.closed());

  Connection body(served.server->port());
  body.send(request("POST /vendors", kAsJson + "Content-Length: 5000\r\n"));
  CHECK(dribble(body, std::string(5'000, ' ')) < 6 * kRequest);
  CHECK(body.receive().starts_with("HTTP/1.1 408"));
  CHECK(body.closed());
  CHECK(served.gateway.requests.empty());
}

TEST_CASE("two hundred slow connections keep nobody from being served, and are ended") {
  // Long enough for a hundred requests on any machine.
  constexpr milliseconds kSlow = kLimit / 4;
  HttpServer::Options options = impatient(256);
  options.patience.request = options.patience.read = kSlow;
  Served served(options);
  std::vector<std::unique_ptr<Connection>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<Connection>(served.server->port()));
    slow.back()->send("GET /vendors/7 HTTP/1.1\r\nX");
  }
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < 100; ++i) {
    CHECK(served.ask(request("GET /vendors/7")).starts_with("HTTP/1.1 200"));
  }
  CHECK(Clock::now() - start < kSlow);
  for (const auto& connection : slow) CHECK(connection->readable(kLimit));
  for (const auto& connection : slow) CHECK(connection->receive().starts_with("HTTP/1.1 408"));
}

TEST_CASE("whoever connects and says nothing is ended too") {
  HttpServer::Options options = impatient(4);
  options.patience.idle = milliseconds(200);
  Served served(options);
  Connection silent(served.server->port());
  CHECK(silent.readable(kLimit));
  CHECK(silent.closed());
}

// Idle connections held every thread for as long as they were kept.
TEST_CASE("idle connections give way when threads are few") {
  HttpServer::Options options = impatient(4);
  options.patience.idle = 10 * kLimit;
  Served served(options);
  std::vector<std::unique_ptr<Connection>> idle;
  for (int i = 0; i < 8; ++i) {
    idle.push_back(std::make_unique<Connection>(served.server->port()));
    idle.back()->send(request("GET /vendors/7"));
  }
  for (const auto& connection : idle) CHECK(connection->readable(kLimit));
  CHECK(served.ask(request("GET /vendors/7")).starts_with("HTTP/1.1 200"));
}

TEST_CASE("whoever takes no answer is not waited for") {
  HttpServer::Options options = impatient(1);
  options.patience.write = milliseconds(300);
  Served served(options);
  served.models.put(projections::Model::Vendors, "8", std::string(30'000'000, ' '), 1);
  Connection deaf(served.server->port());
  deaf.send(request("GET /vendors/8"));
  REQUIRE(deaf.readable(kLimit));
  // The one thread is free again, or this would not be answered.
  CHECK(served.ask(request("GET /vendors/7")).starts_with("HTTP/1.1 200"));
}

TEST_CASE("a flood of bodies past the limit is thrown away as it comes") {
  Served served;
  for (int i = 0; i < 5; ++i) {
    CHECK(served.ask(chunked("/vendors", 40, kMaxBodyBytes)).find("413") != std::string::npos);
  }
  // Past what is read for the answer's sake the connection is cut.
  Connection endless(served.server->port());
  endless.send(request("POST /vendors", kAsJson + "Content-Length: 99999999999\r\n"));
  CHECK(endless.receive().starts_with("HTTP/1.1 413"));
  CHECK(endless.closed());
  CHECK(served.gateway.requests.empty());
}

TEST_CASE("chunks that lie about their size are refused") {
  Served served;
  for (const std::string body : {"5\r\nab\r\n0\r\n\r\n", "-1\r\n\r\n", "g\r\nab\r\n", "\r\n\r\n"}) {
    CAPTURE(body);
    Connection connection(served.server->port());
    connection.send(request("POST /vendors", kAsJson + "Transfer-Encoding: chunked\r\n", body));
    ::shutdown(connection.socket(), SHUT_WR);
    const std::string response = connection.receive();
    CHECK(response.starts_with("HTTP/1.1 4"));
    CHECK(connection.closed());
  }
  CHECK(served.gateway.requests.empty());
}

TEST_CASE("no path is taken for another") {
  Served served;
  struct Trick {
    std::string path;
    const char* status;
  };
  const std::vector<Trick> tricks = {
      {"/vendors/7", "200"},
      {"/vendors/%37", "200"},  // an id in another spelling is that id
      {"/vendors/../vendors/7", "404"},
      {"/vendors/%2e%2e/vendors/7", "404"},
      {"/x/%2e%2e/vendors/7", "404"},
      {"/vendors/.", "400"},
      {"/vendors/%2e%2e", "400"},
      {"//vendors/7", "404"},
      {"/vendors//7", "404"},
      {"/vendors/7/", "404"},
      {"/vendors/7//", "404"},
      {"/vendors%2f7", "404"},
      {"/vendors%2F7", "404"},
      {"/vendors/7%2f..", "400"},
      {"/vendors/%252e", "400"},
      {"/vendors/7;x=1", "400"},
      {"/vendors/7%00", "400"},
      {"/vendors/7%0d%0a", "400"},
      {"/vendors/%c0%b7", "400"},  // overlong for '7'
      {"/vendors/%e0%80%b7", "400"},
      {"/vendors/%ff", "400"},
      {"/vendors/%u0037", "400"},
      {"/vendors\\7", "404"},
      {"/VENDORS/7", "404"},
      {"vendors/7", "400"},
      {"http://localhost/vendors/7", "400"},
      {"*", "400"},
  };
  for (const auto& [path, status] : tricks) {
    CAPTURE(path);
    const std::string response = served.ask(request("GET " + path));
    CHECK(response.substr(0, 12) == std::string("HTTP/1.1 ") + status);
  }
  const std::string cut = served.ask(std::string("GET /vendors/7\0 HTTP/1.1\r\n\r\n", 29));
  CHECK(cut.find("HTTP/1.1 200") == std::string::npos);
}

TEST_CASE("answers tell browsers what they may not do with them") {
  Served served;
  for (const std::string& bytes :
       {request("GET /vendors/7"), request("GET /nothing"), request("OPTIONS /vendors/7"),
        std::string("nonsense\r\n\r\n"), request("GET /vendors/7", "Content-Length: 1\r\n", "x")}) {
    CAPTURE(bytes);
    const std::string response = served.ask(bytes);
    for (const char* header :
         {"X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
          "Cross-Origin-Resource-Policy: same-origin\r\n", "X-Request-Id: "}) {
      CHECK_MESSAGE(response.find(header) != std::string::npos, header);
    }
    CHECK(response.find("Strict-Transport-Security") == std::string::npos);
    CHECK(response.find("Access-Control-Allow-Credentials") == std::string::npos);
  }
}

TEST_CASE("a request's id is taken when it is one, else made, and answered") {
  Served served;
  const auto id_of = [&](const std::string& given) {
    const std::string response = served.ask(
        request("GET /vendors/7", given.empty() ? "" : "X-Request-Id: " + given + "\r\n"));
    const std::size_t at = response.find("X-Request-Id: ");
    REQUIRE(at != std::string::npos);
    return response.substr(at + 14, response.find("\r\n", at) - at - 14);
  };
  CHECK(id_of("trace-1.a_B") == "trace-1.a_B");
  CHECK(id_of(std::string(64, 'a')) == std::string(64, 'a'));
  for (const std::string& odd : {std::string(), std::string(65, 'a'), std::string("a b"),
                                 std::string("a,b"), std::string("\"a\""), std::string("é")}) {
    CAPTURE(odd);
    const std::string made = id_of(odd);
    CHECK(made.size() == 36);
    CHECK(made[14] == '7');
    CHECK(made != id_of(odd));
  }
}

}  // namespace cassette::api
