// SubOrder: what a vendor's part of an order is, folded from its events.
// It refuses no fact; a fact that contradicts the state is our own bug and stops the process.
#include "domain/sub_order.h"

#include <algorithm>

#include "domain/events.h"

namespace cassette::domain {
namespace {

SubOrderLine& line_of(SubOrder& sub_order, LineId id) {
  const auto found = std::ranges::find(sub_order.lines, id, &SubOrderLine::line_id);
  CHECK(found != sub_order.lines.end());
  return *found;
}

Shipment& shipment_of(SubOrder& sub_order, const ShipmentId& id) {
  const auto found = std::ranges::find(sub_order.shipments, id, &Shipment::shipment_id);
  CHECK(found != sub_order.shipments.end());
  return *found;
}

Return& return_of(SubOrder& sub_order, const ReturnId& id) {
  const auto found = std::ranges::find(sub_order.returns, id, &Return::return_id);
  CHECK(found != sub_order.returns.end());
  return *found;
}

// Adds each quantity to one member of its line.
void add(SubOrder& sub_order, const std::vector<LineQuantity>& lines,
         Quantity SubOrderLine::*member) {
  for (const LineQuantity& each : lines) {
    SubOrderLine& line = line_of(sub_order, each.line_id);
    CHECK(each.quantity > 0);
    line.*member += each.quantity;
    CHECK(line.open() >= 0 && line.lost + line.returned <= line.shipped);
  }
}

void touch(SubOrder& sub_order) {
  CHECK(sub_order.exists());
  ++sub_order.version;
}

template <class T, class Key>
const T* find_by(const std::vector<T>& list, const Key& key, Key T::*member) {
  const auto found = std::ranges::find(list, key, member);
  return found == list.end() ? nullptr : &*found;
}

std::int64_t sum_of(const std::vector<Charge>& charges) {
  std::int64_t sum = 0;
  for (const Charge& charge : charges) sum += charge.amount;
  return sum;
}

}  // namespace

// ---- state

OrderStatus SubOrder::status() const {
  if (refused) return OrderStatus::Cancelled;
  if (open_units() > 0) {
    constexpr OrderStatus kStatus[] = {OrderStatus::Pending, OrderStatus::Confirmed,
                                       OrderStatus::Packed};
    return kStatus[static_cast<std::size_t>(preparation)];
  }
  const bool shipped =
      std::ranges::any_of(lines, [](const auto& line) { return line.shipped > 0; });
  if (!shipped) return OrderStatus::Cancelled;
  const bool under_way = std::ranges::any_of(shipments, &Shipment::open);
  return under_way ? OrderStatus::Shipped : OrderStatus::Delivered;
}

Quantity SubOrder::open_units() const {
  Quantity sum = 0;
  for (const SubOrderLine& line : lines) sum += line.open();
  return sum;
}

bool SubOrder::closed() const {
  const OrderStatus now = status();
  return exists() && (now == OrderStatus::Delivered || now == OrderStatus::Cancelled);
}

bool SubOrder::holds(const ProductId& product) const {
  return std::ranges::any_of(lines, [&product](const SubOrderLine& line) {
    return line.product_id == product && line.open() > 0;
  });
}

const SubOrderLine* SubOrder::line(LineId id) const {
  return find_by(lines, id, &SubOrderLine::line_id);
}

const Shipment* SubOrder::shipment(const ShipmentId& id) const {
  return find_by(shipments, id, &Shipment::shipment_id);
}

const Return* SubOrder::find_return(const ReturnId& id) const {
  return find_by(returns, id, &Return::return_id);
}

std::int64_t SubOrder::total() const {
  std::int64_t sum = sum_of(charges);
  for (const SubOrderLine& line : lines) sum += line.unit_price * line.quantity;
  return sum;
}

std::int64_t SubOrder::payable() const {
  if (status() == OrderStatus::Cancelled) return 0;
  std::int64_t sum = sum_of(charges);
  for (const SubOrderLine& line : lines) {
    sum += line.unit_price * (line.quantity - line.cancelled - line.lost);
  }
  return std::max<std::int64_t>(0, sum);
}

Quantity returnable(const SubOrder& sub_order, const SubOrderLine& line) {
  Quantity requested = 0;
  for (const Return& each : sub_order.returns) {
    if (each.status != ReturnStatus::Requested) continue;
    const LineQuantity* asked = find_by(each.lines, line.line_id, &LineQuantity::line_id);
    if (asked) requested += asked->quantity;
  }
  return line.shipped - line.lost - line.returned - requested;
}

// ---- evolve

void evolve(SubOrder& sub_order, const StockReserved& event) {
  CHECK(!sub_order.exists() && !event.lines.empty());
  sub_order.version = 1;
  sub_order.settled = event.settled;
  sub_order.currency = event.lines.front().unit_price.currency;
  sub_order.charges = event.charges;
  sub_order.lines.reserve(event.lines.size());
  for (const ReservedLine& line : event.lines) {
    CHECK(line.quantity > 0);
    SubOrderLine& mine = sub_order.lines.emplace_back();
    mine.line_id = line.line_id;
    mine.product_id = line.product_id;
    mine.unit_price = line.unit_price.amount;
    mine.quantity = line.quantity;
  }
}

void evolve(SubOrder& sub_order, const ReservationRefused&) {
  CHECK(!sub_order.exists());
  sub_order.version = 1;
  sub_order.refused = true;
}

void evolve(SubOrder& sub_order, const ReservationSettled&) {
  touch(sub_order);
  sub_order.settled = true;
}

void evolve(SubOrder& sub_order, const SubOrderConfirmed&) {
  touch(sub_order);
  CHECK(sub_order.preparation == Preparation::Pending);
  sub_order.settled = true;
  sub_order.preparation = Preparation::Confirmed;
}

void evolve(SubOrder& sub_order, const SubOrderPacked&) {
  touch(sub_order);
  CHECK(sub_order.preparation == Preparation::Confirmed);
  sub_order.preparation = Preparation::Packed;
}

void evolve(SubOrder& sub_order, const SubOrderNoted&) {
  touch(sub_order);
}

void evolve(SubOrder& sub_order, const LinesCancelled& event) {
  touch(sub_order);
  add(sub_order, event.lines, &SubOrderLine::cancelled);
}

// A refusal also answers for a sub-order that never was, and so may be its first event.
void evolve(SubOrder& sub_order, const CancellationRefused&) {
  ++sub_order.version;
}

void evolve(SubOrder& sub_order, const AddressChanged&) {
  touch(sub_order);
}

void evolve(SubOrder& sub_order, const AddressChangeRefused&) {
  ++sub_order.version;
}

void evolve(SubOrder& sub_order, const ShipmentDispatched& event) {
  touch(sub_order);
  CHECK(sub_order.preparation == Preparation::Packed);
  CHECK(sub_order.shipment(event.shipment_id) == nullptr);
  add(sub_order, event.lines, &SubOrderLine::shipped);
  sub_order.shipments.push_back({event.shipment_id, ShipmentStatus::Shipped, LossResolution::None,
                                 event.lines, event.carrier, event.tracking_code});
}

void evolve(SubOrder& sub_order, const ShipmentUpdated& event) {
  touch(sub_order);
  Shipment& shipment = shipment_of(sub_order, event.shipment_id);
  if (event.carrier) shipment.carrier = *event.carrier;
  if (event.tracking_code) shipment.tracking_code = *event.tracking_code;
}

void evolve(SubOrder& sub_order, const ShipmentProblemReported& event) {
  touch(sub_order);
  shipment_of(sub_order, event.shipment_id).status = ShipmentStatus::Problem;
}

void evolve(SubOrder& sub_order, const ShipmentLost& event) {
  touch(sub_order);
  shipment_of(sub_order, event.shipment_id).status = ShipmentStatus::Lost;
}

void evolve(SubOrder& sub_order, const LostShipmentReplaced& event) {
  touch(sub_order);
  Shipment& shipment = shipment_of(sub_order, event.shipment_id);
  CHECK(shipment.status == ShipmentStatus::Lost && shipment.open());
  shipment.resolution = LossResolution::Replaced;
  for (const LineQuantity& each : shipment.lines) {
    SubOrderLine& line = line_of(sub_order, each.line_id);
    line.shipped -= each.quantity;
    CHECK(line.lost + line.returned <= line.shipped);
  }
}

void evolve(SubOrder& sub_order, const LostShipmentWrittenOff& event) {
  touch(sub_order);
  Shipment& shipment = shipment_of(sub_order, event.shipment_id);
  CHECK(shipment.status == ShipmentStatus::Lost && shipment.open());
  shipment.resolution = LossResolution::WrittenOff;
  add(sub_order, shipment.lines, &SubOrderLine::lost);
}

void evolve(SubOrder& sub_order, const ShipmentDelivered& event) {
  touch(sub_order);
  Shipment& shipment = shipment_of(sub_order, event.shipment_id);
  CHECK(shipment.open());
  shipment.status = ShipmentStatus::Delivered;
  add(sub_order, shipment.lines, &SubOrderLine::delivered);
}

void evolve(SubOrder& sub_order, const ReturnRequested& event) {
  touch(sub_order);
  CHECK(sub_order.find_return(event.return_id) == nullptr);
  sub_order.returns.push_back({event.return_id, ReturnStatus::Requested, event.lines});
}

void evolve(SubOrder& sub_order, const ReturnReceived& event) {
  touch(sub_order);
  Return& returned = return_of(sub_order, event.return_id);
  CHECK(returned.status == ReturnStatus::Requested);
  returned.status = ReturnStatus::Received;
  add(sub_order, returned.lines, &SubOrderLine::returned);
}

void evolve(SubOrder& sub_order, const ReturnRefused& event) {
  touch(sub_order);
  Return& refused = return_of(sub_order, event.return_id);
  CHECK(refused.status == ReturnStatus::Requested);
  refused.status = ReturnStatus::Refused;
}

void evolve(SubOrder& sub_order, const SubOrderEvent& event) {
  std::visit([&sub_order](const auto& change) { evolve(sub_order, change); }, event);
}

}  // namespace cassette::domain
