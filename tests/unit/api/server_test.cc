// The listener on a loopback socket: framing, limits, keeping and closing connections, stopping.
#include <doctest/doctest.h>

#include <future>
#include <latch>

#include "tests/unit/api/served.h"

namespace cassette::api {
namespace {

TEST_CASE("a connection is kept, and every kind of request answered on it") {
  Served served;
  Connection connection(served.server->port());
  connection.send(request("GET /vendors/7"));
  std::string response = connection.receive();
  CHECK(response.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(response.find("ETag: \"3\"\r\n") != std::string::npos);
  CHECK(response.ends_with(R"({"vendorId":"7"})"));

  connection.send(request("GET /vendors/7", "If-None-Match: \"3\"\r\n"));
  CHECK(connection.receive().starts_with("HTTP/1.1 304"));
  connection.send(request("OPTIONS /vendors/7"));
  CHECK(connection.receive().starts_with("HTTP/1.1 204"));
  connection.send(post("/vendors", R"({"vendorId":"7","name":"n"})"));
  CHECK(connection.receive().starts_with("HTTP/1.1 201"));
  connection.send(chunked("/vendors", 1, 3));
  CHECK(connection.receive().find("malformed-request") != std::string::npos);
  connection.send(request("GET /vendors/7", "Connection: close\r\n"));
  CHECK(connection.receive().starts_with("HTTP/1.1 200"));
  CHECK(connection.closed());
}

TEST_CASE("a POST without length or body is answered at once") {
  Served served;
  Connection connection(served.server->port());
  connection.send(request("POST /orders/o-1/confirmation"));
  CHECK(connection.receive().starts_with("HTTP/1.1 404"));
  connection.send(request("DELETE /customers/c"));
  CHECK(connection.receive().starts_with("HTTP/1.1 204"));
}

TEST_CASE("a body past the limit is 413, chunked or not, and the connection goes on") {
  Served served;
  Connection connection(served.server->port());
  connection.send(post("/vendors", std::string(kMaxBodyBytes + 1, ' ')));
  CHECK(connection.receive().starts_with("HTTP/1.1 413"));
  connection.send(chunked("/vendors", 10, kMaxBodyBytes));
  CHECK(connection.receive().find("/problems/body-too-large") != std::string::npos);
  connection.send(request("GET /vendors/7"));
  CHECK(connection.receive().starts_with("HTTP/1.1 200"));
  connection.send(post("/vendors", std::string(kMaxBodyBytes, ' ')));
  CHECK(connection.receive().starts_with("HTTP/1.1 400"));
}

TEST_CASE("what two parsers could read differently is refused, and the connection closed") {
  Served served;
  const std::string smuggled = "GET /vendors/7 HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::vector<std::string> ambiguous = {
      request("POST /vendors", kAsJson + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
              "0\r\n\r\n" + smuggled),
      request("POST /vendors", kAsJson + "Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
      request("POST /vendors", kAsJson + "Content-Length: +2\r\n", "{}"),
      request("POST /vendors", kAsJson + "Content-Length: 2x\r\n", "{}"),
      request("POST /vendors", kAsJson + "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
      request("POST /vendors", kAsJson + "Content-Length: %32\r\n", "{}"),
      request("POST /vendors", kAsJson + "Transfer-Encoding: %63hunked\r\n", "0\r\n\r\n"),
      request("GET /vendors/7", "Content-Length: 40\r\n", smuggled),
      request("HEAD /vendors/7", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      request("POST /vendors", kAsJson + "Content-Encoding: gzip\r\nContent-Length: 2\r\n", "{}"),
      request("POST /vendors",
              "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 2\r\n", "{}"),
      request("DELETE /customers/c", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled),
  };
  for (const std::string& bytes : ambiguous) {
    CAPTURE(bytes);
    Connection connection(served.server->port());
    connection.send(bytes);
    const std::string response = connection.receive();
    CHECK((response.starts_with("HTTP/1.1 400") || response.starts_with("HTTP/1.1 415")));
    CHECK(response.find("Connection: close\r\n") != std::string::npos);
    CHECK(connection.closed());
  }
  CHECK(served.gateway.requests.empty());
}

// a%2Fb and a/b were one key: the second request was answered with what the first had done.
TEST_CASE("the values of headers are taken as they are sent") {
  Served served;
  const std::string body = R"({"name":"n"})";
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  for (const char* key : {"a%2Fb", "a/b", "%zz"}) {
    served.ask(
        request("POST /vendors", kAsJson + length + "Idempotency-Key: " + key + "\r\n", body));
  }
  REQUIRE(served.gateway.requests.size() == 3);
  CHECK(served.gateway.requests[0].id != served.gateway.requests[1].id);
  const auto& command = std::get<domain::RegisterVendor>(served.gateway.requests[0].command);
  const auto& other = std::get<domain::RegisterVendor>(served.gateway.requests[1].command);
  CHECK(command.vendor_id != other.vendor_id);
}

TEST_CASE("what is no HTTP is a problem too") {
  Served served;
  CHECK(served.ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
  CHECK(served.ask("BREW /vendors HTTP/1.1\r\n\r\n").find("/problems/") != std::string::npos);
  CHECK(served.ask(request("GET /" + std::string(100'000, 'a'))).empty());
  const std::string many = "/inventory?item=" + std::string(64, 'v') + "/" + std::string(64, 'p');
  std::string target = many;
  for (int i = 1; i < 100; ++i) target += "&" + many.substr(11);
  CHECK(served.ask(request("GET " + target)).starts_with("HTTP/1.1 200"));
}

// A path of 28,000 characters ended the process when a body came with it: the stack ran out.
TEST_CASE("a long path is refused, with a body and without") {
  Served served;
  const std::string path = "/" + std::string(28'000, 'a');
  for (const std::string& bytes :
       {post(path, "{}"), request("DELETE " + path), request("GET /" + std::string(1024, 'a'))}) {
    const std::string response = served.ask(bytes);
    CHECK(response.starts_with("HTTP/1.1 414"));
    CHECK(response.find("/problems/path-too-long") != std::string::npos);
  }
  CHECK(served.ask(post("/" + std::string(1023, 'a'), "{}")).starts_with("HTTP/1.1 404"));
}

// A write was committed and answered with 416 and nothing else.
TEST_CASE("a range is not served, and hides no answer") {
  Served served;
  const std::string range = "Range: bytes=99999-\r\n";
  const std::string read = served.ask(request("GET /vendors/7", range));
  CHECK(read.starts_with("HTTP/1.1 200"));
  CHECK(read.ends_with(R"({"vendorId":"7"})"));
  const std::string body = R"({"vendorId":"7","name":"n"})";
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  CHECK(served.ask(request("POST /vendors", kAsJson + range + length, body))
            .starts_with("HTTP/1.1 201"));
}

TEST_CASE("an oversized chunk can't overflow the limit") {
  Served served;
  const std::string response = served.ask(request(
      "POST /vendors", kAsJson + "Transfer-Encoding: chunked\r\n", "fffffffffffffffe\r\nabc\r\n"));
  CHECK(response.starts_with("HTTP/1.1 413"));
}

TEST_CASE("plain HTTP goes beyond loopback only when it is asked for by name") {
  Desk desk;
  for (const char* address : {"0.0.0.0", "::"}) {
    HttpServer::Options options;
    options.address = address;
    const auto refused = HttpServer::start(desk.router, options);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.find("--insecure-http") != std::string::npos);
    options.insecure_http = true;
    const auto server = HttpServer::start(desk.router, options);
    REQUIRE(server);
    Connection connection(server.value()->port());
    connection.send(request("GET /vendors/7"));
    CHECK(connection.receive().starts_with("HTTP/1.1 404"));
  }
}

TEST_CASE("an address of IPv6 is listened on, and named in brackets") {
  Desk desk;
  HttpServer::Options options;
  options.address = "::1";
  const auto server = HttpServer::start(desk.router, options).value();
  CHECK(server->url() == "http://[::1]:" + std::to_string(server->port()));
  HttpServer::Options same = options;
  same.port = server->port();
  CHECK_FALSE(HttpServer::bind(same));
}

// The rest of what came with one read was lost with the library's stream.
TEST_CASE("requests that come at once are answered one after another") {
  Served served;
  Connection connection(served.server->port());
  std::string all;
  for (int i = 0; i < 10; ++i) all += request("GET /vendors/7");
  connection.send(all);
  for (int i = 0; i < 10; ++i) CHECK(connection.receive().starts_with("HTTP/1.1 200"));
}

TEST_CASE("a port that is taken is a clear error") {
  Served served;
  HttpServer::Options options;
  options.port = served.server->port();
  const auto refused = HttpServer::start(served.router, options);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == eventstore::StoreError::Kind::Unavailable);
}

TEST_CASE("a port is taken before it is served, and whoever connects is answered then") {
  Desk desk;
  auto server = HttpServer::bind({}).value();
  HttpServer::Options options;
  options.port = server->port();
  CHECK_FALSE(HttpServer::bind(options));
  {
    Connection early(server->port());
    early.send(request("GET /vendors/7"));
    server->serve(desk.router);
    CHECK(early.receive().starts_with("HTTP/1.1 404"));
  }
  server.reset();
  server = HttpServer::bind(options).value();
  server.reset();
  CHECK(HttpServer::bind(options));
}

// The library's backlog of five made every further connection of a burst wait for a second or more.
TEST_CASE("a burst of connections is taken at once") {
  auto server = HttpServer::bind({}).value();
  std::vector<std::unique_ptr<Connection>> burst;
  for (int n = 0; n < 200; ++n) burst.push_back(std::make_unique<Connection>(server->port()));
}

TEST_CASE("stopping answers what is in flight") {
  Served served;
  std::latch asked(1);
  std::latch go_on(1);
  served.gateway.answer = [&](const eventstore::Request& command) {
    asked.count_down();
    go_on.wait();
    return served.gateway.accept(command);
  };
  Connection connection(served.server->port());
  connection.send(post("/vendors", R"({"vendorId":"7","name":"n"})"));
  asked.wait();
  auto stopped = std::async(std::launch::async, [&] { served.server->stop(); });
  go_on.count_down();
  CHECK(connection.receive().starts_with("HTTP/1.1 201"));
  stopped.get();
  served.server->stop();
}

}  // namespace
}  // namespace cassette::api
