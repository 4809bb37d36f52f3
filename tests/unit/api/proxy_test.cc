// Behind a proxy: whose a request is by X-Real-IP, where the proxy is one that we trust, and nobody
// else's word for it.
#include "api/edge_settings.h"
#include "api/http/addresses.h"
#include "tests/unit/api/identity_rig.h"
#include "tests/unit/api/served.h"

namespace cassette::api {
namespace {

// The address that the log has a refused request of, sent over loopback with these header lines.
std::string address_seen(std::vector<std::string> proxies, const std::string& lines) {
  IdentityRig rig;
  RememberingLog log;
  HttpServer::Options options;
  options.threads = 4;
  options.trusted_proxies = std::move(proxies);
  Served served(options);
  served.services.identity = rig.identity.get();
  served.services.security = &log;
  CHECK(served.ask(request("GET /orders", lines)).starts_with("HTTP/1.1 401"));
  served.server->stop();
  REQUIRE(log.events.size() == 1);
  return log.events.front().address;
}

}  // namespace

TEST_CASE("a proxy that is trusted says whose the request is") {
  CHECK(address_seen({"127.0.0.1"}, "X-Real-IP: 192.0.2.7\r\n") == "192.0.2.7");
  CHECK(address_seen({"::1", "127.0.0.1"}, "x-real-ip: 2001:DB8::7\r\n") == "2001:db8::7");
}

TEST_CASE("nobody else's word counts, and none that is no address, or two") {
  const std::string named = "X-Real-IP: 192.0.2.7\r\n";
  CHECK(address_seen({}, named) == "127.0.0.1");
  CHECK(address_seen({"192.0.2.1"}, named) == "127.0.0.1");
  for (const std::string lines :
       {"", "X-Real-IP: \r\n", "X-Real-IP: shop.example\r\n", "X-Real-IP: 192.0.2.7, 192.0.2.8\r\n",
        "X-Forwarded-For: 192.0.2.7\r\n"}) {
    CAPTURE(lines);
    CHECK(address_seen({"127.0.0.1"}, lines) == "127.0.0.1");
  }
  CHECK(address_seen({"127.0.0.1"}, named + "X-Real-IP: 192.0.2.8\r\n") == "127.0.0.1");
}

TEST_CASE("an address has one spelling, and a name is none") {
  CHECK(ip_address("192.0.2.7") == "192.0.2.7");
  CHECK(ip_address("2001:DB8:0::7") == "2001:db8::7");
  CHECK(ip_address("::ffff:192.0.2.7") == "192.0.2.7");
  for (const char* none : {"", "localhost", "192.0.2", "192.0.2.256", "[::1]", "192.0.2.7 "}) {
    CHECK_MESSAGE(ip_address(none).empty(), none);
  }
}

TEST_CASE("proxies and hooks that are none are refused by name") {
  UpSettings settings;
  settings.edge.trusted_proxies = {"::ffff:10.0.0.1", "::1"};
  settings.edge.purge_hook = "https://cdn.example/purge";
  const auto edge = edge_of(settings);
  REQUIRE(edge.ok());
  CHECK(edge.value().listener.trusted_proxies == std::vector<std::string>{"10.0.0.1", "::1"});
  UpSettings no_address;
  no_address.edge.trusted_proxies = {"proxy.example"};
  REQUIRE_FALSE(edge_of(no_address).ok());
  CHECK(edge_of(no_address).error().what.starts_with("--trusted-proxy"));
  UpSettings no_url;
  no_url.edge.purge_hook = "http://cdn.example/purge";
  REQUIRE_FALSE(edge_of(no_url).ok());
  CHECK(edge_of(no_url).error().what.starts_with("--edge-purge-hook"));
}

}  // namespace cassette::api
