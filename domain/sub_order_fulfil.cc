// SubOrder: decides packing, shipping, what becomes of shipments, delivery and returns.
// It refuses steps backwards, more units than are open, and ids that are in use.
#include <algorithm>

#include "domain/preconditions.h"
#include "domain/sub_order.h"
#include "domain/sub_order_rules.h"

namespace cassette::domain {
namespace {

// An order's part that ships was packed first, whether or not anyone said so.
void pack(Events& events, const SubOrder& sub_order, const auto& command) {
  if (sub_order.preparation == Preparation::Packed) return;
  events.emplace_back(SubOrderPacked{command.order_id, command.vendor_id});
}

std::optional<Rejection> shipment_id_refusal(const SubOrder& sub_order, const ShipmentId& id) {
  if (id.empty()) return InvalidCommand{"shipmentId", "must not be empty"};
  if (sub_order.shipment(id)) return AlreadyExists{"shipment", id.value};
  if (sub_order.shipments.size() >= kMaxParcels) {
    return InvalidCommand{"shipmentId", "the sub-order has as many shipments as it may have"};
  }
  return std::nullopt;
}

ShipmentDispatched dispatch(const auto& command, std::vector<LineQuantity> lines) {
  return {command.order_id, command.vendor_id,     command.shipment_id, std::move(lines),
          command.carrier,  command.tracking_code, command.warehouse_id};
}

void deliver_all(Events& events, const SubOrder& sub_order, const AdvanceSubOrder& command) {
  for (const Shipment& each : sub_order.shipments) {
    if (!each.open()) continue;
    events.emplace_back(ShipmentDelivered{command.order_id, command.vendor_id, each.shipment_id});
  }
}

// A carrier or tracking code is of the shipment that is made now; without one, of those there are.
bool carries(const SubOrder& sub_order, const AdvanceSubOrder& command) {
  return std::ranges::all_of(sub_order.shipments, [&](const Shipment& each) {
    return (command.carrier.empty() || command.carrier == each.carrier) &&
           (command.tracking_code.empty() || command.tracking_code == each.tracking_code);
  });
}

Decision advance(const SubOrder& sub_order, const AdvanceSubOrder& command) {
  Events events;
  pack(events, sub_order, command);
  const bool ships = command.status != OrderStatus::Packed && sub_order.open_units() > 0;
  if (!ships && !carries(sub_order, command)) {
    return Failure{InvalidCommand{"carrier",
                                  "and trackingCode are another shipment's: all has "
                                  "shipped already"}};
  }
  if (ships) {
    auto refusal = shipment_id_refusal(sub_order, command.shipment_id);
    if (refusal) return Failure{*std::move(refusal)};
    events.emplace_back(dispatch(command, all_open(sub_order)));
  }
  if (command.status == OrderStatus::Delivered) {
    deliver_all(events, sub_order, command);
    if (ships) {
      events.emplace_back(
          ShipmentDelivered{command.order_id, command.vendor_id, command.shipment_id});
    }
  }
  if (!command.note.empty()) {
    events.emplace_back(SubOrderNoted{command.order_id, command.vendor_id, command.note});
  }
  return events;
}

}  // namespace

// ---- status

Decision decide(const SubOrder& sub_order, const AdvanceSubOrder& command) {
  if (auto refusal = absent_or_changed(sub_order, command)) return Failure{*std::move(refusal)};
  const OrderStatus status = sub_order.status();
  if (command.status == status) return Events{};
  const std::vector<std::string> allowed = allowed_from(sub_order);
  if (std::ranges::find(allowed, name_of(command.status)) == allowed.end()) {
    return Failure{illegal(status, command.status, allowed)};
  }
  if (command.status != OrderStatus::Cancelled) return advance(sub_order, command);
  return decide(sub_order, CancelLines{command.order_id,
                                       command.vendor_id,
                                       {},
                                       command.note,
                                       Role::System,
                                       false,
                                       std::nullopt});
}

// ---- shipments

Decision decide(const SubOrder& sub_order, const ShipLines& command) {
  if (auto refusal = absent_or_changed(sub_order, command)) return Failure{*std::move(refusal)};
  auto refusal = shipment_id_refusal(sub_order, command.shipment_id);
  if (refusal) return Failure{*std::move(refusal)};
  const OrderStatus status = sub_order.status();
  if (status != OrderStatus::Confirmed && status != OrderStatus::Packed) {
    return Failure{illegal(status, OrderStatus::Shipped, allowed_from(sub_order))};
  }
  refusal = lines_refusal(sub_order, command.lines, open_of);
  if (refusal) return Failure{*std::move(refusal)};
  Events events;
  pack(events, sub_order, command);
  events.emplace_back(
      dispatch(command, command.lines.empty() ? all_open(sub_order) : command.lines));
  return events;
}

namespace {

std::vector<std::string> shipment_allowed(const Shipment& shipment) {
  if (!shipment.open()) return {};
  if (shipment.status == ShipmentStatus::Lost) return {"Delivered"};
  return {"Problem", "Lost", "Delivered"};
}

// Adds the event of a new status; the note goes with it where the event has room for one.
std::optional<Rejection> add_status(Events& events, const Shipment& shipment,
                                    const UpdateShipment& command, bool& noted) {
  const ShipmentStatus wanted = command.status.value_or(shipment.status);
  const bool again = wanted == ShipmentStatus::Problem && command.status && !command.note.empty();
  if (wanted == shipment.status && !again) return std::nullopt;
  const std::vector<std::string> allowed = shipment_allowed(shipment);
  if (std::ranges::find(allowed, name_of(wanted)) == allowed.end()) {
    return IllegalTransition{std::string(name_of(shipment.status)), std::string(name_of(wanted)),
                             allowed};
  }
  if (wanted == ShipmentStatus::Delivered) {
    events.emplace_back(
        ShipmentDelivered{command.order_id, command.vendor_id, command.shipment_id});
    return std::nullopt;
  }
  noted = true;
  if (wanted == ShipmentStatus::Lost) {
    events.emplace_back(
        ShipmentLost{command.order_id, command.vendor_id, command.shipment_id, command.note});
  } else {
    events.emplace_back(ShipmentProblemReported{command.order_id, command.vendor_id,
                                                command.shipment_id, command.note});
  }
  return std::nullopt;
}

// `items` stand in the order of the shipment's lines.
std::optional<Rejection> replacement_shortage(const SubOrder& sub_order, const Shipment& shipment,
                                              std::span<const StockItem> items,
                                              const VendorId& vendor) {
  CHECK(items.size() == shipment.lines.size());
  InsufficientStock refusal;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const ProductId& product = sub_order.line(shipment.lines[i].line_id)->product_id;
    Quantity wanted = 0;
    for (const LineQuantity& each : shipment.lines) {
      if (sub_order.line(each.line_id)->product_id == product) wanted += each.quantity;
    }
    const Quantity available = items[i].available();
    if (wanted <= available) continue;
    refusal.lines.push_back({shipment.lines[i].line_id, vendor, product, wanted, available});
    refusal.retryable = refusal.retryable || items[i].unsettled > 0;
  }
  if (refusal.lines.empty()) return std::nullopt;
  return refusal;
}

// Units that were returned, or are about to be, did arrive: they can't be lost as well.
std::optional<Rejection> loss_refusal(const SubOrder& sub_order, const Shipment& shipment) {
  return lines_refusal(sub_order, shipment.lines, returnable);
}

std::optional<Rejection> add_resolution(Events& events, const SubOrder& sub_order,
                                        const Shipment& shipment, std::span<const StockItem> items,
                                        const UpdateShipment& command) {
  if (command.resolution == shipment.resolution || command.resolution == LossResolution::None) {
    return std::nullopt;
  }
  const ShipmentStatus status = command.status.value_or(shipment.status);
  if (status != ShipmentStatus::Lost || shipment.resolution != LossResolution::None) {
    return IllegalTransition{std::string(name_of(status)), std::string(name_of(command.resolution)),
                             shipment_allowed(shipment)};
  }
  if (auto refusal = loss_refusal(sub_order, shipment)) return refusal;
  if (command.resolution == LossResolution::WrittenOff) {
    events.emplace_back(
        LostShipmentWrittenOff{command.order_id, command.vendor_id, command.shipment_id});
    return std::nullopt;
  }
  auto refusal = replacement_shortage(sub_order, shipment, items, command.vendor_id);
  if (refusal) return refusal;
  events.emplace_back(
      LostShipmentReplaced{command.order_id, command.vendor_id, command.shipment_id});
  return std::nullopt;
}

void add_update(Events& events, const Shipment& shipment, const UpdateShipment& command,
                bool noted) {
  ShipmentUpdated update{command.order_id,      command.vendor_id,
                         command.shipment_id,   command.carrier,
                         command.tracking_code, noted ? std::string() : command.note};
  if (update.carrier == shipment.carrier) update.carrier.reset();
  if (update.tracking_code == shipment.tracking_code) update.tracking_code.reset();
  if (!update.carrier && !update.tracking_code && update.note.empty()) return;
  events.emplace_back(std::move(update));
}

}  // namespace

