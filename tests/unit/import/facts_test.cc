// Facts: what documents show must be what writes are skipped for.
#include "api/import/facts.h"

#include <doctest/doctest.h>

#include "api/import/report.h"
#include "api/import/requests.h"

namespace cassette::api::importing {
namespace {

Facts facts_in(Kind kind, std::string_view document) {
  Facts facts;
  REQUIRE(add_facts(kind, document, facts));
  return facts;
}

ChangeBody of_vendor(const std::string& vendor) {
  ChangeBody body;
  body.vendor_id = vendor;
  return body;
}

TEST_CASE("vendors, customers, products and stock stand once they are there") {
  const Requests requests("test");
  CHECK(facts_in(Kind::Vendor, R"({"vendorId":"7","name":"Seven","status":"Active"})") ==
        Facts{requests.vendor({"7", "Seven", {}, {}}).fact});
  CHECK(facts_in(Kind::Vendor, R"({"vendorId":"7","status":"Suspended"})")
            .contains(requests.suspension("7", "").fact));
  CHECK(facts_in(Kind::Customer, R"({"customerId":"c"})")
            .contains(requests.customer({"c", "", {}, {}}).fact));
  CHECK(facts_in(Kind::Product, R"({"productId":"p","vendorId":"7"})")
            .contains(requests.product("7", {"p", "", "", "", {}, "", {}}).fact));
  CHECK(facts_in(Kind::Stock, R"({"productId":"p","vendorId":"7"})")
            .contains(requests.count("7", "p", {}).fact));
}

TEST_CASE("a sub-order's status stands for the steps before it") {
  const Requests requests("test");
  const Facts facts = facts_in(
      Kind::Order,
      R"({"orderId":"o","status":"Packed","subOrders":[{"vendorId":"7","status":"Shipped",)"
      R"("items":[],"shipments":[{"shipmentId":"s","status":"Problem",)"
      R"("notes":[{"at":"2026-01-01T00:00:00Z","text":"Delivery error"}]}]},)"
      R"({"vendorId":"8","status":"Packed","items":[],"notes":[{"text":"late"}]}]})");
  ChangeBody packed = of_vendor("7");
  packed.status = "Packed";
  CHECK(facts.contains(requests.status("o", packed).fact));
  ChangeBody delivered = of_vendor("7");
  delivered.status = "Delivered";
  CHECK_FALSE(facts.contains(requests.status("o", delivered).fact));
  ChangeBody shipped = of_vendor("7");
  shipped.shipment_id = "s";
  CHECK(facts.contains(requests.shipment("o", shipped).fact));
  shipped.vendor_id = "8";
  CHECK_FALSE(facts.contains(requests.shipment("o", shipped).fact));
  ChangeBody problem = of_vendor("7");
  problem.note = "Delivery error";
  CHECK(facts.contains(requests.shipment_note("o", "s", problem).fact));
  ChangeBody late = of_vendor("8");
  late.note = "late";
  CHECK(facts.contains(requests.note("o", late).fact));
  CHECK(facts.contains(requests.confirmation("o", {}).fact));
}

TEST_CASE("a pending order is not confirmed, and a cancelled part has passed nothing") {
  const Facts facts =
      facts_in(Kind::Order,
               R"({"orderId":"o","status":"Pending","subOrders":[)"
               R"({"vendorId":"7","status":"Cancelled"},{"vendorId":"8","status":"Pending"}]})");
  CHECK(facts == Facts{"order/o", "status/o/7/Cancelled"});
}

TEST_CASE("what is no such document is refused") {
  Facts facts;
  CHECK_FALSE(add_facts(Kind::Order, "{", facts));
  CHECK_FALSE(add_facts(Kind::Vendor, R"({"vendorId":7})", facts));
}

TEST_CASE("a month's position includes what the months before left in other partitions") {
  const auto months =
      month_positions({R"({"items":[{"position":"0:9","occurredAt":"2011-06-03T00:00:00Z"},)"
                       R"({"position":"0:12","type":"VendorSuspended"}],"next":"x"})",
                       R"({"items":[{"position":"1:4","occurredAt":"2011-05-31T00:00:00Z"},)"
                       R"({"position":"0:5","occurredAt":"2011-05-30T00:00:00Z"}]})"});
  REQUIRE(months.ok());
  CHECK(months.value() ==
        std::map<std::string, std::string>{{"2011-05", "0:5,1:4"}, {"2011-06", "0:9,1:4"}});
}

}  // namespace
}  // namespace cassette::api::importing
