// given(events).then(document): what orders and sub-orders show, event by event.
#include <doctest/doctest.h>

#include "eventstore/json_write.h"
#include "tests/unit/projections/memory_documents.h"

using namespace cassette;
using namespace cassette::testing;
using domain::OrderStatus;
using domain::SubOrderEvent;
using projections::OrderDocument;
using projections::SubOrderDocument;
using projections::VendorOrderDocument;

namespace {

const domain::OrderId kOrder{"o1"};
const domain::VendorId kFirst{"v1"};
const domain::VendorId kSecond{"v2"};

// Two lines of v2 before one of v1: parts stand in the order of vendor ids.
domain::OrderPlaced placed() {
  domain::OrderPlaced event;
  event.order_id = kOrder;
  event.customer_id = {"c1"};
  event.lines = {{{1}, kSecond, {"p2"}, 3, {}, {}},
                 {{2}, kFirst, {"p1"}, 2, {}, {}},
                 {{3}, kSecond, {"p3"}, 1, {}, {}}};
  event.charges = {{kFirst, domain::ChargeType::Shipping, 500}};
  event.shipping_address = {"street 1"};
  return event;
}

domain::StockReserved reserved_first() {
  domain::StockReserved event{kOrder, kFirst, {"c1"}, {}, {}, {"street 1"}, false};
  event.lines = {{{2}, {"p1"}, 2, "Chain", "CH-1", {1000, {"USD"}}}};
  event.charges = {{domain::ChargeType::Shipping, 500}};
  return event;
}

domain::StockReserved reserved_second() {
  domain::StockReserved event{kOrder, kSecond, {"c1"}, {}, {}, {"street 1"}, true};
  event.lines = {{{1}, {"p2"}, 3, "Pedal", "PE-1", {200, {"USD"}}},
                 {{3}, {"p3"}, 1, "Bell", "BE-1", {50, {"USD"}}}};
  return event;
}

domain::Event recorded(const domain::VendorId& vendor, SubOrderEvent change) {
  return domain::SubOrderRecorded{kOrder, vendor, std::move(change)};
}

// The vendor decides, and the order's partition records it.
domain::Events both(const domain::VendorId& vendor, const SubOrderEvent& change) {
  domain::Events events;
  std::visit([&](const auto& decided) { events.emplace_back(decided); }, change);
  events.push_back(recorded(vendor, change));
  return events;
}

domain::Events settled() {
  return {domain::OrderSettled{kOrder, {3150, {"USD"}}, {kFirst}}};
}

Story placed_at_both() {
  Story story;
  story.given({domain::StockCounted{kFirst, {"p1"}, {"main"}, 10},
               domain::StockCounted{kSecond, {"p2"}, {"main"}, 10},
               domain::StockCounted{kSecond, {"p3"}, {"main"}, 10}, placed()});
  return story;
}

Story settled_at_both() {
  Story story = placed_at_both();
  story.given(both(kFirst, reserved_first())).given(both(kSecond, reserved_second()));
  story.given(settled());
  return story;
}

Story packed_at_second() {
  Story story = settled_at_both();
  story.given({domain::OrderConfirmed{kOrder, {kFirst, kSecond}}});
  story.given(both(kFirst, domain::SubOrderConfirmed{kOrder, kFirst}));
  story.given(both(kSecond, domain::SubOrderConfirmed{kOrder, kSecond}));
  story.given(both(kSecond, domain::SubOrderPacked{kOrder, kSecond}));
  return story;
}

domain::ShipmentDispatched dispatched(const std::string& id,
                                      std::vector<domain::LineQuantity> lines) {
  return {kOrder, kSecond, {id}, std::move(lines), "UPS", "1Z", {"main"}};
}

const OrderDocument& order(const Story& story) {
  return story.documents.orders.get("o1");
}
const VendorOrderDocument& vendor_order(const Story& story, const std::string& vendor) {
  return story.documents.vendor_orders.get(vendor + "/o1");
}
const SubOrderDocument& part(const Story& story, std::size_t i) {
  return order(story).sub_orders->at(i);
}
std::string status(const Story& story) {
  return std::string(name_of(order(story).status));
}

}  // namespace

