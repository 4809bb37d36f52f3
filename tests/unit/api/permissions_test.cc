// Permissions: the table and the routes, what it says to each role, and what the router makes of it
// with real tokens.
#include "api/http/permissions.h"

#include <doctest/doctest.h>

#include <set>

#include "api/identity/identity.h"
#include "api/identity/token_service.h"
#include "tests/unit/api/fakes.h"
#include "tests/unit/api/remembering_log.h"

namespace cassette::api {
namespace {

using domain::Role;

Caller caller(Role role, std::vector<std::string> scopes = {}) {
  Caller made;
  made.role = role;
  if (role == Role::Vendor) made.vendor_id = domain::VendorId{"1580"};
  if (role == Role::Customer) made.customer_id = domain::CustomerId{"c-17"};
  made.scopes = std::move(scopes);
  return made;
}

// A desk where callers are asked who they are: one client of each role, with its token.
struct Gate {
  Desk desk;
  eventstore::MemoryKeyValue bucket;
  RememberingLog log;
  std::unique_ptr<Identity> identity;

  Gate() {
    Identity::Options options;
    options.issuer = "http://127.0.0.1:8080";
    options.hashing.cost = {8192, 1};
    identity = Identity::open(bucket, *desk.keyring, std::move(options), log).value();
    desk.services.identity = identity.get();
    desk.services.security = &log;
    using projections::Model;
    desk.models.put(Model::Vendors, "1580",
                    R"({"vendorId":"1580","name":"Litware","contactInfo":{"email":"a"},)"
                    R"("ratings":{"average":0,"count":0},"warehouseLocations":[],)"
                    R"("status":"Active","version":3,"createdAt":"2026-11-23T21:07:00.000000Z",)"
                    R"("updatedAt":"2026-11-23T21:07:00.000000Z"})",
                    3);
    desk.models.put(Model::Orders, "o-1", R"({"orderId":"o-1","customerId":"c-17"})", 1);
    desk.models.put(Model::VendorOrders, "1580/o-1", R"({"orderId":"o-1","vendorId":"1580"})", 1);
    put_stock("1580/1", "Listed");
    put_stock("1580/2", "Delisted");
    put_stock("9/1", "Listed");
  }

  void put_stock(const std::string& key, const std::string& status) {
    using projections::Model;
    const std::string vendor = key.substr(0, key.find('/'));
    desk.models.put(Model::Stock, key,
                    R"({"inventoryId":")" + key + R"(","vendorId":")" + vendor +
                        R"(","productId":"1","quantityAvailable":5,"quantityOnHand":7,)"
                        R"("quantityReserved":2,"safetyStock":0,"reorderPoint":3,"version":4,)"
                        R"("createdAt":"2026-11-23T21:07:00.000000Z",)"
                        R"("lastUpdated":"2026-11-23T21:07:00.000000Z"})",
                    4);
    desk.models.put(Model::Products, key, R"({"status":")" + status + R"("})", 1);
  }

  // "Bearer …" of a new client; empty for nobody.
  std::string bearer(Role role, std::vector<std::string> scopes = {}) {
    const Caller who = caller(role, std::move(scopes));
    Credential credential;
    credential.id = "client-" + std::to_string(++clients);
    credential.secret_hash = identity->hasher().hash("secret").value();
    credential.role = role;
    credential.vendor_id = who.vendor_id;
    credential.customer_id = who.customer_id;
    credential.scopes = who.scopes;
    credential.created_at = desk.now;
    REQUIRE(identity->credentials().create(credential).ok());
    ClientProof proof;
    proof.client_id = credential.id;
    proof.secret = "secret";
    TokenRequest request;
    request.grant_type = "client_credentials";
    Origin origin;
    origin.now = desk.now;
    auto answer = identity->tokens().grant(proof, request, origin);
    REQUIRE(answer.ok());
    return "Bearer " + answer.value().access_token;
  }
  Response send(const std::string& authorization, std::string method, std::string target,
                std::string body = {}) {
    RequestHeaders headers;
    headers.authorization = authorization;
    headers.idempotency_key = "k-" + std::to_string(++keys);
    if (method == "GET") headers.idempotency_key.clear();
    return desk.send(std::move(method), std::move(target), std::move(body), std::move(headers));
  }

