// Reference: what an event makes of a vendor's part of an order, on either side.
#include <algorithm>

#include "tests/simulation/reference.h"
#include "tests/simulation/reference_demand.h"

namespace cassette::sim {

using namespace domain;

// ---- parts

Units PartState::open() const {
  Units sum = 0;
  for (const auto& [id, line] : lines) sum += line.open();
  return sum;
}

std::int64_t PartState::total() const {
  std::int64_t sum = charges;
  for (const auto& [id, line] : lines) sum += line.price * line.ordered;
  return sum;
}

OrderStatus PartState::status() const {
  if (refused) return OrderStatus::Cancelled;
  if (open() > 0) {
    return preparation == 0   ? OrderStatus::Pending
           : preparation == 1 ? OrderStatus::Confirmed
                              : OrderStatus::Packed;
  }
  const bool shipped =
      std::ranges::any_of(lines, [](const auto& line) { return line.second.shipped > 0; });
  if (!shipped) return OrderStatus::Cancelled;
  const bool under_way =
      std::ranges::any_of(parcels, [](const auto& parcel) { return parcel.second.open(); });
  return under_way ? OrderStatus::Shipped : OrderStatus::Delivered;
}

bool PurchaseState::standing() const {
  return std::ranges::any_of(parts, [](const auto& part) { return part.second.stands(); });
}

namespace {

// What a change makes of a part; the stock is another's business.
struct Change {
  PartState& part;

  void exists(const auto& event) const { demand(part.exists, "there is no such part", event); }

  void operator()(const StockReserved& event) const {
    demand(!part.exists && !event.lines.empty(), "is reserved twice", event);
    part.exists = true;
    part.settled = event.settled;
    for (const Charge& charge : event.charges) part.charges += charge.amount;
    for (const ReservedLine& line : event.lines) {
      part.lines[line.line_id.value] = {
          line.product_id.value, line.unit_price.amount, line.quantity, 0, 0, 0, 0};
    }
  }
  void operator()(const ReservationRefused& event) const {
    demand(!part.exists, "is refused after it was answered", event);
    part.exists = part.refused = true;
  }
  void operator()(const ReservationSettled& event) const {
    exists(event);
    demand(!part.settled, "is settled twice", event);
    part.settled = true;
  }
  void operator()(const SubOrderConfirmed& event) const {
    exists(event);
    demand(part.status() == OrderStatus::Pending, "is confirmed, and was not pending", event);
    part.settled = true;
    part.preparation = 1;
  }
  void operator()(const SubOrderPacked& event) const {
    exists(event);
    demand(part.preparation == 1, "is packed, and was not confirmed", event);
    part.preparation = 2;
  }
  void operator()(const SubOrderNoted& event) const { exists(event); }
  void operator()(const LinesCancelled& event) const {
    exists(event);
    for (const auto& [id, quantity] : units_of(event.lines)) {
      LineState& line = part.lines.at(id);
      demand(quantity > 0 && quantity <= line.open(), "cancels more than is open", event);
      line.cancelled += quantity;
    }
  }
  void operator()(const CancellationRefused&) const {}
  void operator()(const AddressChanged& event) const { exists(event); }
  void operator()(const AddressChangeRefused&) const {}
  void operator()(const ShipmentDispatched& event) const {
    exists(event);
    demand(part.preparation == 2, "ships, and was not packed", event);
    demand(!part.parcels.contains(event.shipment_id.value), "ships twice", event);
    ParcelState& parcel = part.parcels[event.shipment_id.value];
    parcel.lines = units_of(event.lines);
    for (const auto& [id, quantity] : parcel.lines) {
      LineState& line = part.lines.at(id);
      demand(quantity > 0 && quantity <= line.open(), "ships more than is open", event);
      line.shipped += quantity;
    }
  }
  ParcelState& parcel(const auto& event) const {
    exists(event);
    demand(part.parcels.contains(event.shipment_id.value), "there is no such shipment", event);
    ParcelState& parcel = part.parcels[event.shipment_id.value];
    demand(parcel.open(), "changes a shipment that is over", event);
    return parcel;
  }
  void operator()(const ShipmentUpdated& event) const { exists(event); }
  void operator()(const ShipmentProblemReported& event) const {
    parcel(event).status = ShipmentStatus::Problem;
  }
  void operator()(const ShipmentLost& event) const { parcel(event).status = ShipmentStatus::Lost; }
  void operator()(const LostShipmentReplaced& event) const {
    ParcelState& lost = parcel(event);
    demand(lost.status == ShipmentStatus::Lost, "replaces what is not lost", event);
    lost.resolution = LossResolution::Replaced;
    for (const auto& [id, quantity] : lost.lines) part.lines.at(id).shipped -= quantity;
  }
  void operator()(const LostShipmentWrittenOff& event) const {
    ParcelState& lost = parcel(event);
    demand(lost.status == ShipmentStatus::Lost, "writes off what is not lost", event);
    lost.resolution = LossResolution::WrittenOff;
    for (const auto& [id, quantity] : lost.lines) part.lines.at(id).lost += quantity;
  }
  void operator()(const ShipmentDelivered& event) const {
    parcel(event).status = ShipmentStatus::Delivered;
  }
  void operator()(const ReturnRequested& event) const {
    exists(event);
    demand(!part.returns.contains(event.return_id.value), "returns twice", event);
    part.returns[event.return_id.value] = {ReturnStatus::Requested, units_of(event.lines)};
  }
  ReturnState& requested(const auto& event) const {
    exists(event);
    ReturnState& returned = part.returns[event.return_id.value];
    demand(!returned.lines.empty() && returned.status == ReturnStatus::Requested,
           "ends a return that was not requested", event);
    return returned;
  }
  void operator()(const ReturnReceived& event) const {
    ReturnState& returned = requested(event);
    returned.status = ReturnStatus::Received;
    for (const auto& [id, quantity] : returned.lines) {
      LineState& line = part.lines.at(id);
      line.returned += quantity;
      demand(line.returned + line.lost <= line.shipped, "more came back than left", event);
    }
  }
  void operator()(const ReturnRefused& event) const {
    requested(event).status = ReturnStatus::Refused;
  }
};

}  // namespace

void Reference::change_part(PartState& part, const SubOrderEvent& change) const {
  std::visit(Change{part}, change);
}

}  // namespace cassette::sim