TEST_CASE("a placed order shows its lines by vendor, without names, prices and amounts") {
  const Story story = placed_at_both();
  CHECK_EQ(status(story), "Pending");
  REQUIRE_EQ(order(story).sub_orders->size(), 2);
  CHECK_EQ(part(story, 0).vendor_id.value, "v1");
  CHECK_EQ(part(story, 0).charges->front().amount, 500);
  CHECK_EQ(part(story, 1).items->size(), 2);
  CHECK_FALSE(part(story, 1).items->at(0).unit_price.has_value());
  CHECK_FALSE(order(story).total_amount.has_value());
  CHECK_FALSE(*order(story).settled);
  CHECK_EQ(order(story).fulfilment.sub_orders, 2);
}

TEST_CASE("amounts show once every vendor has answered") {
  Story story = placed_at_both();
  story.given(both(kFirst, reserved_first()));
  CHECK_FALSE(order(story).payable_amount.has_value());
  CHECK_EQ(part(story, 0).subtotal->amount, 2500);
  story.given(both(kSecond, reserved_second())).given(settled());
  CHECK_EQ(order(story).total_amount->amount, 3150);
  CHECK_EQ(order(story).payable_amount->amount, 3150);
  CHECK(*order(story).settled);
  CHECK_EQ(part(story, 1).items->at(1).sku, "BE-1");
  CHECK_EQ(vendor_order(story, "v2").part.subtotal->amount, 650);
}

TEST_CASE("two parts of which one is ahead: the order is as far as the other") {
  Story story = packed_at_second();
  CHECK_EQ(status(story), "Confirmed");
  story.given(both(kSecond, dispatched("s1", {{{1}, 3}, {{3}, 1}})));
  CHECK_EQ(status(story), "Confirmed");
  CHECK_EQ(name_of(part(story, 1).status), "Shipped");
  CHECK_EQ(order(story).fulfilment.shipped, 1);
  story.given(both(kSecond, domain::ShipmentDelivered{kOrder, kSecond, {"s1"}}));
  CHECK_EQ(order(story).fulfilment.delivered, 1);
  story.given(both(kFirst, domain::LinesCancelled{kOrder, kFirst, {{{2}, 2}}, "sold out", false}));
  CHECK_EQ(status(story), "Delivered");
  CHECK_EQ(order(story).fulfilment.sub_orders, 1);
  CHECK_EQ(order(story).total_amount->amount, 3150);
  CHECK_EQ(order(story).payable_amount->amount, 650);
  CHECK_EQ(part(story, 0).cancel_reason, "sold out");
}

TEST_CASE("a partial shipment leaves the sub-order where it was") {
  Story story = packed_at_second();
  story.given(both(kSecond, dispatched("s1", {{{1}, 2}})));
  CHECK_EQ(name_of(vendor_order(story, "v2").part.status), "Packed");
  CHECK_EQ(vendor_order(story, "v2").part.items->at(0).shipped, 2);
  CHECK_EQ(story.documents.stock.get("v2/p2").on_hand, 8);
  CHECK_EQ(story.documents.stock.get("v2/p2").reserved, 1);
  domain::ShipmentUpdated updated{kOrder, kSecond, {"s1"}, "DHL", {}, "handed over"};
  story.given(both(kSecond, updated));
  const auto& shipment = part(story, 1).shipments->front();
  CHECK_EQ(*shipment.carrier, "DHL");
  CHECK_EQ(*shipment.tracking_code, "1Z");
  CHECK_EQ(shipment.notes->front().text, "handed over");
}

