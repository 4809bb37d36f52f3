// The fold of events into orders' fates.
#include "replay/what_if_world.h"

#include <utility>

namespace cassette::replay {

using namespace domain;

namespace {

// Units and their value that a sub-order still owes, or has delivered.
struct Kept {
  Quantity units = 0;
  std::int64_t value = 0;
};

Kept kept_of(const SubOrder* sub_order) {
  Kept kept;
  if (sub_order == nullptr) return kept;
  for (const SubOrderLine& line : sub_order->lines) {
    const Quantity units = line.quantity - line.cancelled - line.lost;
    kept.units += units;
    kept.value += units * line.unit_price;
  }
  return kept;
}

template <class E>
concept ChangesKept = kIsOneOf<E, StockReserved, LinesCancelled, LostShipmentWrittenOff>;

// Events that say nothing of an order's fate that its sub-order's lines don't.
template <class E>
concept IsPlain =
    kIsOneOf<E, LedgerCreated, PartitionClaimed, VendorRegistered, VendorChanged, VendorSuspended,
             VendorReinstated, ProductListed, ProductRevised, ProductDelisted, StockCounted,
             StockAdjusted, StockShortfallRecorded, StockThresholdsSet, CustomerRegistered,
             CustomerChanged, CustomerErased, StockRequested, OrderConfirmed,
             AddressChangeRequested, SubOrderRecorded, ReservationSettled, SubOrderConfirmed,
             SubOrderPacked, SubOrderNoted, LinesCancelled, CancellationRefused, AddressChanged,
             AddressChangeRefused, ShipmentDispatched, ShipmentUpdated, ShipmentProblemReported,
             ShipmentLost, LostShipmentReplaced, LostShipmentWrittenOff, ShipmentDelivered,
             ReturnRequested, ReturnReceived, ReturnRefused>;

// What was never promised was never held to the bound of a total: it counts as that at most.
std::int64_t value_of(Quantity units, std::int64_t price) {
  return price > 0 && units > kMaxSubOrderTotal / price ? kMaxSubOrderTotal : units * price;
}

}  // namespace

// ---- fates

OrderOutcome OrderFate::outcome() const {
  if (expired) return OrderOutcome::Expired;
  if (given_up) return too_little ? OrderOutcome::LostToShortage : OrderOutcome::Refused;
  if (!settled) return OrderOutcome::Undecided;
  if (kept == 0) return OrderOutcome::Cancelled;
  return too_little ? OrderOutcome::ShortInPart : OrderOutcome::Stands;
}

// Of an order that is given up, the reservations that stood are released: all of it is lost.
Quantity OrderFate::short_units() const {
  if (!too_little) return 0;
  return given_up ? wanted : wanted - promised;
}

std::int64_t OrderFate::short_value() const {
  if (!too_little) return 0;
  return given_up ? wanted_value : wanted_value - promised_value;
}

// ---- folding

// What an event says of its order, after it was folded.
struct WhatIfWorld::Note {
  WhatIfWorld& world;
  eventstore::Position where;

  void operator()(const OrderPlaced& event) const {
    world.fate(event.order_id) = world.asked_for(event, where);
  }
  void operator()(const OrderSettled& event) const { world.fate(event.order_id).settled = true; }
  void operator()(const OrderCancelled& event) const {
    OrderFate& fate = world.fate(event.order_id);
    fate.given_up = true;
    if (std::holds_alternative<InsufficientStock>(event.refusal)) fate.too_little = true;
  }
  void operator()(const ReservationExpired& event) const {
    world.fate(event.order_id).expired = true;
  }
  void operator()(const CancellationRequested& event) const {
    if (event.whole) world.fate(event.order_id).settled = true;
  }
  void operator()(const ReservationRefused& event) const {
    const bool short_here = std::holds_alternative<InsufficientStock>(event.refusal);
    if (short_here) world.fate(event.order_id).too_little = true;
  }
  void operator()(const StockReserved& event) const {
    OrderFate& fate = world.fate(event.order_id);
    for (const ReservedLine& line : event.lines) {
      fate.promised += line.quantity;
      fate.promised_value += line.quantity * line.unit_price.amount;
    }
  }
  void operator()(const ReorderPointReached&) const { ++world.reorder_points_reached_; }
  void operator()(const IsPlain auto&) const {}
};

void WhatIfWorld::apply(const Event& event, eventstore::Position where) {
  closed_.unpack(event, marketplace_);
  const auto fold = [&]<class E>(const E& e) {
    if constexpr (ChangesKept<E>) {
      const Kept before = kept_of(marketplace_.sub_order(e.vendor_id, e.order_id));
      marketplace_.evolve(event);
      const Kept after = kept_of(marketplace_.sub_order(e.vendor_id, e.order_id));
      OrderFate& mine = fate(e.order_id);
      mine.kept += after.units - before.units;
      mine.kept_value += after.value - before.value;
    } else {
      marketplace_.evolve(event);
    }
    Note{*this, where}(e);
  };
  std::visit(fold, event);
}

void WhatIfWorld::refuse(const OrderPlaced& asked, const Rejection& refusal,
                         eventstore::Position where) {
  OrderFate& mine = fate(asked.order_id);
  mine = asked_for(asked, where);
  mine.given_up = true;
  mine.too_little = std::holds_alternative<InsufficientStock>(refusal);
}

OrderFate WhatIfWorld::asked_for(const OrderPlaced& placed, eventstore::Position where) const {
  OrderFate fate;
  fate.placed = where;
  for (const PlacedLine& line : placed.lines) {
    fate.wanted += line.quantity;
    std::optional<Money> price = line.unit_price;
    if (!price) {
      const auto product = marketplace_.product(line.vendor_id, line.product_id);
      if (product) price = product->price;
    }
    if (!price) continue;
    fate.wanted_value += value_of(line.quantity, price->amount);
    if (fate.currency.empty()) fate.currency = price->currency;
  }
  return fate;
}

}  // namespace cassette::replay
