// The router: paths, methods, ids, types, keys, parameters and origins, before any handler.
#include <doctest/doctest.h>

#include <set>

#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using Texts = std::vector<std::string>;

Response with_headers(Desk& desk, std::string method, std::string target, RequestHeaders headers,
                      std::string body = {}) {
  return desk.send(std::move(method), std::move(target), std::move(body), std::move(headers));
}

TEST_CASE("operation ids and routes are unique") {
  std::set<std::string_view> operations;
  std::set<std::pair<std::string_view, std::string_view>> paths;
  for (const Route& route : routes()) {
    CHECK(operations.insert(route.operation_id).second);
    CHECK(paths.insert({route.method, route.pattern}).second);
  }
}

TEST_CASE("what is nowhere is 404, and what is not so is 405 with Allow") {
  Desk desk;
  for (const std::string target :
       {"/", "/nothing", "/vendors/", "/vendors//products", "/vendors/7/"}) {
    CHECK(problem_type(desk.get(target)) == "no-such-route");
  }
  const Response response = desk.send("DELETE", "/vendors/7");
  CHECK(response.status == 405);
  CHECK(header_of(response, "Allow") == "GET, HEAD, PATCH, OPTIONS");
  const Response options = desk.send("OPTIONS", "/vendors/7");
  CHECK(options.status == 204);
  CHECK(header_of(options, "Allow") == "GET, HEAD, PATCH, OPTIONS");
  CHECK(header_of(options, "Accept-Patch") == "application/merge-patch+json");
}

TEST_CASE("ids in paths") {
  Desk desk;
  for (const std::string& id : Texts{"a.b", "a%20b", "*", "%3E", "a%2Fb", std::string(65, 'a')}) {
    CAPTURE(id);
    const Response response = desk.get("/vendors/" + id);
    CHECK(response.status == 400);
    CHECK(problem_type(response) == "invalid-id");
    CHECK(problem_field(response) == "vendorId");
  }
  for (const std::string id : {"a%00", "%", "%2", "%zz", "%ff"}) {
    CAPTURE(id);
    CHECK(problem_type(desk.get("/vendors/" + id)) == "malformed-request");
  }
  desk.models.put(projections::Model::Vendors, "7", "{}", 1);
  CHECK(desk.get("/vendors/%37").status == 200);
}

TEST_CASE("types of bodies") {
  Desk desk;
  const auto typed = [&](const char* method, const char* target, const char* type) {
    RequestHeaders headers;
    headers.content_type = type;
    headers.idempotency_key = "k";
    return desk.router.handle({method, target, headers, "{}", false}).status;
  };
  CHECK(typed("POST", "/vendors", "text/plain") == 415);
  CHECK(typed("POST", "/vendors", "") == 415);
  CHECK(typed("POST", "/vendors", "application/merge-patch+json") == 415);
  CHECK(typed("POST", "/vendors", "Application/JSON; charset=utf-8") == 400);
  CHECK(typed("PATCH", "/vendors/7", "application/merge-patch+json") == 404);
  CHECK(typed("PATCH", "/vendors/7", "application/json") == 404);
  CHECK(typed("PATCH", "/vendors/7", "text/json") == 415);
  CHECK(typed("POST", "/vendors/7/inventory", "application/json") == 415);
  CHECK(typed("GET", "/vendors/7", "application/json") == 400);
}

TEST_CASE("a body past its route's limit is 413") {
  Desk desk;
  RequestHeaders headers;
  headers.content_type = kJson;
  CHECK(desk.router.handle({"POST", "/vendors", headers, {}, true}).status == 413);
  CHECK(desk.router.max_body_bytes("POST", "/vendors") == kMaxBodyBytes);
  CHECK(desk.router.max_body_bytes("POST", "/vendors/7/inventory") == kMaxBulkBytes);
  CHECK(desk.router.max_body_bytes("POST", "/nothing?x=%") == kMaxBodyBytes);
}

TEST_CASE("Idempotency-Key is required where a repeat would do harm, and bounded") {
  Desk desk;
  CHECK(problem_type(desk.send("POST", "/orders", "{}")) == "idempotency-key-required");
  CHECK(problem_type(desk.send("PATCH", "/vendors/7/inventory/p", R"({"delta":1})")) ==
        "idempotency-key-required");
  for (const std::string& key : Texts{std::string(256, 'k'), "a b", "\x7f", "é"}) {
    CHECK(problem_field(desk.send_keyed("POST", "/vendors", "{}", key)) == "Idempotency-Key");
  }
}

