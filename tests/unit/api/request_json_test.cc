// Request parsing: whatever a request struct does not say is refused, by name.
#include <doctest/doctest.h>

#include "api/http/request_json.h"
#include "tests/unit/api/fakes.h"

namespace cassette::api {
namespace {

const std::string kItem = R"({"vendorId":"v","productId":"p","quantity":1})";

std::string order(const std::string& items, const std::string& more = "") {
  return R"({"customerId":"c-1","items":[)" + items + "]" + more + "}";
}

struct Refusal {
  std::string type;
  std::string field;
  bool operator==(const Refusal&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Refusal& refusal) {
  return out << refusal.type << " at " << refusal.field;
}

Refusal refusal_of(const std::string& body) {
  Desk desk;
  const Response response = desk.send_keyed("POST", "/orders", body);
  CHECK(response.status == 400);
  CHECK(desk.gateway.requests.empty());
  return {problem_type(response), problem_field(response)};
}

TEST_CASE("what is no JSON") {
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  for (const std::string& body :
       {std::string("{"), std::string("nonsense"), std::string("{}{}"), std::string("{\"a\":01}"),
        std::string("{\"customerId\":\"\xff\"}"), std::string("{\"customerId\":\"\n\"}"), deep,
        std::string("{\"customerId\":99999999999999999999999999}"),
        std::string("{\"customerId\":\"c\\u0000\0\"}", 23)}) {
    CAPTURE(body);
    CHECK(refusal_of(body).type == "malformed-request");
  }
  for (const std::string body : {"[]", "7", "null", "\"text\""}) {
    CHECK(refusal_of(body) == Refusal{"invalid-field", ""});
  }
}

TEST_CASE("unknown, missing and repeated members") {
  CHECK(refusal_of(R"({"colour":"red"})") == Refusal{"unknown-field", "colour"});
  CHECK(refusal_of(order(R"({"vendorId":"v","productId":"p","quantity":1,"colour":"red"})")) ==
        Refusal{"unknown-field", "items[0].colour"});
  CHECK(refusal_of("{}") == Refusal{"missing-field", "items"});
  CHECK(refusal_of(R"({"items":[)" + kItem + "]}") == Refusal{"missing-field", "customerId"});
  CHECK(refusal_of(R"({"customerId":"c"})") == Refusal{"missing-field", "items"});
  CHECK(refusal_of(order(kItem + R"(,{"vendorId":"v","quantity":1})")) ==
        Refusal{"missing-field", "items[1].productId"});
  CHECK(refusal_of(order(kItem, R"(,"customerId":"d")")) == Refusal{"invalid-field", "customerId"});
  CHECK(refusal_of(order(kItem, R"(,"charges":null)")) == Refusal{"invalid-field", "charges"});
}

TEST_CASE("numbers") {
  for (const char* quantity : {"0", "-1", "1.5", "1.0", "1e3", "\"1\"", "true", "null", "[1]",
                               "1000000001", "9007199254740993", "18446744073709551615"}) {
    CAPTURE(quantity);
    const std::string item =
        R"({"vendorId":"v","productId":"p","quantity":)" + std::string(quantity) + "}";
    CHECK(refusal_of(order(item)) == Refusal{"invalid-field", "items[0].quantity"});
  }
}

TEST_CASE("ids") {
  const std::string long_id(65, 'a');
  for (const std::string& id :
       {std::string(""), std::string("a.b"), std::string("a b"), std::string("*"), std::string(">"),
        std::string("a\\u0000"), std::string("é"), long_id}) {
    CAPTURE(id);
    CHECK(refusal_of(R"({"customerId":")" + id + R"(","items":[]})") ==
          Refusal{"invalid-field", "customerId"});
  }
  CHECK(refusal_of(R"({"customerId":7})") == Refusal{"invalid-field", "customerId"});
}

TEST_CASE("enums, currencies, times and texts") {
  CHECK(refusal_of(order(kItem, R"(,"confirmation":"maybe")")) ==
        Refusal{"invalid-field", "confirmation"});
  const auto priced = [](const std::string& price) {
    return order(R"({"vendorId":"v","productId":"p","quantity":1,"unitPrice":)" + price + "}");
  };
  CHECK(refusal_of(priced(R"({"amount":1,"currency":"usd"})")) ==
        Refusal{"invalid-field", "items[0].unitPrice.currency"});
  CHECK(refusal_of(priced(R"({"amount":-1,"currency":"USD"})")) ==
        Refusal{"invalid-field", "items[0].unitPrice.amount"});
  CHECK(refusal_of(priced(R"({"amount":1})")) ==
        Refusal{"missing-field", "items[0].unitPrice.currency"});
  CHECK(refusal_of(order(kItem, R"(,"occurredAt":"2026-11-23 21:00:00")")) ==
        Refusal{"invalid-field", "occurredAt"});
  CHECK(refusal_of(order(kItem, R"(,"occurredAt":"2026-11-23T21:07:02Z")")) ==
        Refusal{"invalid-field", "occurredAt"});
  CHECK(refusal_of(order(kItem, R"(,"shippingAddress":{"line1":"x","city":"y","planet":"z"})")) ==
        Refusal{"unknown-field", "shippingAddress.planet"});
  CHECK(refusal_of(order(kItem, R"(,"shippingAddress":{"line1":"","city":"y"})")) ==
        Refusal{"invalid-field", "shippingAddress.line1"});
}

TEST_CASE("the bounds of lists") {
  CHECK(refusal_of(order("")) == Refusal{"invalid-field", "items"});
  std::string items = kItem;
  for (std::size_t i = 0; i < domain::kMaxOrderLines; ++i) items += "," + kItem;
  CHECK(refusal_of(order(items)) == Refusal{"invalid-field", "items"});
}

// A document marks a sealed field by a member `$sealed`: a user must have no way to write one.
TEST_CASE("nobody can smuggle in a sealed field") {
  Desk desk;
  const std::string token = desk.sealer.seal("customer:c-1", "name", "\"Ada\"").value()->token;
  const std::string price = R"("price":{"amount":1,"currency":"USD"})";
  for (const std::string name : {"$sealed", "a$", "$"}) {
    const Response response =
        desk.send("POST", "/vendors/7/products",
                  R"({"name":"n","SKU":"s",)" + price + R"(,"specifications":{")" + name +
                      R"(":")" + token + R"("}})");
    CHECK(response.status == 400);
    CHECK(problem_field(response) == "specifications");
  }
  CHECK(desk.gateway.requests.empty());
}

