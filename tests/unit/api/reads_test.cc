// Reads: documents with ETags, positions that are waited for, and pages with sealed cursors.
#include <doctest/doctest.h>

#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

using projections::Model;

Response get_at(Desk& desk, std::string target, std::string position) {
  RequestHeaders headers;
  headers.position = std::move(position);
  return desk.send("GET", std::move(target), {}, std::move(headers));
}

Response get_unless(Desk& desk, std::string target, std::string tag) {
  RequestHeaders headers;
  headers.if_none_match = std::move(tag);
  return desk.send("GET", std::move(target), {}, std::move(headers));
}

std::string next_of(const Response& response) {
  const std::size_t start = response.body.find("\"next\":\"") + 8;
  return response.body.substr(start, response.body.find('"', start) - start);
}

TEST_CASE("a document is served as stored, with its version as ETag") {
  Desk desk;
  desk.models.put(Model::Stock, "v/p", R"({"inventoryId":"v/p"})", 7);
  const Response response = desk.get("/vendors/v/inventory/p");
  CHECK(response.status == 200);
  CHECK(response.body == R"({"inventoryId":"v/p"})");
  CHECK(header_of(response, "ETag") == "\"7\"");
  CHECK(header_of(response, "Cache-Control") == "private");
  CHECK(desk.models.gets == 1);
  CHECK(desk.send("HEAD", "/vendors/v/inventory/p").status == 200);
}

TEST_CASE("If-None-Match that names the version is 304 without a body") {
  Desk desk;
  desk.models.put(Model::Vendors, "7", "{}", 7);
  for (const std::string tag : {"\"7\"", "W/\"7\"", "*", "\"1\", \"7\""}) {
    const Response response = get_unless(desk, "/vendors/7", tag);
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(header_of(response, "ETag") == "\"7\"");
  }
  for (const std::string tag : {"\"8\"", "7", "\"\"", "\"07x\""}) {
    CHECK(get_unless(desk, "/vendors/7", tag).status == 200);
  }
}

TEST_CASE("a GET that finds nothing waits for the head before it is 404") {
  Desk desk;
  CHECK(desk.get("/orders/o-1").status == 404);
  desk.models.before_get = [&](int gets) {
    if (gets == 4) desk.models.put(Model::Orders, "o-1", "{}", 1);  // folded during the wait
  };
  CHECK(desk.get("/orders/o-1").status == 200);
  desk.models.documents.clear();
  desk.models.lagging = true;
  const Response behind = desk.get("/orders/o-1");
  CHECK(behind.status == 503);
  CHECK(header_of(behind, "Retry-After") == "1");
}

TEST_CASE("Cassette-Position is waited for, and one of another ledger refused") {
  Desk desk;
  desk.models.put(Model::Vendors, "7", "{}", 1);
  CHECK(get_at(desk, "/vendors/7", "0:10").status == 200);
  CHECK(get_at(desk, "/vendors/7", "0:3, 0:10").status == 200);
  for (const std::string token : {"0", "0:", "a:b", "0:1:2", ",", "0:1,", "0:-1", "0:1;0:2"}) {
    CAPTURE(token);
    CHECK(problem_field(get_at(desk, "/vendors/7", token)) == "Cassette-Position");
  }
  CHECK(problem_type(get_at(desk, "/vendors/7", "1:1")) == "stale-position");
  CHECK(problem_type(get_at(desk, "/vendors/7", "0:11")) == "stale-position");
  desk.models.lagging = true;
  CHECK(get_at(desk, "/vendors/7", "0:10").status == 503);
}