  int clients = 0;
  int keys = 0;
};

bool has(const Response& response, std::string_view text) {
  return response.body.find(text) != std::string::npos;
}

constexpr std::string_view kOrder =
    R"({"orderId":"o-2","items":[{"vendorId":"1580","productId":"1","quantity":1}]})";

}  // namespace

TEST_CASE("every route has one row, and every row is a route's") {
  std::set<std::string_view> operations;
  for (const Route& route : routes()) operations.insert(route.operation_id);
  std::set<std::string_view> rows;
  for (const Permission& row : permissions()) CHECK(rows.insert(row.operation_id).second);
  CHECK(rows == operations);
}

TEST_CASE("the administrator may do everything, the auditor write nothing") {
  for (const Route& route : routes()) {
    const Permission* row = permission_of(route.operation_id);
    REQUIRE(row != nullptr);
    CAPTURE(row->operation_id);
    CHECK(row->of(Asker::Admin) == Access::All);
    if (route.method == "GET" || row->open()) continue;
    CHECK(row->of(Asker::Anonymous) == Access::No);
    // What opens another way to what the caller may read anyway writes nothing.
    constexpr std::array<std::string_view, 3> kWaysToRead = {
        "makeLiveTicket", "mintNatsCredentials", "revokeNatsCredentials"};
    if (std::ranges::find(kWaysToRead, row->operation_id) != kWaysToRead.end()) continue;
    CHECK(row->of(Asker::Auditor) == Access::No);
    CHECK(!row->scope.empty());
    CHECK(row->scope.ends_with(":write"));
  }
}

TEST_CASE("a row where something is one's own says whose things are") {
  for (const Permission& row : permissions()) {
    CAPTURE(row.operation_id);
    const bool owned = std::ranges::find(row.access, Access::Own) != row.access.end();
    CHECK(owned == (row.owner != Owner::Nobody));
  }
}

TEST_CASE("a scope opens its own, and writing opens reading") {
  const auto opened = [](std::vector<std::string> scopes, std::string_view scope) {
    return opens(scopes, scope);
  };
  CHECK(opened({}, "stock:write"));
  CHECK(opened({"stock:write"}, "stock:write"));
  CHECK(opened({"stock:write"}, "stock:read"));
  CHECK_FALSE(opened({"stock:read"}, "stock:write"));
  CHECK_FALSE(opened({"stocks:write"}, "stock:read"));
  CHECK_FALSE(opened({"openid"}, "orders:read"));
  CHECK(opened({"openid"}, ""));
}

TEST_CASE("a vendor's or customer's token that names none is nobody's") {
  Caller nobody = caller(Role::Vendor);
  nobody.vendor_id.reset();
  CHECK(asker_of(nobody) == Asker::Anonymous);
  nobody.role = Role::Customer;
  CHECK(asker_of(nobody) == Asker::Anonymous);
  nobody.role = Role::System;
  CHECK(asker_of(nobody) == Asker::Anonymous);
}

TEST_CASE("no token is 401 with a challenge, a bad one says so") {
  Gate gate;
  const Response none = gate.send("", "GET", "/orders");
  CHECK(none.status == 401);
  CHECK(problem_type(none) == "token-required");
  CHECK(header_of(none, "WWW-Authenticate") == "Bearer realm=\"cassette\"");
  const Response bad = gate.send("Bearer x.y.z", "GET", "/orders");
  CHECK(bad.status == 401);
  CHECK(problem_type(bad) == "invalid-token");
  CHECK(header_of(bad, "WWW-Authenticate").find("error=\"invalid_token\"") != std::string::npos);
  // Also where nobody is asked for one: what is sent is meant.
  CHECK(gate.send("Bearer x.y.z", "GET", "/products").status == 401);
  CHECK(gate.send("", "GET", "/products").status == 200);
  CHECK(gate.send("Bearer x.y.z", "GET", "/health/live").status == 200);
}