TEST_CASE("a lost shipment is replaced and open to ship again") {
  Story story = packed_at_second();
  story.given(both(kSecond, dispatched("s1", {{{1}, 3}, {{3}, 1}})));
  story.given(both(kSecond, domain::ShipmentLost{kOrder, kSecond, {"s1"}, "no trace"}));
  CHECK_EQ(name_of(part(story, 1).shipments->front().status), "Lost");
  story.given(both(kSecond, domain::LostShipmentReplaced{kOrder, kSecond, {"s1"}}));
  CHECK_EQ(name_of(part(story, 1).status), "Packed");
  CHECK_EQ(name_of(*part(story, 1).shipments->front().resolution), "Replaced");
  CHECK_EQ(part(story, 1).items->at(0).shipped, 0);
  CHECK_EQ(story.documents.stock.get("v2/p2").reserved, 3);
}

TEST_CASE("returns count what came back, and say what became of it") {
  Story story = packed_at_second();
  story.given(both(kSecond, dispatched("s1", {{{1}, 3}, {{3}, 1}})));
  story.given(
      both(kSecond, domain::ReturnRequested{kOrder, kSecond, {"r1"}, {{{1}, 1}}, "too big"}));
  CHECK_EQ(name_of(part(story, 1).returns->front().status), "Requested");
  story.given(both(kSecond, domain::ReturnReceived{kOrder, kSecond, {"r1"}, true, {"main"}}));
  CHECK_EQ(part(story, 1).items->at(0).returned, 1);
  CHECK(*part(story, 1).returns->front().restocked);
  CHECK_EQ(story.documents.stock.get("v2/p2").on_hand, 8);
}

TEST_CASE("a refusal cancels its part in the order, and makes no document of the vendor's") {
  Story story = placed_at_both();
  story.given(both(kFirst, reserved_first()));
  const domain::InsufficientStock shortage{{{{1}, kSecond, {"p2"}, 3, 0}}, true};
  story.given(both(kSecond, domain::ReservationRefused{kOrder, kSecond, shortage}));
  story.given({domain::OrderCancelled{kOrder, shortage, {kFirst}}});
  CHECK_EQ(name_of(part(story, 1).status), "Cancelled");
  CHECK_EQ(part(story, 1).items->at(0).cancelled, 3);
  CHECK_EQ(part(story, 1).version, 1);
  CHECK_EQ(part(story, 0).outstanding, 1);
  CHECK((order(story).refusal == domain::Rejection(shortage)));
  CHECK_EQ(story.documents.vendor_orders.documents.at("v2/o1").part.version, 0);
  CHECK(eventstore::to_json(order(story)).find(R"("refusal":{"type":"InsufficientStock")") !=
        std::string::npos);
  story.given(both(kFirst, domain::LinesCancelled{kOrder, kFirst, {{{2}, 2}}, "shortage", true}));
  CHECK_EQ(status(story), "Cancelled");
  CHECK_EQ(part(story, 0).outstanding, 0);
  CHECK_EQ(story.documents.stock.get("v1/p1").available, 10);
}

TEST_CASE("a part that was never asked is cancelled with its order") {
  Story story = placed_at_both();
  const domain::VendorIsSuspended refusal{kFirst};
  story.given(both(kFirst, domain::ReservationRefused{kOrder, kFirst, refusal}));
  story.given({domain::OrderCancelled{kOrder, refusal, {}}});
  CHECK_EQ(status(story), "Cancelled");
  CHECK_EQ(name_of(part(story, 1).status), "Cancelled");
  CHECK_EQ(part(story, 1).version, 0);
  CHECK_EQ(order(story).fulfilment.sub_orders, 0);
}

TEST_CASE("an expired order has no deadline any more, and says that it expired") {
  Story story;
  domain::OrderPlaced manual = placed();
  manual.lines = {{{2}, kFirst, {"p1"}, 2, {}, {}}};
  manual.confirmation = domain::Confirmation::Manual;
  manual.reserved_until = Story::at(100);
  story.given({domain::StockCounted{kFirst, {"p1"}, {"main"}, 10}, manual});
  story.given(both(kFirst, reserved_first()));
  CHECK((order(story).reserved_until == Story::at(100)));
  story.given({domain::ReservationExpired{kOrder, {kFirst}}});
  CHECK_FALSE(order(story).reserved_until.has_value());
  CHECK(order(story).expired);
  CHECK_EQ(name_of(order(story).phase), "Failed");
}