// A body of 8 MiB left 110 MiB with each of 256 threads.
TEST_CASE("a large body leaves no large parser behind") {
  Desk desk;
  const std::string body = R"({"name":")" + std::string(json::kMaxParserKept, 'x') + R"("})";
  CHECK(desk.send("POST", "/vendors", body).status == 400);
  CHECK(json::parser_capacity() <= json::kMaxParserKept);
  CHECK(desk.send("POST", "/vendors", R"({"name":"n"})").status != 400);
  CHECK(json::parser_capacity() > 0);
}

TEST_CASE("an order is taken as it is meant") {
  Desk desk;
  desk.gateway.answer = [](const auto&) { return eventstore::Unavailable{"stop here"}; };
  const Response response = desk.send_keyed("POST", "/orders", R"({
    "orderId":"o-1","customerId":"c-1","items":[
      {"vendorId":"v1","productId":"p1","quantity":2,
       "expectedUnitPrice":{"amount":5,"currency":"EUR"}},
      {"vendorId":"v2","productId":"p2","quantity":1000000000}],
    "charges":[{"vendorId":"v1","type":"discount","amount":-7}],
    "confirmation":"manual","reservationSeconds":60,"onShortage":"cancel-short-vendors",
    "occurredAt":"2026-11-23T21:07:00Z",
    "shippingAddress":{"countryCode":"US","city":"Seattle","line1":"1 \"A\" St"}})");
  CHECK(response.status == 503);
  const auto& command = desk.gateway.last_command<domain::PlaceOrder>();
  CHECK(command.order_id.value == "o-1");
  REQUIRE(command.items.size() == 2);
  CHECK(command.items[0].expected_unit_price == domain::Money{5, {"EUR"}});
  CHECK(command.items[1].quantity == 1'000'000'000);
  REQUIRE(command.charges.size() == 1);
  CHECK(command.charges[0].amount == -7);
  CHECK(command.confirmation == domain::Confirmation::Manual);
  CHECK(command.reservation_seconds == 60);
  CHECK(command.on_shortage == domain::OnShortage::CancelShortVendors);
  CHECK(command.asked_by == domain::Role::Administrator);
  CHECK(desk.gateway.last().occurred_at == desk.now);
  CHECK(desk.gateway.last().by == "admin");
  CHECK(desk.sealer.open(command.shipping_address.token).value() ==
        R"({"line1":"1 \"A\" St","city":"Seattle","countryCode":"US"})");
}

}  // namespace
}  // namespace cassette::api