Decision decide(const SubOrder& sub_order, std::span<const StockItem> items,
                const UpdateShipment& command) {
  if (auto refusal = absent_or_changed(sub_order, command)) return Failure{*std::move(refusal)};
  const Shipment* shipment = sub_order.shipment(command.shipment_id);
  if (!shipment) return Failure{NotFound{"shipment", command.shipment_id.value}};
  Events changes;
  bool noted = false;
  if (auto refusal = add_status(changes, *shipment, command, noted)) {
    return Failure{*std::move(refusal)};
  }
  if (auto refusal = add_resolution(changes, sub_order, *shipment, items, command)) {
    return Failure{*std::move(refusal)};
  }
  add_update(changes, *shipment, command, noted);
  return changes;
}

// ---- returns

Decision decide(const SubOrder& sub_order, const RequestReturn& command) {
  if (auto refusal = absent_or_changed(sub_order, command)) return Failure{*std::move(refusal)};
  if (command.return_id.empty()) {
    return Failure{InvalidCommand{"returnId", "must not be empty"}};
  }
  if (sub_order.find_return(command.return_id)) {
    return Failure{AlreadyExists{"return", command.return_id.value}};
  }
  if (sub_order.returns.size() >= kMaxParcels) {
    return Failure{InvalidCommand{"returnId", "the sub-order has as many returns as it may have"}};
  }
  if (command.lines.empty()) return Failure{InvalidCommand{"items", "must not be empty"}};
  if (auto refusal = lines_refusal(sub_order, command.lines, returnable)) {
    return Failure{*std::move(refusal)};
  }
  return events_of(ReturnRequested{command.order_id, command.vendor_id, command.return_id,
                                   command.lines, command.reason});
}

Decision decide(const SubOrder& sub_order, const ResolveReturn& command) {
  if (auto refusal = absent_or_changed(sub_order, command)) return Failure{*std::move(refusal)};
  const Return* found = sub_order.find_return(command.return_id);
  if (!found) return Failure{NotFound{"return", command.return_id.value}};
  if (found->status == command.status) return Events{};
  if (found->status != ReturnStatus::Requested) {
    return Failure{IllegalTransition{
        std::string(name_of(found->status)), std::string(name_of(command.status)), {}}};
  }
  if (command.status == ReturnStatus::Refused) {
    return events_of(
        ReturnRefused{command.order_id, command.vendor_id, command.return_id, command.reason});
  }
  return events_of(ReturnReceived{command.order_id, command.vendor_id, command.return_id,
                                  command.restock, command.warehouse_id});
}

}  // namespace cassette::domain