TEST_CASE("a refused request shows in its part, with the reason") {
  Story story = packed_at_second();
  story.given({domain::CancellationRequested{
      kOrder, {kFirst, kSecond}, "changed my mind", domain::Role::Customer, true}});
  CHECK_EQ(part(story, 1).outstanding, 1);
  const domain::IllegalTransition refusal{"Packed", "Cancelled", {"Shipped"}};
  story.given(both(kSecond, domain::CancellationRefused{kOrder, kSecond, refusal}));
  CHECK_EQ(part(story, 1).outstanding, 0);
  CHECK_EQ(part(story, 1).refused_request->request, "cancellation");
  CHECK((part(story, 1).refused_request->refusal == domain::Rejection(refusal)));
  CHECK_EQ(vendor_order(story, "v2").part.refused_request->request, "cancellation");
}

TEST_CASE("a changed address shows in its part, and the order follows the first") {
  Story story = settled_at_both();
  story.given({domain::AddressChangeRequested{kOrder, {kFirst, kSecond}, {"street 2"}}});
  CHECK_EQ(order(story).shipping_address.token, "street 1");
  story.given(both(kFirst, domain::AddressChanged{kOrder, kFirst, {"street 2"}}));
  CHECK_EQ(order(story).shipping_address.token, "street 2");
  CHECK_EQ(part(story, 1).shipping_address.token, "street 1");
  const domain::IllegalTransition refusal{"Packed", "Packed", {}};
  story.given(both(kSecond, domain::AddressChangeRefused{kOrder, kSecond, refusal}));
  CHECK_EQ(part(story, 1).refused_request->request, "address");
  CHECK_EQ(part(story, 0).outstanding + part(story, 1).outstanding, 0);
}

TEST_CASE("a refusal to a part that never stood makes no document of the vendor's") {
  Story story = placed_at_both();
  story.given({domain::CancellationRefused{kOrder, kFirst, domain::NotFound{"sub-order", "o1"}}});
  CHECK_EQ(story.documents.vendor_orders.documents.at("v1/o1").part.version, 0);
}

TEST_CASE("an order's document is the contract's, to the byte") {
  Story story = packed_at_second();
  story.given(both(kSecond, dispatched("s1", {{{1}, 3}, {{3}, 1}})));
  CHECK_EQ(
      eventstore::to_json(part(story, 1)),
      R"({"vendorId":"v2","status":"Shipped","version":4,"preparation":"Packed","settled":true,)"
      R"("items":[{"lineId":"1","productId":"p2","name":"Pedal","SKU":"PE-1",)"
      R"("unitPrice":{"amount":200,"currency":"USD"},"quantity":3,"shipped":3,"delivered":0,)"
      R"("cancelled":0,"returned":0,"lost":0},{"lineId":"3","productId":"p3","name":"Bell",)"
      R"("SKU":"BE-1","unitPrice":{"amount":50,"currency":"USD"},"quantity":1,"shipped":1,)"
      R"("delivered":0,"cancelled":0,"returned":0,"lost":0}],"charges":[],)"
      R"("subtotal":{"amount":650,"currency":"USD"},)"
      R"("payableAmount":{"amount":650,"currency":"USD"},)"
      R"("shippingAddress":{"$sealed":"street 1"},"shipments":[{"shipmentId":"s1",)"
      R"("status":"Shipped","carrier":"UPS","trackingCode":"1Z","warehouseId":"main",)"
      R"("items":[{"lineId":"1","quantity":3},{"lineId":"3","quantity":1}],"notes":[],)"
      R"("createdAt":"2026-09-21T14:13:38.000000Z"}],"returns":[],"notes":[],"outstanding":0})");
}
