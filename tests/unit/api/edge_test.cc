// The edge: addresses, names in Host, origins of pages, and the flags that they come from.
#include "api/http/edge.h"

#include <doctest/doctest.h>

#include "api/edge_settings.h"
#include "api/http/addresses.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

std::string refusal_of(const UpSettings& settings) {
  const auto edge = edge_of(settings);
  return edge ? std::string() : edge.error().what;
}

UpSettings at(std::string http) {
  UpSettings settings;
  settings.http = std::move(http);
  return settings;
}

RequestHeaders from(std::string origin) {
  RequestHeaders headers;
  headers.origin = std::move(origin);
  return headers;
}

const std::string kShop = "https://shop.example";

}  // namespace

TEST_CASE("an address to listen at is an IP address and a port") {
  const auto parsed = parse_listen_address("[::1]:8080");
  REQUIRE(parsed);
  CHECK(parsed->host == "::1");
  CHECK(parsed->port == 8080);
  for (const char* good : {"127.0.0.1:0", "0.0.0.0:65535", "localhost:80", "[::]:0"}) {
    CHECK_MESSAGE(parse_listen_address(good), good);
  }
  for (const char* bad :
       {"127.0.0.1", ":80", "example.com:80", "::1:80", "[127.0.0.1]:80", "127.0.0.1:65536",
        "127.0.0.1:-1", "[::1]", "[::1:80", "[localhost]:80", "1.2.3:80", "127.0.0.1:"}) {
    CHECK_FALSE_MESSAGE(parse_listen_address(bad), bad);
  }
}