TEST_CASE("pages hold documents as stored, and a cursor leads to the next one") {
  Desk desk;
  desk.models.page = {{R"({"a":1})", R"({"b":2})"}, std::string("k\0y", 3)};
  const Response first = desk.get("/orders?status=Shipped&status=Packed&limit=2");
  CHECK(first.body.starts_with(R"({"items":[{"a":1},{"b":2}],"next":")"));
  REQUIRE(desk.models.queries.size() == 1);
  CHECK(desk.models.queries[0].limit == 2);
  CHECK(desk.models.queries[0].statuses ==
        std::vector{domain::OrderStatus::Shipped, domain::OrderStatus::Packed});

  const std::string cursor = next_of(first);
  desk.models.page = {};
  const std::string filters = "/orders?status=Shipped&status=Packed&limit=5&cursor=";
  CHECK(desk.get(filters + cursor).body == R"({"items":[]})");
  CHECK(desk.models.queries[1].after == std::string("k\0y", 3));
  CHECK(problem_type(desk.get("/orders?cursor=" + cursor)) == "invalid-cursor");
  CHECK(problem_type(desk.get(filters + cursor + "A")) == "invalid-cursor");
  CHECK(problem_type(desk.get("/orders?cursor=x")) == "invalid-cursor");
  desk.now.micros += 25LL * 3600 * 1'000'000;
  CHECK(problem_type(desk.get(filters + cursor)) == "invalid-cursor");
}

TEST_CASE("filters reach the models") {
  Desk desk;
  desk.get("/products?q=chain+ring&category=Drive%20train&inStock=true&spec.speeds=11&vendorId=v");
  const auto& products = desk.models.queries.back();
  CHECK(products.text == "chain ring");
  CHECK(products.category == "Drive train");
  CHECK(products.in_stock == true);
  CHECK(products.vendor_id == domain::VendorId{"v"});
  CHECK(products.specifications ==
        std::vector<std::pair<std::string, std::string>>{{"speeds", "11"}});
  desk.get("/events?orderId=o&type=StockReserved&by=admin&from=2026-01-01T00:00:00Z");
  const auto& events = desk.models.queries.back();
  CHECK(events.order_id == domain::OrderId{"o"});
  CHECK(events.event_type == "StockReserved");
  CHECK(events.created_from == domain::parse_timestamp("2026-01-01T00:00:00Z"));
}

TEST_CASE("an empty list of a vendor that isn't there is 404") {
  Desk desk;
  CHECK(desk.get("/vendors/7/orders").status == 404);
  desk.models.put(Model::Vendors, "7", "{}", 1);
  CHECK(desk.get("/vendors/7/orders").body == R"({"items":[]})");
  CHECK(desk.get("/customers/c/orders").status == 200);
}

TEST_CASE("many stock items at once, in the order asked, unknown ones left out") {
  Desk desk;
  desk.models.put(Model::Stock, "v/a", R"({"a":1})", 1);
  desk.models.put(Model::Stock, "v/b", R"({"b":1})", 1);
  CHECK(desk.get("/inventory?item=v/b&item=v/x&item=v/a").body == R"({"items":[{"b":1},{"a":1}]})");
}

// What had been made a moment before was left out.
TEST_CASE("many stock items wait for the heads when one of them is missing") {
  Desk desk;
  desk.models.put(Model::Stock, "v/a", R"({"a":1})", 1);
  desk.models.before_get = [&](int gets) {
    if (gets == 3) desk.models.put(Model::Stock, "v/b", R"({"b":1})", 1);
  };
  CHECK(desk.get("/inventory?item=v/a&item=v/b").body == R"({"items":[{"a":1},{"b":1}]})");
  desk.models.lagging = true;
  CHECK(desk.get("/inventory?item=v/a").status == 200);
  CHECK(desk.get("/inventory?item=v/x").status == 503);
}

// One value that holds a line's end passed for two.
TEST_CASE("a cursor is for its own filters, however they are written") {
  Desk desk;
  desk.models.page = {{R"({"a":1})"}, "k"};
  const std::string cursor = next_of(desk.get("/products?q=a%0Acategory%3Db"));
  CHECK(desk.get("/products?q=a%0Acategory%3Db&cursor=" + cursor).status == 200);
  CHECK(desk.get("/products?q=a&category=b&cursor=" + cursor).status == 400);
}

TEST_CASE("sealed fields are opened in documents and pages") {
  Desk desk;
  const std::string token = desk.sealer.seal("customer:c", "name", "\"Ada\"").value()->token;
  const std::string body = R"({"name":{"$sealed":")" + token + R"("}})";
  desk.models.put(Model::Customers, "c", body, 1);
  CHECK(desk.get("/customers/c").body == R"({"name":"Ada"})");
  desk.models.page = {{body}, ""};
  CHECK(desk.get("/customers").body == R"({"items":[{"name":"Ada"}]})");
}

}  // namespace
}  // namespace cassette::api