TEST_CASE("query parameters are known, single and of their type") {
  Desk desk;
  const auto refused = [&](const std::string& target) {
    const Response response = desk.get(target);
    CHECK(response.status == 400);
    return problem_type(response) + " " + problem_field(response);
  };
  CHECK(refused("/vendors?colour=red") == "unknown-parameter colour");
  CHECK(refused("/vendors/7?limit=1") == "unknown-parameter limit");
  CHECK(refused("/vendors?limit=1&limit=2") == "invalid-parameter limit");
  for (const std::string limit :
       {"0", "201", "-1", "1.5", "x", "", "1%20", "99999999999999999999"}) {
    CHECK(refused("/vendors?limit=" + limit) == "invalid-parameter limit");
  }
  CHECK(refused("/products?inStock=yes") == "invalid-parameter inStock");
  CHECK(refused("/products?vendorId=a.b") == "invalid-parameter vendorId");
  CHECK(refused("/products?spec.=x") == "unknown-parameter spec.");
  CHECK(refused("/products?spec.a=1&spec.a=2") == "invalid-parameter spec.a");
  CHECK(refused("/orders?status=Lost") == "invalid-parameter status");
  CHECK(refused("/orders?updatedAfter=yesterday") == "invalid-parameter updatedAfter");
  CHECK(refused("/inventory") == "invalid-parameter item");
  CHECK(refused("/inventory?item=v") == "invalid-parameter item");
  CHECK(problem_type(desk.get("/vendors?a=%zz")) == "malformed-request");
  CHECK(problem_type(desk.send("POST", "/vendors?dry=1", R"({"name":"n"})")) ==
        "unknown-parameter");
  std::string many = "/inventory?item=v/p";
  for (int i = 0; i < 100; ++i) many += "&item=v/p";
  CHECK(refused(many) == "invalid-parameter item");
}

TEST_CASE("pages of other origins may not write, and read no headers") {
  Desk desk;
  RequestHeaders foreign;
  foreign.origin = "https://evil.example";
  CHECK(with_headers(desk, "POST", "/vendors", foreign, R"({"name":"n"})").status == 403);
  CHECK(header_of(with_headers(desk, "GET", "/vendors", foreign), "Access-Control-Allow-Origin") ==
        "");
  for (const std::string origin : {"http://localhost:3000", "http://127.0.0.1", "http://[::1]:8"}) {
    RequestHeaders own;
    own.origin = origin;
    const Response response = with_headers(desk, "GET", "/vendors", own);
    CHECK(header_of(response, "Access-Control-Allow-Origin") == origin);
    CHECK(header_of(response, "Access-Control-Expose-Headers") ==
          "ETag, Location, Cassette-Position, Cassette-As-Of, Retry-After, RateLimit, "
          "RateLimit-Policy, WWW-Authenticate, X-Request-Id");
  }
  for (const std::string origin : {"http://localhost.evil.example", "null", "http://127.0.0.1.x"}) {
    RequestHeaders odd;
    odd.origin = origin;
    CHECK(with_headers(desk, "DELETE", "/customers/c", odd).status == 403);
  }
}

// A page whose name was made to resolve to 127.0.0.1 read customers in clear.
TEST_CASE("only the names of this machine are served") {
  Desk desk;
  const auto status_for = [&](const std::string& host) {
    RequestHeaders headers;
    headers.host = host;
    return with_headers(desk, "GET", "/vendors", headers).status;
  };
  for (const char* own : {"", "localhost", "LocalHost:8080", "127.0.0.1:1", "[::1]", "[::1]:80"}) {
    CHECK_MESSAGE(status_for(own) == 200, own);
  }
  for (const char* other :
       {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
        "[::1].x", "localhost, evil.example", "localhost:80, evil.example"}) {
    CHECK_MESSAGE(status_for(other) == 403, other);
  }
}

TEST_CASE("health and the contract") {
  Desk desk;
  CHECK(desk.get("/openapi.yaml").body == "openapi: 3.1.0\n");
  CHECK(desk.get("/health/live").status == 200);
  CHECK(desk.get("/health/ready").body ==
        R"({"status":"ready","durability":"fsync","reasons":[],"heads":"0:10","folded":"0:10"})");
  desk.health.current = {false, "fsync", {"no engine"}};
  CHECK(desk.get("/health/ready").status == 503);
}

}  // namespace
}  // namespace cassette::api
