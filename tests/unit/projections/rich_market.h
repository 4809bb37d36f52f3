// rich_market: a tape on which every decision of the rules stands that one engine a partition can
// come to, so that folds meet every event.
#pragma once

#include "tests/support/small_market.h"

namespace cassette::testing {

inline domain::ShipLines ship(const std::string& order, const std::string& shipment,
                              domain::Quantity quantity) {
  domain::ShipLines command;
  command.order_id = {order};
  command.vendor_id = {"v1"};
  command.shipment_id = {shipment};
  command.lines = {{{1}, quantity}};
  command.carrier = "UPS";
  return command;
}

inline domain::UpdateShipment update(const std::string& order, const std::string& shipment,
                                     std::optional<domain::ShipmentStatus> status) {
  domain::UpdateShipment command;
  command.order_id = {order};
  command.vendor_id = {"v1"};
  command.shipment_id = {shipment};
  command.status = status;
  command.note = "seen by the carrier";
  return command;
}

inline domain::UpdateShipment resolve(const std::string& order, const std::string& shipment,
                                      domain::LossResolution resolution) {
  domain::UpdateShipment command = update(order, shipment, std::nullopt);
  command.resolution = resolution;
  return command;
}

inline void tell_catalogue(TapeMaker& tape) {
  tape.run(domain::ChangeVendor{{"v1"}, {}, "Another name", {}, {}});
  tape.run(domain::SuspendVendor{{"v2"}, {}, "unpaid fees"});
  tape.run(domain::ReinstateVendor{{"v2"}, {}});
  tape.run(list_product("v1", "p3"));
  tape.run(domain::ReviseProduct{{"v1"}, {"p3"}, {}, list_product("v1", "p3", 7).details});
  tape.run(domain::DelistProduct{{"v1"}, {"p3"}, {}});
  tape.run(domain::RegisterCustomer{{"c1"}, {"name"}, {{"mail"}, {"phone"}}, {{"address"}}});
  tape.run(domain::ChangeCustomer{{"c1"}, {}, domain::Sealed{"other"}, {}, {}});
  tape.run(domain::EraseCustomer{{"c1"}, {}});
  tape.run(domain::EraseCustomer{{"never-registered"}, {}});
}

inline void tell_stock(TapeMaker& tape) {
  tape.run(list_product("v1", "p4"));
  domain::CountStock count = count_stock("v1", "p4", 20);
  count.reorder_point = 8;
  count.safety_stock = 2;
  tape.run(count);
  count = count_stock("v1", "p4", 5);
  count.warehouse_id = {"north"};
  tape.run(count);
  tape.run(place_order("falls-low", {item("v1", "p4", 17)}));
  domain::AdjustStock adjust{{"v1"}, {"p4"}, -12, "damaged", {}, {}, {}, {}, {}, {}};
  adjust.on_shortfall = domain::OnShortfall::Freeze;
  tape.run(adjust);
  tape.run(count_stock("v1", "p4", 40));
}

inline void tell_shipments(TapeMaker& tape) {
  tape.run(count_stock("v1", "p1", 100));
  tape.run(place_order("parts", {item("v1", "p1", 9), item("v2", "p2", 1)}));
  tape.run(advance("parts", "v1", domain::OrderStatus::Packed));
  tape.run(domain::NoteSubOrder{{"parts"}, {"v1"}, "fragile", {}});
  tape.run(ship("parts", "s1", 4));
  tape.run(update("parts", "s1", domain::ShipmentStatus::Problem));
  tape.run(update("parts", "s1", domain::ShipmentStatus::Lost));
  tape.run(resolve("parts", "s1", domain::LossResolution::Replaced));
  tape.run(ship("parts", "s2", 4));
  domain::UpdateShipment tracked = update("parts", "s2", std::nullopt);
  tracked.tracking_code = "1Z";
  tape.run(tracked);
  tape.run(update("parts", "s2", domain::ShipmentStatus::Delivered));
  tape.run(ship("parts", "s3", 2));
  tape.run(update("parts", "s3", domain::ShipmentStatus::Lost));
  tape.run(resolve("parts", "s3", domain::LossResolution::WrittenOff));
  tape.run(domain::CancelLines{
      {"parts"}, {"v1"}, {{{1}, 1}}, "one less", domain::Role::Administrator, false, {}});
  tape.run(domain::RequestReturn{{"parts"}, {"v1"}, {"r1"}, {{{1}, 2}}, "too big", {}});
  tape.run(domain::ResolveReturn{
      {"parts"}, {"v1"}, {"r1"}, domain::ReturnStatus::Received, true, {}, "", {}});
  tape.run(domain::RequestReturn{{"parts"}, {"v1"}, {"r2"}, {{{1}, 1}}, "scratched", {}});
  tape.run(domain::ResolveReturn{
      {"parts"}, {"v1"}, {"r2"}, domain::ReturnStatus::Refused, false, {}, "used", {}});
}

inline TapeMaker rich_market(std::uint32_t partitions) {
  TapeMaker tape = busy_market(partitions);
  tell_catalogue(tape);
  tell_stock(tape);
  tell_shipments(tape);
  domain::PlaceOrder short_one =
      place_order("one-is-short", {item("v1", "p1", 1), item("v2", "p2", 99)});
  short_one.on_shortage = domain::OnShortage::CancelShortVendors;
  short_one.charges = {{{"v1"}, domain::ChargeType::Shipping, 500}};
  tape.run(short_one);
  return tape;
}

}  // namespace cassette::testing