TEST_CASE("limits see an IPv4 address, and of IPv6 the network") {
  CHECK(subscriber_of("192.0.2.1") == "192.0.2.1");
  CHECK(subscriber_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
  CHECK(subscriber_of("2001:db8:1:2::ffff") == subscriber_of("2001:db8:1:2:a::"));
  CHECK(subscriber_of("2001:db8:1:3::1") != subscriber_of("2001:db8:1:2::1"));
  CHECK(subscriber_of("") == "");
}

TEST_CASE("names in Host: loopback's always, others by list, any where that is the rule") {
  EdgeRules rules;
  rules.hosts = {"shop.example"};
  for (const char* own :
       {"", "localhost", "127.0.0.1:80", "[::1]", "shop.example", "Shop.Example:8080"}) {
    CHECK_MESSAGE(rules.serves(own), own);
  }
  for (const char* other :
       {"evil.example", "shop.example.evil.example", "shop.example, evil.example",
        "shop.example:80:80", "[::2]", "shop.example:x"}) {
    CHECK_FALSE_MESSAGE(rules.serves(other), other);
  }
  rules.any_host = true;
  CHECK(rules.serves("evil.example"));
}

TEST_CASE("pages of listed origins may read, and no others, whoever they resemble") {
  Desk desk;
  desk.services.edge.origins = {kShop};
  desk.services.edge.loopback_origins = false;
  const Response listed = desk.send("GET", "/vendors", "", from(kShop));
  CHECK(header_of(listed, "Access-Control-Allow-Origin") == kShop);
  CHECK(header_of(listed, "Access-Control-Allow-Credentials") == "");
  CHECK(header_of(listed, "Access-Control-Expose-Headers").find("RateLimit") != std::string::npos);
  for (const std::string& origin :
       {std::string("http://shop.example"), kShop + ":8443", kShop + ".evil.example",
        std::string("https://a.shop.example"), std::string("null"), std::string("http://localhost"),
        std::string("https://SHOP.example")}) {
    CAPTURE(origin);
    const Response other = desk.send("GET", "/vendors", "", from(origin));
    CHECK(other.status == 200);
    CHECK(header_of(other, "Access-Control-Allow-Origin") == "");
    // Else a cache would give one page's answer to another.
    CHECK(header_of(other, "Vary") == "Origin");
  }
  CHECK(header_of(desk.get("/vendors"), "Vary") == "Origin");
}

TEST_CASE("a preflight is answered for listed origins, without a token") {
  Desk desk;
  desk.services.edge.origins = {kShop};
  const Response listed = desk.send("OPTIONS", "/vendors/7", "", from(kShop));
  CHECK(listed.status == 204);
  CHECK(header_of(listed, "Access-Control-Allow-Methods") == "GET, HEAD, PATCH, OPTIONS");
  CHECK(header_of(listed, "Access-Control-Allow-Headers").find("Authorization") !=
        std::string::npos);
  const Response other = desk.send("OPTIONS", "/vendors/7", "", from("https://evil.example"));
  CHECK(header_of(other, "Access-Control-Allow-Methods") == "");
}

// A page elsewhere can't send a token by a browser that does not let it.
TEST_CASE("an origin keeps nobody from writing where a token is what counts") {
  Desk desk;
  desk.services.edge.origins = {kShop};
  const std::string body = R"({"name":"n"})";
  CHECK(desk.send("POST", "/vendors", body, from("https://evil.example")).status == 403);
  CHECK(desk.send("POST", "/vendors", body, from(kShop)).status != 403);
  desk.services.edge.origin_is_authority = false;
  CHECK(desk.send("POST", "/vendors", body, from("https://evil.example")).status != 403);
}

TEST_CASE("the edge of the defaults: loopback, its names, and nobody's pages") {
  const Edge edge = edge_of(UpSettings{}).value();
  CHECK(edge.listener.address == "127.0.0.1");
  CHECK(edge.listener.port == 8080);
  CHECK_FALSE(edge.rules.any_host);
  CHECK_FALSE(edge.rules.loopback_origins);
  CHECK_FALSE(edge.rules.origin_is_authority);
  UpSettings open;
  open.insecure_no_auth = true;
  CHECK(edge_of(open).value().rules.loopback_origins);
  CHECK(edge_of(open).value().rules.origin_is_authority);
}

TEST_CASE("where others reach it any name is served, until some are listed") {
  UpSettings settings = at("0.0.0.0:80");
  CHECK(edge_of(settings).value().rules.any_host);
  settings.edge.allow_hosts = {"Shop.example:8080"};
  const EdgeRules rules = edge_of(settings).value().rules;
  CHECK_FALSE(rules.any_host);
  CHECK(rules.serves("shop.example"));
  CHECK_FALSE(rules.serves("other.example"));
}

TEST_CASE("flags that can't be are refused by name") {
  CHECK(refusal_of(at("127.0.0.1")).find("--http") != std::string::npos);
  for (const char* reached : {"0.0.0.0:0", "[::]:0", "192.0.2.1:80"}) {
    UpSettings settings = at(reached);
    settings.insecure_no_auth = true;
    CHECK_MESSAGE(refusal_of(settings).find("--insecure-no-auth") != std::string::npos, reached);
  }
  for (const char* origin :
       {"*", "null", "shop.example", "https://shop.example/", "https://",
        "https://shop.example:443", "https://Shop.example", "ftp://a", "https://a@b"}) {
    UpSettings settings;
    settings.edge.cors_origins = {origin};
    CHECK_MESSAGE(refusal_of(settings).find("--cors-origin") != std::string::npos, origin);
  }
  UpSettings settings;
  settings.edge.cors_origins = {"https://shop.example:8443", "http://[::1]:3000", kShop};
  CHECK(refusal_of(settings) == "");
  settings.edge.allow_hosts = {"a b"};
  CHECK(refusal_of(settings).find("--allow-host") != std::string::npos);
  settings.edge.allow_hosts = {};
  settings.edge.rate_limits = {"vendor.write=fast"};
  CHECK(refusal_of(settings).find("--rate-limit") != std::string::npos);
  settings.edge.rate_limits = {};
  settings.edge.tls_cert = "cert.pem";
  settings.demo = true;
  CHECK(refusal_of(settings).find("--demo") != std::string::npos);
}

}  // namespace cassette::api