TEST_CASE("a private catalogue is shown to nobody without a token") {
  Gate gate;
  gate.desk.services.private_catalogue = true;
  CHECK(gate.send("", "GET", "/products").status == 401);
  CHECK(gate.send("", "GET", "/vendors/1580/inventory/1").status == 401);
  CHECK(gate.send("", "GET", "/health/live").status == 200);
  CHECK(gate.send(gate.bearer(Role::Customer), "GET", "/products").status == 200);
}

TEST_CASE("a role that may not is 403, a scope too narrow says which it wants") {
  Gate gate;
  CHECK(problem_type(gate.send(gate.bearer(Role::Auditor), "POST", "/vendors",
                               R"({"name":"x"})")) == "not-permitted");
  const std::string stock_only = gate.bearer(Role::Vendor, {"stock:write"});
  const Response orders = gate.send(stock_only, "GET", "/vendors/1580/orders");
  CHECK(orders.status == 403);
  CHECK(problem_type(orders) == "insufficient-scope");
  CHECK(header_of(orders, "WWW-Authenticate").find("scope=\"orders:read\"") != std::string::npos);
  CHECK(gate.send(stock_only, "GET", "/vendors/1580/inventory/1").status == 200);
  CHECK(gate.desk.gateway.requests.empty());
}

TEST_CASE("another's order is 404, as one that is not there") {
  Gate gate;
  const std::string customer = gate.bearer(Role::Customer);
  const std::string vendor = gate.bearer(Role::Vendor);
  CHECK(gate.send(customer, "GET", "/orders/o-1").status == 200);
  CHECK(gate.send(vendor, "GET", "/orders/o-1").status == 200);
  gate.desk.models.put(projections::Model::Orders, "o-9", R"({"orderId":"o-9","customerId":"c-1"})",
                       1);
  for (const std::string& token : {customer, vendor}) {
    for (const std::string order : {"o-9", "o-404"}) {
      const Response read = gate.send(token, "GET", "/orders/" + order);
      CHECK(read.status == 404);
      CHECK(has(read, "There is no order " + order));
      const Response cancelled =
          gate.send(token, "POST", "/orders/" + order + "/cancellations", "{}");
      CHECK(cancelled.status == 404);
      CHECK(has(cancelled, "There is no order " + order));
    }
  }
  CHECK(gate.desk.gateway.requests.empty());
  REQUIRE(!gate.log.events.empty());
  CHECK(gate.log.events.back().type == "AccessRefused");
  CHECK(gate.log.events.back().principal == "vendor:1580");
}

// A query may hold a token that was meant for a header, or a name that was searched for.
TEST_CASE("the security log hears of a refused path, and nothing of its query") {
  Gate gate;
  CHECK(gate.send("", "GET", "/orders?access_token=secret").status == 401);
  CHECK(gate.send("Bearer x.y.z", "GET", "/orders?q=Ada").status == 401);
  CHECK(gate.send(gate.bearer(Role::Vendor), "GET", "/orders?q=Ada").status == 403);
  REQUIRE(gate.log.events.size() >= 3);
  for (const SecurityEvent& event : gate.log.events) {
    CHECK(event.detail.find("secret") == std::string::npos);
    CHECK(event.detail.find("Ada") == std::string::npos);
  }
  CHECK(gate.log.events.back().detail.starts_with("GET /orders: "));
}

TEST_CASE("a customer orders for itself, whether it says so or not") {
  Gate gate;
  const std::string customer = gate.bearer(Role::Customer);
  std::string other(kOrder);
  other.insert(1, R"("customerId":"c-1",)");
  const Response refused = gate.send(customer, "POST", "/orders", other);
  CHECK(refused.status == 403);
  CHECK(problem_field(refused) == "customerId");
  CHECK(gate.desk.gateway.requests.empty());
  gate.send(customer, "POST", "/orders", std::string(kOrder));
  REQUIRE(gate.desk.gateway.requests.size() == 1);
  CHECK(gate.desk.gateway.last_command<domain::PlaceOrder>().customer_id.value == "c-17");
  CHECK(problem_field(gate.send(gate.bearer(Role::Service), "POST", "/orders",
                                std::string(kOrder))) == "customerId");
}

