// The cursor's text, and what of a subscription is granted to whom.
#include <doctest/doctest.h>

#include "api/live/client_message.h"
#include "api/live/cursor.h"

namespace cassette::api {
namespace {

TEST_CASE("a cursor is read as it was written") {
  const Cursor cursor{{1841, 3}, {77}, {0}};
  CHECK(format_cursor(cursor) == "0:1841.3,1:77,2:0");
  CHECK(parse_cursor("0:1841.3,1:77,2:0", 3) == cursor);
  CHECK(Place{5, 2} < Place{5});
  CHECK(Place{5} < Place{6, 0});
}

TEST_CASE("whatever is not a cursor of so many partitions is refused") {
  for (const std::string_view text :
       {"", "0", "0:", "0:1,", "0:1,1:2", "1:1", "0:01", "0:1.", "0:1.01", "0:1.x", "0:-1", "0:0.1",
        "00:1", " 0:1", "0:1 ", "0:1.4294967295", "0:99999999999999999999", "0:1;1:2"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_cursor(text, 1));
  }
  CHECK_FALSE(parse_cursor("0:1", 2));
}

Caller caller(domain::Role role, std::vector<std::string> scopes = {}) {
  Caller who;
  who.role = role;
  if (role == domain::Role::Vendor) who.vendor_id = domain::VendorId{"v1"};
  if (role == domain::Role::Customer) who.customer_id = domain::CustomerId{"c-17"};
  who.scopes = std::move(scopes);
  return who;
}

struct Asked {
  std::string vendor{}, product{}, order{}, customer{};
  std::vector<std::string> types{};
};

// "events levels vendor=… customer=…", or the problem's type.
std::string granted(const Caller& who, const Asked& asked, bool private_catalogue = false) {
  Filter filter;
  if (!asked.vendor.empty()) filter.vendor_id = domain::VendorId{asked.vendor};
  if (!asked.product.empty()) filter.product_id = domain::ProductId{asked.product};
  if (!asked.order.empty()) filter.order_id = domain::OrderId{asked.order};
  if (!asked.customer.empty()) filter.customer_id = domain::CustomerId{asked.customer};
  if (!asked.types.empty()) {
    filter.types.emplace();
    for (const std::string& type : asked.types) filter.types->values.push_back({type});
  }
  const auto what = narrow(filter, who, private_catalogue);
  if (!what) return std::string(what.error().type);
  std::string text;
  if (what.value().events) text += "events ";
  if (what.value().levels) text += what.value().unlisted ? "all-levels " : "levels ";
  if (!what.value().vendor_id.empty()) text += "vendor=" + what.value().vendor_id + ' ';
  if (!what.value().customer_id.empty()) text += "customer=" + what.value().customer_id + ' ';
  return text;
}

TEST_CASE("administrators, services and auditors see everything") {
  for (const auto role :
       {domain::Role::Administrator, domain::Role::Service, domain::Role::Auditor}) {
    CHECK(granted(caller(role), {}) == "events all-levels ");
    CHECK(granted(caller(role), {"v2"}) == "events all-levels vendor=v2 ");
    CHECK(granted(caller(role), {"", "", "o-1"}) == "events ");
    CHECK(granted(caller(role), {"", "", "", "", {"StockLevel"}}) == "all-levels ");
    CHECK(granted(caller(role), {"", "", "o-1", "", {"StockLevel"}}) == "invalid-field");
  }
}

TEST_CASE("a vendor sees its own, and stock levels of others' listed products") {
  const Caller vendor = caller(domain::Role::Vendor);
  CHECK(granted(vendor, {}) == "events all-levels vendor=v1 ");
  CHECK(granted(vendor, {"v1", "", "o-1"}) == "events vendor=v1 ");
  CHECK(granted(vendor, {"v2", "771"}) == "levels vendor=v2 ");
  CHECK(granted(vendor, {"v2", "", "", "", {"StockLevel"}}) == "levels vendor=v2 ");
  CHECK(granted(vendor, {"v2"}) == "not-permitted");
  CHECK(granted(vendor, {"v2", "", "o-1"}) == "not-permitted");
  CHECK(granted(vendor, {"v2", "771", "", "", {"StockLevel", "StockCounted"}}) == "not-permitted");
  CHECK(granted(vendor, {"", "", "", "c-17"}) == "not-permitted");
}

TEST_CASE("a customer sees events of its own orders") {
  const Caller customer = caller(domain::Role::Customer);
  CHECK(granted(customer, {}) == "events customer=c-17 ");
  CHECK(granted(customer, {"", "", "", "c-17"}) == "events customer=c-17 ");
  CHECK(granted(customer, {"", "", "", "c-18"}) == "not-found");
  CHECK(granted(customer, {"v1", "771"}) == "events levels vendor=v1 customer=c-17 ");
  CHECK(granted(customer, {"", "", "", "", {"StockLevel"}}) == "missing-field");
}

TEST_CASE("nobody in particular sees stock levels of a vendor that they name") {
  const Caller nobody = anonymous_caller();
  CHECK(granted(nobody, {"v1"}) == "levels vendor=v1 ");
  CHECK(granted(nobody, {"v1", "771"}) == "levels vendor=v1 ");
  CHECK(granted(nobody, {}) == "missing-field");
  CHECK(granted(nobody, {"", "771"}) == "missing-field");
  CHECK(granted(nobody, {"v1", "", "", "", {"StockCounted"}}) == "token-required");
  CHECK(granted(nobody, {"v1", "", "o-1"}) == "token-required");
  CHECK(granted(nobody, {"v1"}, true) == "token-required");
}

TEST_CASE("scopes narrow what a token opens") {
  using Scopes = std::vector<std::string>;
  const Scopes stock{"stock:read"};
  const Scopes events{"events:read"};
  const Scopes orders{"orders:read"};
  CHECK(granted(caller(domain::Role::Vendor, stock), {}) == "all-levels vendor=v1 ");
  CHECK(granted(caller(domain::Role::Vendor, events), {}) == "events vendor=v1 ");
  CHECK(granted(caller(domain::Role::Vendor, orders), {}) == "insufficient-scope");
  CHECK(granted(caller(domain::Role::Customer, orders), {}) == "events customer=c-17 ");
  CHECK(granted(caller(domain::Role::Customer, events), {}) == "insufficient-scope");
  CHECK(granted(caller(domain::Role::Vendor, stock), {"", "", "o-1"}) == "insufficient-scope");
}

TEST_CASE("an unknown type is refused") {
  CHECK(granted(caller(domain::Role::Administrator), {"", "", "", "", {"SubOrderRecorded"}}) ==
        "invalid-field");
}

std::string refused(std::string_view text) {
  MessageHead head;
  const auto message = read_client_message(text, head);
  if (!head.is_json) return "no JSON object";
  return message ? "" : std::string(message.error().type);
}

TEST_CASE("a client's message has what goes with its type and nothing else") {
  CHECK(refused(R"({"type":"subscribe","id":"s1"})").empty());
  CHECK(refused(R"({"type":"subscribe","id":"s1","filter":{"vendorId":"v1"},"after":"0:1"})")
            .empty());
  CHECK(refused(R"({"type":"unsubscribe","id":"s1"})").empty());
  CHECK(refused(R"({"type":"ack","cursor":"0:1"})").empty());
  CHECK(refused(R"({"type":"subscribe"})") == "missing-field");
  CHECK(refused(R"({"type":"ack"})") == "missing-field");
  CHECK(refused(R"({"type":"ack","cursor":"0:1","id":"s1"})") == "unknown-field");
  CHECK(refused(R"({"type":"unsubscribe","id":"s1","filter":{}})") == "unknown-field");
  CHECK(refused(R"({"type":"subscribe","id":"s1","filter":{"colour":"red"}})") == "unknown-field");
  CHECK(refused(R"({"type":"subscribe","id":"no id"})") == "invalid-field");
  CHECK(refused(R"({"type":"sing","id":"s1"})") == "invalid-field");
  CHECK(refused("[]") == "no JSON object");
  CHECK(refused("{") == "no JSON object");
  CHECK(refused("") == "no JSON object");
}

// The error to a message with an unknown member did not say which message was meant.
TEST_CASE("what is refused is known by its id where it has one") {
  const auto id_of = [](std::string_view text) {
    MessageHead head;
    CHECK_FALSE(read_client_message(text, head).ok());
    return head.id;
  };
  CHECK(id_of(R"({"type":"subscribe","id":"s1","hurry":true})") == "s1");
  CHECK(id_of(R"({"type":"subscribe","id":"s1","filter":"all"})") == "s1");
  CHECK(id_of(R"({"type":"sing","id":"no id"})").empty());
  CHECK(id_of(R"({"type":"sing","id":7})").empty());
  CHECK(id_of(R"({"type":"sing"})").empty());
}

}  // namespace
}  // namespace cassette::api