TEST_CASE("a vendor changes its own part of an order and no other") {
  Gate gate;
  const std::string vendor = gate.bearer(Role::Vendor);
  const Response other =
      gate.send(vendor, "PATCH", "/orders/o-1/status", R"({"status":"Packed","vendorId":"9"})");
  CHECK(other.status == 403);
  CHECK(problem_field(other) == "vendorId");
  gate.send(vendor, "PATCH", "/orders/o-1/status", R"({"status":"Cancelled"})");
  REQUIRE(gate.desk.gateway.requests.size() == 1);
  CHECK(gate.desk.gateway.last_command<domain::CancelLines>().vendor_id.value == "1580");
}

TEST_CASE("a vendor's status is an administrator's, a customer only cancels") {
  Gate gate;
  CHECK(problem_field(gate.send(gate.bearer(Role::Vendor), "PATCH", "/vendors/1580",
                                R"({"status":"Active"})")) == "status");
  CHECK(problem_field(gate.send(gate.bearer(Role::Customer), "PATCH", "/orders/o-1/status",
                                R"({"status":"Packed"})")) == "status");
  CHECK(gate.desk.gateway.requests.empty());
}

TEST_CASE("who sees only what is public sees no contact and no figure but what can be bought") {
  Gate gate;
  const std::string customer = gate.bearer(Role::Customer);
  for (const std::string& token : {std::string(), customer}) {
    CHECK_FALSE(has(gate.send(token, "GET", "/vendors/1580"), "contactInfo"));
    CHECK(has(gate.send(token, "GET", "/vendors/1580"), "\"version\":3"));
    for (const std::string target : {"/vendors/1580/inventory/1", "/inventory?item=1580/1"}) {
      const Response stock = gate.send(token, "GET", target);
      CHECK(stock.status == 200);
      CHECK(has(stock, "\"quantityAvailable\":5"));
      for (const std::string figure :
           {"quantityOnHand", "quantityReserved", "reorderPoint", "safetyStock"}) {
        CHECK_FALSE(has(stock, figure));
      }
    }
    CHECK(gate.send(token, "GET", "/vendors/1580/inventory/2").status == 404);
    CHECK(gate.send(token, "GET", "/inventory?item=1580/2").body == R"({"items":[]})");
    CHECK(gate.send(token, "GET", "/vendors/1580/inventory?belowReorderPoint=true").status ==
          (token.empty() ? 401 : 403));
  }
  CHECK(has(gate.send(gate.bearer(Role::Vendor), "GET", "/vendors/1580"), "contactInfo"));
  CHECK(has(gate.send(gate.bearer(Role::Auditor), "GET", "/vendors/1580/inventory/2"), "OnHand"));
}

TEST_CASE("another vendor's stock is not there, alone or among many") {
  Gate gate;
  const std::string vendor = gate.bearer(Role::Vendor);
  CHECK(gate.send(vendor, "GET", "/vendors/9/inventory/1").status == 404);
  CHECK(gate.send(vendor, "GET", "/vendors/9/inventory").status == 404);
  const Response many = gate.send(vendor, "GET", "/inventory?item=9/1&item=1580/1");
  CHECK(has(many, "\"inventoryId\":\"1580/1\""));
  CHECK_FALSE(has(many, "9/1"));
}

TEST_CASE("a vendor's events are its own, whatever it asks for") {
  Gate gate;
  const std::string vendor = gate.bearer(Role::Vendor);
  CHECK(gate.send(vendor, "GET", "/events?vendorId=9").status == 403);
  CHECK(gate.send(vendor, "GET", "/events?orderId=o-1").status == 200);
  REQUIRE(!gate.desk.models.queries.empty());
  CHECK(gate.desk.models.queries.back().vendor_id == domain::VendorId{"1580"});
}

}  // namespace cassette::api
